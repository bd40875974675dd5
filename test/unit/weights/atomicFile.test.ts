import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renameAtomically, writeAtomically } from '../../../src/main/engine/weights/atomicFile'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-atomic-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const file = (): string => join(folder, 'file')

describe('a file written whole or not at all', () => {
  it('takes the place of the one before, with the mode that was asked for', async () => {
    writeFileSync(file(), 'old')
    await writeAtomically(file(), [Buffer.from('ne'), Buffer.from('w')], { mode: 0o600 })
    expect(readFileSync(file(), 'utf8')).toBe('new')
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it('stays as it was, with nothing beside it, where its bytes cannot be had', async () => {
    writeFileSync(file(), 'old')
    const chunks = async function* () {
      yield await Promise.resolve(Buffer.from('ne'))
      throw new Error('the source has changed')
    }
    await expect(writeAtomically(file(), chunks())).rejects.toThrow('the source has changed')
    expect(readFileSync(file(), 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['file'])
  })

  it('gets its name when the pieces are together', async () => {
    writeFileSync(join(folder, 'file.part'), 'whole')
    writeFileSync(file(), 'old')
    await renameAtomically(join(folder, 'file.part'), file())
    expect(readFileSync(file(), 'utf8')).toBe('whole')
    expect(readdirSync(folder)).toEqual(['file'])
  })
})
