import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, openDataset, recognizeDataset, type LoadedDataset } from '../../../src/main/engine/families/datasets'
import { RefusedInputError } from '../../../src/shared/errors'
import { missingShared, requireShared } from '../../fixtures/shared'

const recordBytes = 3073
let parent = ''
let folder = ''

/** `count` records; label = position mod 10, red = label, green = 100, blue = row. */
function batch(count: number): Buffer {
  const bytes = Buffer.alloc(count * recordBytes)
  for (let record = 0; record < count; record++) {
    const start = record * recordBytes
    bytes[start] = record % 10
    for (let pixel = 0; pixel < 1024; pixel++) {
      bytes[start + 1 + pixel] = record % 10
      bytes[start + 1025 + pixel] = 100
      bytes[start + 2049 + pixel] = Math.floor(pixel / 32)
    }
  }
  return bytes
}

const write = (name: string, bytes: Buffer | string): void => writeFileSync(join(folder, name), bytes)
const load = (path = folder): Promise<LoadedDataset> =>
  openDataset(datasets, { id: 'cifar10', params: { folder: path } }, { cacheFolder: parent })
const refusal = async (path = folder): Promise<RefusedInputError> => {
  const error = await load(path).then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RefusedInputError)
  return error as RefusedInputError
}

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cifar-test-'))
  folder = join(parent, 'cifar-10-batches-bin')
  mkdirSync(folder)
  for (let index = 1; index <= 5; index++) write(`data_batch_${index}.bin`, batch(3))
  write('test_batch.bin', batch(12))
  write('batches.meta.txt', 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n')
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

describe('CIFAR-10, binary version', () => {
  it('reads records in order, planes to pixels, counts from the file size', async () => {
    const loaded = await load()
    expect([loaded.train.count, loaded.test.count, loaded.train.height, loaded.train.channels]).toEqual([15, 12, 32, 3])
    expect([...loaded.train.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
    expect([...loaded.test.pixels.subarray(7 * 3072 + (5 * 32 + 1) * 3, 7 * 3072 + (5 * 32 + 1) * 3 + 3)]).toEqual([
      7, 100, 5,
    ])
    expect(loaded.classNames[9]).toBe('truck')
    expect(loaded.notes).toEqual([
      'This copy has 15 + 12 images instead of 50,000 + 10,000: results on it are not results on CIFAR-10.',
    ])
  })

  it('opens the parent folder and the archive just as well', async () => {
    const direct = await load()
    expect((await load(parent)).train).toEqual(direct.train)
    const archive = join(parent, 'cifar-10-binary.tar.gz')
    await create({ gzip: true, cwd: parent, file: archive }, ['cifar-10-batches-bin'])
    expect((await load(archive)).train).toEqual(direct.train)
    expect((await load(archive)).classNames).toEqual(direct.classNames)
  })

  it('is recognized by its names', async () => {
    expect(await recognizeDataset(datasets, folder)).toEqual({ id: 'cifar10', params: { folder } })
    expect((await recognizeDataset(datasets, parent)).id).toBe('cifar10')
    expect((await recognizeDataset(datasets, '/data/cifar-10-binary.tar.gz')).id).toBe('cifar10')
  })

  it('uses the official names where the names file is absent, and says so', async () => {
    unlinkSync(join(folder, 'batches.meta.txt'))
    const loaded = await load()
    expect(loaded.classNames[0]).toBe('airplane')
    expect(loaded.notes?.[0]).toContain('batches.meta.txt is absent')
  })
})

describe('CIFAR-10 refuses', () => {
  it('a missing batch, by name', async () => {
    unlinkSync(join(folder, 'data_batch_3.bin'))
    unlinkSync(join(folder, 'test_batch.bin'))
    const error = await refusal()
    expect(error.message).toBe('CIFAR-10 lacks data_batch_3.bin, test_batch.bin.')
    expect(error.where).toBe(folder)
  })

  it('a file that is cut short', async () => {
    write('data_batch_2.bin', batch(3).subarray(0, 3 * recordBytes - 1))
    const error = await refusal()
    expect(error.message).toBe('data_batch_2.bin does not hold whole records.')
    expect(error.wanted).toBe('a multiple of 3,073 bytes (1 of label, 3,072 of pixels), at least one record')
    expect(error.got).toBe('9,218 bytes: 2 records and 3,072 bytes more')
  })

  it('an empty file', async () => {
    write('test_batch.bin', '')
    expect((await refusal()).got).toBe('0 bytes: 0 records and 0 bytes more')
  })

  it('a label that does not exist, with record and byte', async () => {
    const bytes = batch(3)
    bytes[2 * recordBytes] = 200
    write('data_batch_4.bin', bytes)
    const error = await refusal()
    expect(error.message).toBe('Record 3 of data_batch_4.bin has a label that does not exist.')
    expect([error.wanted, error.got, error.where]).toEqual(['0 to 9', '200', `${folder}: data_batch_4.bin, byte 6,146`])
  })

  it('a names file with too few lines', async () => {
    write('batches.meta.txt', 'cat\ndog\n')
    const error = await refusal()
    expect([error.message, error.wanted, error.got]).toEqual([
      'batches.meta.txt does not name the classes.',
      '10 lines of at most 100 characters',
      '2 lines',
    ])
  })

  it('a MATLAB version of which a part lies there', async () => {
    const matlab = join(parent, 'matlab')
    mkdirSync(matlab)
    writeFileSync(join(matlab, 'data_batch_1.mat'), 'x')
    expect((await refusal(matlab)).message).toBe(
      'CIFAR-10 lacks data_batch_2.mat, data_batch_3.mat, data_batch_4.mat, data_batch_5.mat, test_batch.mat.',
    )
  })

  it('a path where nothing lies, no path, and another kind of file', async () => {
    expect((await refusal(join(parent, 'nowhere'))).message).toBe('CIFAR-10 cannot be read: nothing lies there.')
    const error = await refusal('')
    expect(error.message).toContain('folder')
    expect((await refusal(join(folder, 'test_batch.bin'))).message).toBe(
      '"test_batch.bin" is neither a folder nor an archive that is read here.',
    )
  })

  it('a pipe in place of a file, without waiting for it', async () => {
    unlinkSync(join(folder, 'test_batch.bin'))
    execFileSync('mkfifo', [join(folder, 'test_batch.bin')])
    expect((await refusal()).message).toBe('"test_batch.bin" is not a regular file.')
  })

  it('an archive with a link, one that leaves itself, and a damaged one', async () => {
    const archive = join(parent, 'links.tar.gz')
    execFileSync('ln', ['-s', '/etc/passwd', join(folder, 'readme.html')])
    await create({ gzip: true, cwd: parent, file: archive }, ['cifar-10-batches-bin'])
    const linked = await refusal(archive)
    expect(linked.message).toBe('The archive "links.tar.gz" holds something else than files.')
    expect(linked.got).toBe('"cifar-10-batches-bin/readme.html" of type SymbolicLink')
    const outside = join(parent, 'outside.tar.gz')
    await create({ gzip: true, cwd: folder, file: outside, preservePaths: true }, [
      '../cifar-10-batches-bin/test_batch.bin',
    ])
    expect((await refusal(outside)).message).toContain('names a file outside itself')
    const damaged = join(parent, 'damaged.tar.gz')
    writeFileSync(damaged, 'no archive at all')
    expect((await refusal(damaged)).message).toContain('damaged or cut short')
  })
})

describe.skipIf(missingShared('golden', 'cifar10-mini'))('the small real CIFAR-10', () => {
  it('opens unchanged', async () => {
    const loaded = await load(requireShared('golden', 'cifar10-mini'))
    expect([loaded.train.count, loaded.test.count]).toEqual([8000, 2000])
    const counts = new Array<number>(10).fill(0)
    for (const label of loaded.test.labels) counts[label]!++
    expect(counts).toEqual(new Array(10).fill(200))
    const mean = loaded.train.pixels.reduce((sum, value) => sum + value, 0) / loaded.train.pixels.length / 255
    expect(Math.abs(mean - 0.4734)).toBeLessThan(0.02)
  })
})
