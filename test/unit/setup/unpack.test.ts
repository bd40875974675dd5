import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { unpackWheel } from '../../../src/main/setup/unpack.mjs'
import { makeZip } from '../tools/zip'

const library = Buffer.alloc(300_000, 'library')
const sha256 = createHash('sha256').update(library).digest('hex')
const wanted = { members: { 'pack/lib.so': { bytes: library.length, sha256 } }, folders: ['pack/include/'] }

let directory: string
let wheel: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'abd-unpack-'))
  wheel = join(directory, 'a.whl')
  writeFileSync(
    wheel,
    makeZip({
      'pack/lib.so': library,
      'pack/include/a.h': Buffer.from('int a;'),
      'pack/big-and-not-needed.py': Buffer.alloc(1000),
    }),
  )
})
afterEach(() => rmSync(directory, { recursive: true }))

const unpack = (change: object = {}): Promise<{ name: string; bytes: number }[]> =>
  unpackWheel(wheel, join(directory, 'out'), { ...wanted, ...change })

it('takes the pinned members and the folders, nothing else', async () => {
  expect(await unpack()).toEqual([
    { name: 'pack/lib.so', bytes: 300_000 },
    { name: 'pack/include/a.h', bytes: 6 },
  ])
  expect(readFileSync(join(directory, 'out/pack/lib.so')).equals(library)).toBe(true)
  expect(existsSync(join(directory, 'out/pack/big-and-not-needed.py'))).toBe(false)
})

it('keeps what an interrupted run already unpacked and replaces what it left half-written', async () => {
  mkdirSync(join(directory, 'out/pack/include'), { recursive: true })
  const done = join(directory, 'out/pack/include/a.h')
  writeFileSync(done, 'int a;')
  utimesSync(done, 1000, 1000)
  writeFileSync(join(directory, 'out/pack/lib.so.part'), 'half')
  await unpack()
  expect(statSync(done).mtimeMs).toBe(1_000_000)
  expect(statSync(join(directory, 'out/pack/lib.so')).size).toBe(300_000)
  expect(existsSync(join(directory, 'out/pack/lib.so.part'))).toBe(false)
})

it('refuses a member with another hash and leaves no file of its name', async () => {
  const other = { members: { 'pack/lib.so': { bytes: library.length, sha256: '0'.repeat(64) } } }
  await expect(unpack(other)).rejects.toThrow(/pack\/lib\.so.*not the pinned file/)
  expect(existsSync(join(directory, 'out/pack/lib.so'))).toBe(false)
})

it('names a pinned member that the wheel lacks', async () => {
  await expect(unpack({ members: { 'pack/gone.so': { bytes: 1, sha256 } } })).rejects.toThrow(/lacks pack\/gone\.so/)
})
