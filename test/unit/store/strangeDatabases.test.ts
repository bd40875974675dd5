import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseName, openStore } from '../../../src/main/engine/control/store'
import { toCauses } from '../../../src/shared/errors'
import { fakeCatalogue } from '../../fakes/catalogue'
import { FakeRun } from '../../fakes/run'
import { cannotMount, mountSmallDisk } from '../../fixtures/mounts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-strange-'))
  file = join(folder, databaseName)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A workspace with a run. Copied: the driver lets go of a file some time after it was closed. */
const write = async (where = folder): Promise<void> => {
  const made = mkdtempSync(join(tmpdir(), 'abd-made-'))
  const store = openStore(made)
  store.runs.insert({ ...new FakeRun('a', fakeCatalogue.defaults, null, 1).detail })
  mkdirSync(store.runFolder('a'), { recursive: true })
  await store.mirror('a')
  store.close()
  cpSync(made, where, { recursive: true })
  rmSync(made, { recursive: true })
}
/** What somebody reads who opens it: sentences of ours alone. */
function refusal(readOnly = false): { message: string; got?: string; where?: string; action?: string } {
  try {
    openStore(folder, { readOnly }).close()
  } catch (error) {
    const causes = toCauses(error)
    expect(causes.every(({ forUser }) => forUser)).toBe(true)
    return causes[0] as { message: string }
  }
  throw new Error('It was opened.')
}

describe('in the place of the database', () => {
  it('a folder is left alone, and said', () => {
    mkdirSync(file)
    expect(refusal()).toMatchObject({
      message: 'Something else lies in the place of the workspace’s database.',
      got: 'a folder',
      where: file,
    })
    expect(refusal(true).got).toBe('a folder')
  })

  it.each([
    [0, 'CREATE TABLE bookmarks (url TEXT)'],
    [7, 'CREATE TABLE bookmarks (url TEXT)'],
    [3, 'CREATE TABLE runs (id TEXT)'],
    [-1, 'CREATE TABLE x (id TEXT)'],
  ])('a database of another program (version %i) is left alone, byte for byte', (version, sql) => {
    const other = new Libsql(file)
    other.exec(`${sql}; PRAGMA user_version = ${version}`)
    other.close()
    const before = readFileSync(file)
    for (const readOnly of [true, false])
      expect(refusal(readOnly)).toMatchObject({
        message: 'The file in the place of the workspace’s database belongs to another program.',
        where: file,
      })
    // The journal's mode is a byte of the header.
    expect(readFileSync(file).subarray(100)).toEqual(before.subarray(100))
  })

  it('a link to what is not there is told of in our words', () => {
    symlinkSync(join(folder, 'removed', databaseName), file)
    expect(refusal()).toMatchObject({ message: 'The database cannot be opened.' })
  })

  it('one of a newer version is left alone', async () => {
    await write()
    const newer = new Libsql(file)
    newer.exec('PRAGMA user_version = 999')
    newer.close()
    expect(refusal()).toMatchObject({ got: 'version 999', where: file })
    expect(refusal(true).got).toBe('version 999')
  })

  it.each([
    ['text', () => writeFileSync(file, 'Dear diary, today I trained a student. '.repeat(200))],
    ['a part of it', () => truncateSync(file, 2000)],
    ['half of it', () => truncateSync(file, Math.floor(readFileSync(file).length / 8192) * 4096)],
  ])('%s is moved aside and begun anew with what the runs’ folders tell', async (_what, damage) => {
    await write()
    damage()
    const store = openStore(folder)
    expect(store.runs.ids()).toEqual(['a'])
    expect(store.repaired?.restored).toBe(1)
    store.close()
    expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(true)
  })

  it.each([
    ['nothing', () => rmSync(file)],
    ['an empty file', () => writeFileSync(file, '')],
  ])('%s is begun anew with what the runs’ folders tell, and that is said', async (_what, damage) => {
    await write()
    damage()
    const store = openStore(folder)
    expect(store.runs.ids()).toEqual(['a'])
    expect(store.repaired).toEqual({ movedTo: null, restored: 1 })
    store.close()
  })

  it('a damaged one that may not be changed is told of in our words', async () => {
    await write()
    writeFileSync(file, 'x'.repeat(10_000))
    expect(refusal(true).message).toMatch(/damaged/)
  })

  const readsAll = process.getuid?.() === 0 ? ': this account may read everything' : ''
  it.skipIf(readsAll)(`one that may not be read is told of in our words${readsAll}`, async () => {
    await write()
    chmodSync(file, 0)
    expect(refusal().message).toMatch(/cannot be opened|may not/)
  })
})

describe.skipIf(cannotMount)(`on a disk that can only be read ${cannotMount ?? ''}`, () => {
  const disk = mountSmallDisk.bind(null, 8)
  const reading = (where: string): string[] => {
    const store = openStore(where, { readOnly: true })
    try {
      return store.runs.ids()
    } finally {
      store.close()
    }
  }

  it('what an engine has closed is read where it lies', async () => {
    const { folder: where, readOnlyView, remove } = disk()
    try {
      await write(where)
      const view = readOnlyView()
      expect(reading(view)).toEqual(['a'])
      expect(() => openStore(view)).toThrow()
    } finally {
      remove()
    }
  })

  it('what a killed engine has left in its log is read too, and the copy is removed', async () => {
    const { folder: where, readOnlyView, remove } = disk()
    try {
      await write()
      const store = openStore(folder)
      store.runs.insert({ ...new FakeRun('b', fakeCatalogue.defaults, null, 2).detail })
      for (const suffix of ['', '-wal']) copyFileSync(file + suffix, join(where, databaseName) + suffix)
      store.close()
      const view = readOnlyView()
      const before = readdirSync(tmpdir()).filter((name) => name.includes('abd-reading'))
      expect(reading(view).sort()).toEqual(['a', 'b'])
      expect(readdirSync(tmpdir()).filter((name) => name.includes('abd-reading'))).toEqual(before)
    } finally {
      remove()
    }
  })
})
