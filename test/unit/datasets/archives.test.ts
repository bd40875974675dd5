import { mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { create } from 'tar'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, openDataset, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { evictUnpacked } from '../../../src/main/engine/families/datasets/files/archives/unpacked'
import { zipOf, type CraftedEntry } from '../importers/craft/zip'
import { createScratch, type Scratch } from './support'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

const cacheFolder = (): string => join(scratch.folder, '..', 'cache')
const unpacked = (): string[] =>
  readdirSync(join(cacheFolder(), 'unpacked'))
    .filter((name) => name !== 'hashes')
    .sort()
const grey = (value: number): Promise<Buffer> =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toBuffer()

/** Two classes of two pictures below `prefix`. */
const pictures = async (prefix: string): Promise<CraftedEntry[]> => {
  const entries: CraftedEntry[] = []
  for (const [label, name] of ['猫', 'dog house'].entries())
    for (let image = 0; image < 2; image++)
      entries.push({ name: `${prefix}${name}/${image}.png`, bytes: await grey(label * 100 + image) })
  return entries
}

describe('a .zip of pictures', () => {
  it('is recognised by the names in it and read in place, whatever folders and leftovers lie around', async () => {
    const archive = scratch.write(
      'my set.zip',
      zipOf([
        { name: 'outer/', bytes: Buffer.alloc(0) },
        ...(await pictures('outer/inner/')),
        { name: '__MACOSX/outer/inner/dog house/._0.png', bytes: Buffer.from('x') },
        { name: 'outer/inner/.DS_Store', bytes: Buffer.from('x') },
        { name: 'outer/inner/dog house/Thumbs.db', bytes: Buffer.from('x') },
      ]),
    )
    expect(await recognizeDataset(datasets, archive)).toEqual({ id: 'image_folder', params: { folder: archive } })
    const { classNames, train, notes } = await scratch.load('image_folder', { folder: archive, size: 8 })
    expect([classNames, train.count, notes]).toEqual([['dog house', '猫'], 2, []])
  })

  it('names its classes in UTF-8, which archives made on macOS do not say', async () => {
    const entries = (await pictures('')).map((entry) => ({ ...entry, flags: 0 }))
    const archive = scratch.write('a.zip', zipOf(entries))
    expect((await scratch.load('image_folder', { folder: archive, size: 8 })).classNames).toEqual(['dog house', '猫'])
  })

  it('is unpacked once for all copies, and again when it changes', async () => {
    const archive = scratch.write('a.zip', zipOf(await pictures('')))
    await scratch.load('image_folder', { folder: archive, size: 8 })
    const [only] = unpacked()
    const picture = join(cacheFolder(), 'unpacked', only!, 'files', 'dog house', '0.png')
    utimesSync(picture, 1, 1)
    await scratch.load('image_folder', {
      folder: scratch.write('copy.zip', zipOf(await pictures(''))),
      size: 8,
    })
    expect([unpacked(), statSync(picture).mtimeMs]).toEqual([[only], 1000])
    scratch.write('a.zip', zipOf([...(await pictures('')), { name: 'dog house/2.png', bytes: await grey(7) }]))
    expect((await scratch.load('image_folder', { folder: archive, size: 8 })).train.count).toBe(3)
    expect(unpacked()).toHaveLength(2)
  })

  it('tells how far it is, and an abort leaves nothing behind', async () => {
    const archive = scratch.write('a.zip', zipOf(await pictures('')))
    const told: string[] = []
    const abort = new AbortController()
    const onProgress = (_fraction: number, message: string): void => {
      told.push(message)
      if (message === 'Unpacking a.zip') abort.abort(new Error('enough'))
    }
    await expect(
      openDataset(
        datasets,
        { id: 'image_folder', params: { folder: archive } },
        { cacheFolder: cacheFolder(), signal: abort.signal, onProgress },
      ),
    ).rejects.toThrow('enough')
    expect([[...new Set(told)], unpacked()]).toEqual([['Looking at a.zip', 'Unpacking a.zip'], []])
  })

  it.each<[string, CraftedEntry[], string]>([
    [
      'a name that leaves it',
      [{ name: '../x.png', bytes: Buffer.from('x') }],
      'The archive "bad.zip" names a file outside itself.',
    ],
    [
      'a link',
      [{ name: 'x.png', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 }],
      'The archive "bad.zip" holds something else than files.',
    ],
    [
      'a bomb',
      [{ name: 'x.png', bytes: Buffer.from('x'), method: 8, uncompressed: 2_000_000_000 }],
      'The archive "bad.zip" is larger than a data set can be.',
    ],
    [
      'a password',
      [{ name: 'x.png', bytes: Buffer.alloc(13), flags: 0x801, uncompressed: 1 }],
      'The archive "bad.zip" is locked with a password.',
    ],
    [
      'another size than it claims',
      [{ name: 'x.png', bytes: deflateRawSync(Buffer.from('xyz')), uncompressed: 2, method: 8 }],
      'The archive "bad.zip" cannot be read: it is damaged or cut short.',
    ],
  ])('with %s is refused, and nothing of it stays', async (_kind, entries, message) => {
    const archive = scratch.write('bad.zip', zipOf(entries))
    expect((await scratch.refusal('image_folder', { folder: archive })).message).toBe(message)
    expect(unpacked()).toEqual([])
  })

  it('that is none is refused by recognising it', async () => {
    await expect(recognizeDataset(datasets, scratch.write('no.zip', 'no archive at all'))).rejects.toMatchObject({
      message: 'The archive "no.zip" cannot be read: it is damaged or cut short.',
    })
  })
})

describe('unpacked archives', () => {
  const day = 86_400_000
  const make = (name: string, bytes: number, age: number): void => {
    const folder = join(cacheFolder(), 'unpacked', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'bytes'), String(bytes))
    utimesSync(folder, new Date(Date.now() - age), new Date(Date.now() - age))
  }

  it('go when all together exceed the budget: the least recently used first, those of the last day never', async () => {
    make('old', 10, 9 * day)
    make('older', 10, 10 * day)
    make('new', 10, day / 2)
    const writing = '.y.00112233-44556677-1-1.0123456789ab.tmp'
    make('.x.00112233-44556677-1-1.0123456789ab.tmp', 0, 2 * day)
    make(writing, 0, day / 2)
    await evictUnpacked(join(cacheFolder(), 'unpacked'), 20)
    expect(unpacked()).toEqual([writing, 'new', 'old'])
    await evictUnpacked(join(cacheFolder(), 'unpacked'), 5)
    expect(unpacked()).toEqual([writing, 'new'])
  })

  it('need a cache that can be written to: the refusal names it', async () => {
    const archive = scratch.write('a.zip', zipOf(await pictures('')))
    writeFileSync(cacheFolder(), 'a file where the cache should be')
    await expect(scratch.load('image_folder', { folder: archive })).rejects.toMatchObject({
      name: 'UserError',
      where: join(cacheFolder(), 'unpacked'),
    })
  })
})

