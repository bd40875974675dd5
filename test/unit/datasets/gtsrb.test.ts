import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, openDataset, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

/** A one-colour PPM. */
const ppm = (colour: [number, number, number], width = 40, height = 30): Buffer =>
  Buffer.concat([
    Buffer.from(`P6\n# made for a test\n${width} ${height}\n255\n`),
    Buffer.from(Array.from({ length: width * height }, () => colour).flat()),
  ])
const header = 'Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
  for (let label = 0; label < 3; label++) {
    for (let image = 0; image < 2; image++)
      scratch.write(`GTSRB/Final_Training/Images/0000${label}/0000${image}_00000.ppm`, ppm([label * 50, 10, image]))
    scratch.write(`GTSRB/Final_Training/Images/0000${label}/GT-0000${label}.csv`, header)
  }
  scratch.write('GTSRB/Final_Test/Images/00000.ppm', ppm([9, 8, 7]))
  scratch.write('GTSRB/Final_Test/Images/00001.ppm', ppm([1, 2, 3]))
  scratch.write('GT-final_test.csv', `${header}\r\n00001.ppm;40;30;5;5;35;25;2\r\n00000.ppm;40;30;5;5;35;25;0\r\n`)
})
afterEach(() => scratch.remove())

describe('GTSRB', () => {
  it('reads class folders and the test list, in their order, at one size', async () => {
    const { train, test, classNames, notes } = await scratch.load('gtsrb')
    expect([train.count, train.height, train.width, train.channels]).toEqual([6, 32, 32, 3])
    expect([...train.labels]).toEqual([0, 0, 1, 1, 2, 2])
    expect([...train.pixels.subarray(5 * 3072, 5 * 3072 + 3)]).toEqual([100, 10, 1])
    expect([[...test.labels], [...test.pixels.subarray(0, 3)]]).toEqual([
      [2, 0],
      [1, 2, 3],
    ])
    expect([classNames.length, notes]).toEqual([
      3,
      [
        'Of the 43 classes the last 40 are absent (from number 3 on): networks get 3 outputs, and a teacher for all 43 does not fit.',
        'This copy has 6 + 2 images in 3 classes instead of 39,209 + 12,630 in 43: results on it are not results on GTSRB.',
      ],
    ])
    expect((await scratch.load('gtsrb', { folder: join(scratch.folder, 'GTSRB'), size: '48' })).train.width).toBe(48)
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('gtsrb')
  })

  it('says how many test images its list leaves out', async () => {
    scratch.write('GTSRB/Final_Test/Images/00002.ppm', ppm([1, 1, 1]))
    const { test, notes } = await scratch.load('gtsrb')
    expect([test.count, notes?.[1]]).toEqual([
      2,
      'GT-final_test.csv names 2 of the 3 test images; the other 1 have no class and are passed over.',
    ])
  })

  it('refuses a list that names an image twice, and more classes than there are', async () => {
    scratch.write(
      'GT-final_test.csv',
      `${header}\n00000.ppm;40;30;5;5;35;25;0\n00001.ppm;40;30;5;5;35;25;1\n00000.ppm;40;30;5;5;35;25;2`,
    )
    const error = await scratch.refusal('gtsrb')
    expect([error.message, error.got]).toEqual([
      'The list of test labels names an image twice.',
      '"00000.ppm" in row 2 with class 0 and in row 4 with class 2',
    ])
    for (let label = 3; label < 44; label++)
      scratch.write(`GTSRB/Final_Training/Images/${String(label).padStart(5, '0')}/0.ppm`, '')
    expect((await scratch.refusal('gtsrb')).message).toBe('These are more classes than GTSRB has.')
  })

  it('keeps decoded images until a file changes', async () => {
    await scratch.load('gtsrb')
    const messages: string[] = []
    const count = async (): Promise<number> => {
      const loaded = await openDataset(
        datasets,
        { id: 'gtsrb', params: { folder: scratch.folder } },
        { cacheFolder: join(scratch.folder, '..', 'cache'), onProgress: (_done, message) => messages.push(message) },
      )
      return loaded.train.pixels[0]!
    }
    expect(await count()).toBe(0)
    scratch.write('GTSRB/Final_Training/Images/00000/00000_00000.ppm', ppm([77, 0, 0], 41))
    expect(await count()).toBe(77)
  })

  it('refuses a missing list, one without labels, a class that does not exist and a name that leads elsewhere', async () => {
    rmSync(join(scratch.folder, 'GT-final_test.csv'))
    expect((await scratch.refusal('gtsrb')).message).toBe('GTSRB lacks the labels of its test images.')
    scratch.write('GT-final_test.csv', 'Filename;Width;Height\n00000.ppm;40;30')
    expect((await scratch.refusal('gtsrb')).message).toBe('The list of test labels lacks a column.')
    scratch.write('GT-final_test.csv', `${header}\n00000.ppm;40;30;5;5;35;25;3`)
    expect((await scratch.refusal('gtsrb')).message).toBe('Row 2 of the list of test labels cannot be read.')
    scratch.write('GT-final_test.csv', `${header}\n../../secret.ppm;40;30;5;5;35;25;1`)
    expect((await scratch.refusal('gtsrb')).message).toBe('Row 2 of the list of test labels cannot be read.')
  })

  it('refuses a gap between classes, an empty class, a missing and a damaged picture', async () => {
    const training = join(scratch.folder, 'GTSRB/Final_Training/Images')
    renameSync(join(training, '00002'), join(training, '00003'))
    const gap = await scratch.refusal('gtsrb')
    expect([gap.message, gap.wanted, gap.got]).toEqual([
      'The class folders of GTSRB are not numbered without a gap.',
      '00002',
      '"00003"',
    ])
    mkdirSync(join(training, '00002'))
    expect((await scratch.refusal('gtsrb')).message).toBe('The class "00002" has no pictures.')
    scratch.write('GTSRB/Final_Training/Images/00002/a.ppm', ppm([0, 0, 0]).subarray(0, 200))
    const damaged = await scratch.refusal('gtsrb')
    expect(damaged.message).toBe('"a.ppm" is no picture that can be read here.')
    expect(damaged.got).toMatch(/bytes of pixels in place of 3600 for 40×30/)
    scratch.write('GTSRB/Final_Training/Images/00002/a.ppm', ppm([0, 0, 0]))
    rmSync(join(scratch.folder, 'GTSRB/Final_Test/Images/00001.ppm'))
    expect((await scratch.refusal('gtsrb')).message).toBe('"00001.ppm" cannot be opened (ENOENT).')
  })

  it('refuses a folder of something else', async () => {
    const error = await scratch.refusal('gtsrb', { folder: join(scratch.folder, 'GTSRB', 'Final_Test') })
    expect([error.message, error.got]).toEqual(['GTSRB lacks its training images.', '"Images"'])
  })
})

