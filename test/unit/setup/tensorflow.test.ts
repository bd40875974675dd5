import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requireDiskSpace } from '../../../src/main/setup/files.mjs'
import { chooseVariant, hasNvidiaDriver } from '../../../src/main/setup/gpu.mjs'
import { cacheDirectory } from '../../../src/main/setup/paths.mjs'
import type { downloadWheel } from '../../../src/main/setup/download.mjs'
import { variants, type Variant } from '../../../src/main/setup/pins.mjs'
import { prepareLibraries, variantDirectory } from '../../../src/main/setup/tensorflow.mjs'

const wheel = (
  project: string,
): {
  project: string
  version: string
  bytes: number
  sha256: string
  members: Record<string, { bytes: number; sha256: string }>
} => ({
  project,
  version: '1',
  bytes: 10,
  sha256: project.padEnd(64, '0'),
  members: { [`${project}.so`]: { bytes: 3, sha256: '' } },
})
const variant: Variant = { id: 'cpu', title: 'Libraries', wheels: [wheel('first'), wheel('second')] }

let cache: string
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  cache = mkdtempSync(join(tmpdir(), 'abd-cache-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(cache, { recursive: true })
})

/** A download that writes the wheel, and an unpacking that writes its one member. */
function fakes(failAt?: string): { log: string[]; download: typeof downloadWheel; unpack: never } {
  const log: string[] = []
  const download = (async (one: { project: string }, directory: string) => {
    log.push(`download ${one.project}`)
    if (one.project === failAt) throw new Error('the plug was pulled')
    const file = join(directory, `${one.project}.whl`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'wheel')
    return file
  }) as unknown as typeof downloadWheel
  const unpack = (async (_file: string, directory: string, one: { project: string }) => {
    log.push(`unpack ${one.project}`)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `${one.project}.so`), 'lib')
    return [{ name: `${one.project}.so`, bytes: 3 }]
  }) as never
  return { log, download, unpack }
}

describe('prepareLibraries', () => {
  it('goes on where an interrupted run stopped, and then finds nothing to do', async () => {
    const interrupted = fakes('second')
    await expect(prepareLibraries(cache, variant, interrupted)).rejects.toThrow('the plug was pulled')
    expect(interrupted.log).toEqual(['download first', 'unpack first', 'download second'])

    const again = fakes()
    expect(await prepareLibraries(cache, variant, again)).toBe(true)
    expect(again.log).toEqual(['download second', 'unpack second'])

    const third = fakes()
    expect(await prepareLibraries(cache, variant, third)).toBe(false)
    expect(third.log).toEqual([])
  })

  it('restores a library that was removed or cut short', async () => {
    await prepareLibraries(cache, variant, fakes())
    writeFileSync(join(variantDirectory(cache, variant), 'first.so'), 'l')
    const again = fakes()
    await prepareLibraries(cache, variant, again)
    expect(again.log).toEqual(['download first', 'unpack first'])
  })
})

it('gives a library the extra name that a pin asks for, and restores the name when it is gone', async () => {
  const linked = { ...variant, wheels: [{ ...wheel('first'), links: { 'elsewhere/first.so': '../first.so' } }] }
  await prepareLibraries(cache, linked, fakes())
  const name = join(variantDirectory(cache, linked), 'elsewhere/first.so')
  expect(readFileSync(name, 'utf8')).toBe('lib')
  expect(await prepareLibraries(cache, linked, fakes())).toBe(false)
  rmSync(name)
  expect(await prepareLibraries(cache, linked, fakes())).toBe(true)
  expect(readFileSync(name, 'utf8')).toBe('lib')
})

describe('chooseVariant', () => {
  it('takes the GPU build where a driver is found, unless told otherwise', () => {
    expect(chooseVariant({}, () => true)).toBe('gpu')
    expect(chooseVariant({}, () => false)).toBe('cpu')
    expect(chooseVariant({ ABD_TENSORFLOW: 'cpu' }, () => true)).toBe('cpu')
    expect(() => chooseVariant({ ABD_TENSORFLOW: 'tpu' })).toThrow(/cpu or gpu/)
  })

  it('finds a driver by its kernel module or by nvidia-smi', () => {
    const run = (status: number, stdout: string) => (() => ({ status, stdout })) as never
    expect(hasNvidiaDriver({ fileExists: () => true, run: run(1, '') })).toBe(true)
    expect(hasNvidiaDriver({ fileExists: () => false, run: run(0, 'GPU 0: NVIDIA T4 (UUID: …)') })).toBe(true)
    expect(hasNvidiaDriver({ fileExists: () => false, run: run(9, 'No devices were found') })).toBe(false)
  })
})

it('pins every wheel and every library with a SHA-256', () => {
  for (const { wheels } of Object.values(variants)) {
    for (const one of wheels) {
      expect(one.sha256).toMatch(/^[0-9a-f]{64}$/)
      for (const member of Object.values(one.members))
        expect(member).toEqual(
          expect.objectContaining({ bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }),
        )
    }
  }
})

it('refuses before any work where the disk is too small', () => {
  const statfs = (() => ({ bavail: 10, bsize: 1_000_000 })) as never
  expect(() => requireDiskSpace(cache, 9e6, 'TensorFlow', statfs)).not.toThrow()
  expect(() => requireDiskSpace(cache, 11e6, 'TensorFlow', statfs)).toThrow(/TensorFlow needs 11 MB .* 10 MB are free/)
})

it('keeps the cache where XDG says, and ignores a relative XDG_CACHE_HOME', () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: '/big', HOME: '/home/a' })).toBe('/big/abd-workbench')
  expect(cacheDirectory({ XDG_CACHE_HOME: 'big', HOME: '/home/a' })).toBe('/home/a/.cache/abd-workbench')
})