describe('a .tar.gz', () => {
  const pack = async (name: string, files: Record<string, string>): Promise<string> => {
    const root = join(scratch.folder, 'packed')
    rmSync(root, { recursive: true, force: true })
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    const archive = join(scratch.folder, name)
    await create({ gzip: !name.endsWith('.tar'), cwd: root, file: archive }, readdirSync(root))
    return archive
  }
  const batches = [1, 2, 3, 4, 5].map((index) => `data_batch_${index}.bin`)
  const cifar = Object.fromEntries([...batches, 'test_batch.bin'].map((name) => [name, '\0'.repeat(3073)]))

  it.each(['downloaded.tgz', 'x.tar.gz', 'plain.tar'])(
    'of CIFAR-10 is recognised by the names in it, called %s',
    async (name) => {
      const archive = await pack(
        name,
        Object.fromEntries(Object.entries(cifar).map(([file, text]) => [`a/cifar-10-batches-bin/${file}`, text])),
      )
      expect(await recognizeDataset(datasets, archive)).toEqual({ id: 'cifar10', params: { folder: archive } })
      expect((await scratch.load('cifar10', { folder: archive })).train.count).toBe(5)
    },
  )

  it('that unpacks to endless padding is refused before it fills anything', async () => {
    const archive = scratch.write('zeros.tgz', gzipSync(Buffer.alloc(80_000_000), { level: 1 }))
    expect((await scratch.refusal('cifar10', { folder: archive })).message).toBe(
      'The archive "zeros.tgz" is larger than a data set can be.',
    )
  })

  it('with a file missing says which', async () => {
    const { ['data_batch_2.bin']: _missing, ...rest } = cifar
    await expect(recognizeDataset(datasets, await pack('x.tgz', rest))).rejects.toMatchObject({
      message: 'CIFAR-10 lacks data_batch_2.bin.',
      action: expect.stringContaining('nearest first: CIFAR-10: 1 of 6 files missing: data_batch_2.bin') as string,
    })
  })
})

describe('data folders', () => {
  it('that hold an archive only say that it is to be named, or how it is unpacked', async () => {
    scratch.write('cifar-10-python.tar.gz', 'x')
    await expect(recognizeDataset(datasets, scratch.folder)).rejects.toMatchObject({
      action: expect.stringContaining('Archives are read when they are named: "cifar-10-python.tar.gz".') as string,
    })
    const kaggle = scratch.write('more/train.7z', 'x')
    for (const path of [kaggle, dirname(kaggle)])
      await expect(recognizeDataset(datasets, path)).rejects.toMatchObject({
        action: expect.stringContaining('Unpack it first: 7z x "train.7z".') as string,
      })
    expect((await scratch.refusal('image_folder', { folder: kaggle })).action).toBe(
      'Unpack it (7z x "train.7z") and name the folder.',
    )
  })

  it('are looked through, in archives and on disk alike, and links do not lead in circles', async () => {
    for (const entry of await pictures('archive/set/')) scratch.write(String(entry.name), entry.bytes)
    symlinkSync(scratch.folder, join(scratch.folder, 'archive', 'loop'))
    renameSync(join(scratch.folder, 'archive', 'loop'), join(scratch.folder, 'archive', 'set', '.loop'))
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('image_folder')
    expect((await scratch.load('image_folder', { size: 8 })).classNames).toEqual(['dog house', '猫'])
  })
})
