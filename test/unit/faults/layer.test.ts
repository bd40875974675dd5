import { spawnSync } from 'node:child_process'
import fs, {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../src/main/engine/control/store'
import {
  arm,
  faultEnvironment,
  readCount,
  readHits,
  recordEnd,
  type ArmedLayer,
  type FaultPlan,
  type RecordedLine,
} from '../../faults/environment'
import { SimulatedDisk } from '../../faults/powerCut'

let root = ''
let below = ''
let layer: ArmedLayer | null = null
const planOf = (change: Partial<FaultPlan>): FaultPlan => ({
  below: [below],
  process: null,
  fault: null,
  at: 0,
  report: root,
  ...change,
})
const armed = (change: Partial<FaultPlan>): ArmedLayer => (layer = arm(planOf(change)))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'abd-layer-'))
  below = join(root, 'workspace')
  mkdirSync(below)
})
afterEach(() => {
  layer?.disarm()
  layer = null
  rmSync(root, { recursive: true, force: true })
})

describe('the fault layer', () => {
  it('meets every style of call on files below the folder, and no other', async () => {
    const counted = armed({})
    const file = join(below, 'a')
    writeFileSync(join(root, 'outside'), '')
    expect(counted.count).toBe(0)
    writeFileSync(file, 'x')
    await writeFile(file, 'y')
    await promisify(fs.stat)(file)
    const handle = await open(file, 'r+')
    await handle.write('z')
    await handle.sync()
    await handle.close()
    const descriptor = openSync(file, 'r')
    fs.fsyncSync(descriptor)
    closeSync(descriptor)
    expect(counted.count).toBe(8)
    expect(readFileSync(file, 'utf8')).toBe('z')
  })

  it('fails the call that the plan names with the error that Node would make, and leaves half of a write', async () => {
    armed({ fault: 'ENOSPC', at: 2 })
    await mkdir(join(below, 'folder'))
    await expect(writeFile(join(below, 'folder', 'file'), '12345678')).rejects.toMatchObject({
      code: 'ENOSPC',
      errno: -28,
      syscall: 'writeFile',
    })
    expect(await readFile(join(below, 'folder', 'file'), 'utf8')).toBe('1234')
    writeFileSync(join(below, 'again'), 'whole')
    expect(layer?.hits).toHaveLength(1)
    expect(readHits(root)[0]).toMatchObject({ name: 'writeFile', kind: 'writeFile', at: 2 })
  })

  it('fails every call from one on, where the fault lasts, and those alone that it can meet', () => {
    writeFileSync(join(below, 'old'), 'old')
    armed({ fault: 'ENOSPC', at: 1, lasting: true })
    expect(() => writeFileSync(join(below, 'new'), 'new')).toThrow('ENOSPC')
    expect(() => appendFileSync(join(below, 'old'), 'new')).toThrow('ENOSPC')
    expect(() => renameSync(join(below, 'old'), join(below, 'older'))).toThrow('ENOSPC')
    expect(readFileSync(join(below, 'old'), 'utf8')).toBe('oldn')
    rmSync(join(below, 'old'))
    expect(existsSync(join(below, 'old'))).toBe(false)
  })

  it('writes less than was asked for, and says so', async () => {
    armed({ fault: 'short', at: 1, lasting: true })
    const descriptor = openSync(join(below, 'a'), 'w')
    expect(writeSync(descriptor, '12345678')).toBe(4)
    expect(writeSync(descriptor, Buffer.from('abcdefgh'), 4, 4)).toBe(2)
    closeSync(descriptor)
    expect(readFileSync(join(below, 'a'), 'utf8')).toBe('1234ef')
    // Whoever hands over a whole content never sees it.
    const whole = openSync(join(below, 'c'), 'w')
    writeFileSync(whole, '12345678')
    closeSync(whole)
    expect(readFileSync(join(below, 'c'), 'utf8')).toBe('12345678')
    const handle = await open(join(below, 'b'), 'w')
    await handle.writeFile(Buffer.from('12345678'))
    await handle.close()
    expect(readFileSync(join(below, 'b'), 'utf8')).toBe('12345678')
  })

  it('fails statements of the database in the driver’s words', () => {
    const database = openDatabase(join(below, 'workspace.sqlite'))
    const counted = armed({ fault: 'ENOSPC', at: 1 })
    expect(database.all('SELECT * FROM settings')).toEqual([])
    expect(counted.count).toBe(0)
    const insert = (): void => database.run("INSERT INTO settings (key, value) VALUES ('a', 'b')")
    expect(insert).toThrow('database or disk is full')
    insert()
    expect(database.all('SELECT * FROM settings')).toHaveLength(1)
    layer?.disarm()
    armed({ fault: 'EIO', at: 2 })
    expect(() => database.transaction(insert)).toThrow('disk I/O error')
    expect(database.all('SELECT * FROM settings')).toHaveLength(1)
    database.close()
  })

  it('writes down what changes files, in every way of writing', async () => {
    armed({ record: true })
    const descriptor = openSync(join(below, 'a.tmp'), 'w')
    writeFileSync(descriptor, 'one')
    fs.fsyncSync(descriptor)
    closeSync(descriptor)
    renameSync(join(below, 'a.tmp'), join(below, 'a'))
    await writeFile(join(below, 'b'), 'two')
    const handle = await open(join(below, 'c'), 'wx')
    await handle.writeFile('thr')
    await handle.write('ee')
    await handle.close()
    appendFileSync(join(below, 'b'), '!')
    layer?.disarm()
    layer = null
    const disk = new SimulatedDisk(below)
    for (const name of fs.readdirSync(root).filter((one) => one.endsWith(recordEnd)))
      for (const line of readFileSync(join(root, name), 'utf8').trim().split('\n'))
        disk.apply(JSON.parse(line) as RecordedLine)
    const target = join(root, 'after')
    mkdirSync(target)
    disk.writeTo(target, 'kept', Math.random)
    const found = fs.readdirSync(target).map((name) => [name, readFileSync(join(target, name), 'utf8')])
    expect(Object.fromEntries(found)).toEqual({ a: 'one', b: 'two!', c: 'three' })
  })

  it('reaches a process and what it starts, and ends it in the middle of a write', async () => {
    const file = join(below, 'a')
    const script = join(root, 'writes.cjs')
    writeFileSync(script, `for (;;) require('node:fs').appendFileSync(${JSON.stringify(file)}, '12345678')`)
    const starter = join(root, 'starts.cjs')
    writeFileSync(
      starter,
      `process.exit(require('node:child_process').spawnSync(process.execPath, [${JSON.stringify(script)}]).signal === 'SIGKILL' ? 7 : 1)`,
    )
    const env = await faultEnvironment(planOf({ process: 'writes', fault: 'kill', at: 3 }))
    expect(spawnSync(process.execPath, [starter], { env: { ...process.env, ...env } }).status).toBe(7)
    expect(readFileSync(file, 'utf8')).toBe('12345678123456781234')
    expect(readCount(root, 'writes')).toBe(3)
    expect(readHits(root)).toMatchObject([{ process: 'writes', fault: 'kill', path: file }])
  })
})
