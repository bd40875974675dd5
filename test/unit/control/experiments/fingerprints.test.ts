/** What tells one content of files and folders from another. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { createFingerprints } from '../../../../src/main/engine/control/experiments/fingerprints'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { createFolderContents, openDatabase, type Database } from '../../../../src/main/engine/control/store'

const table = memberTable(families)
let top: string
let database: Database

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'abd-fingerprints-'))
  database = openDatabase(join(top, 'workspace.sqlite'))
})
afterEach(() => {
  database.close()
  rmSync(top, { recursive: true, force: true })
})

/** @param time of all its files, in seconds */
function folder(name: string, { time = 1000, two = 'second' }: { time?: number; two?: string } = {}): string {
  const path = join(top, name)
  mkdirSync(join(path, 'below'), { recursive: true })
  for (const [file, text] of [
    ['one', 'first'],
    ['below/two', two],
  ] as const) {
    writeFileSync(join(path, file), text)
    utimesSync(join(path, file), time, time)
  }
  return path
}

/** As a fresh engine of the workspace tells it. */
async function printOf(path: string, { readOnly = false } = {}): Promise<string> {
  const prints = createFingerprints(table, createFolderContents(database, { readOnly }))
  const { config } = resolveExperiment({ teacher: { source: 'file', file: path } }, table)
  await prints.read([config])
  return prints.of(path)
}

describe('the print of a folder', () => {
  it('stays when it is copied or unpacked again, also where its print was taken before contents were read', async () => {
    const original = folder('images')
    const before = await printOf(original, { readOnly: true })
    expect(before).toMatch(/^folder [0-9a-f]{64}$/)
    expect(await printOf(original)).toBe(before)
    expect(await printOf(folder('copy', { time: 2000 }))).toBe(before)
    expect(await printOf(folder('images', { time: 3000 }))).toBe(before)
  })

  it('is another one with other content of the same size, and the first one again when that is put back', async () => {
    const before = await printOf(folder('images'))
    expect(await printOf(folder('images', { time: 2000, two: 'secons' }))).not.toBe(before)
    expect(await printOf(folder('images', { time: 3000 }))).toBe(before)
  })

  it('is another one with a file of another name, or one more', async () => {
    const before = await printOf(folder('images'))
    const path = folder('more')
    writeFileSync(join(path, 'three'), '')
    expect(await printOf(path)).not.toBe(before)
  })

  it('is that of its look where its files cannot be read, or are too large to be read at each start', async () => {
    const dangling = folder('dangling')
    symlinkSync(join(top, 'nowhere'), join(dangling, 'three'))
    const large = folder('large')
    for (const path of [dangling, large]) {
      if (path === large) truncateSync(join(large, 'one'), 2 ** 30 + 1)
      const before = await printOf(path)
      utimesSync(join(path, 'below', 'two'), 9, 9)
      expect(await printOf(path)).not.toBe(before)
    }
  })

  it('is taken all the same where the disk is full', async () => {
    const before = await printOf(folder('images'), { readOnly: true })
    const write = vi.spyOn(database, 'run').mockImplementation(() => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
    })
    expect(await printOf(folder('images'))).toBe(before)
    expect(write).toHaveBeenCalledOnce()
    write.mockRestore()
  })

  it('is taken in a workspace that is open for reading only, and not remembered there', async () => {
    const before = await printOf(folder('images'), { readOnly: true })
    expect(await printOf(folder('images', { time: 2000 }), { readOnly: true })).not.toBe(before)
  })
})

describe('the print of a file', () => {
  it('is that of its content, whatever its time', async () => {
    const one = join(folder('images'), 'one')
    const before = await printOf(one)
    utimesSync(one, 5, 5)
    expect(await printOf(one)).toBe(before)
    writeFileSync(one, 'other')
    expect(await printOf(one)).not.toBe(before)
    rmSync(one)
    expect(await printOf(one)).toBe('absent')
  })
})