describe('GTSRB as Kaggle has it', () => {
  const columns = 'Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2,ClassId,Path'
  const kaggle = (names: { train: string; test: string; list: string }): Scratch => {
    const other = createScratch()
    for (let label = 0; label < 43; label++)
      other.write(`archive/${names.train}/${label}/${label}.ppm`, ppm([label, 0, 0]))
    for (const image of [0, 1]) other.write(`archive/${names.test}/0000${image}.ppm`, ppm([image, 9, 9]))
    other.write('archive/Meta/0.ppm', ppm([1, 1, 1]))
    other.write(
      `archive/${names.list}`,
      `${columns}\r\n40,30,5,5,35,25,12,Test/00001.ppm\r\n40,30,5,5,35,25,2,Test/00000.ppm\r\n`,
    )
    return other
  }

  it.each([
    { train: 'Train', test: 'Test', list: 'Test.csv' },
    { train: 'train', test: 'test', list: 'test.csv' },
  ])('has its classes in the order of their numbers: %j', async (names) => {
    const other = kaggle(names)
    for (const path of [other.folder, join(other.folder, 'archive')])
      expect(await recognizeDataset(datasets, path)).toEqual({ id: 'gtsrb', params: { folder: path } })
    const { train, test, classNames, notes } = await other.load('gtsrb')
    expect([...train.labels]).toEqual(Array.from({ length: 43 }, (_, label) => label))
    expect([train.pixels[2 * 3072], train.pixels[10 * 3072], classNames[10]]).toEqual([2, 10, 'no passing for trucks'])
    expect([[...test.labels], test.pixels[0]]).toEqual([[12, 2], 1])
    expect(notes).toEqual([
      'This copy has 43 + 2 images in 43 classes instead of 39,209 + 12,630 in 43: results on it are not results on GTSRB.',
    ])
    other.remove()
  })

  it('without its test images or its list says what is missing', async () => {
    const other = kaggle({ train: 'Train', test: 'Test', list: 'Test.csv' })
    rmSync(join(other.folder, 'archive/Test'), { recursive: true })
    await expect(recognizeDataset(datasets, other.folder)).rejects.toMatchObject({
      message: 'GTSRB lacks its test images.',
      action: expect.stringContaining('GTSRB: test images missing') as string,
    })
    other.remove()
  })
})
