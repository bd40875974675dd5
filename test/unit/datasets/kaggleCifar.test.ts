import { rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
const perClass = 5
let scratch: Scratch
beforeEach(async () => {
  scratch = createScratch()
  const rows = ['id,label']
  for (let image = 1; image <= names.length * perClass; image++) {
    const label = image % names.length
    const background = { r: label, g: image, b: 0 }
    scratch.write(
      `cifar-10/train/${image}.png`,
      await sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .png()
        .toBuffer(),
    )
    rows.push(`${image},${names[label]}`)
  }
  scratch.write('cifar-10/trainLabels.csv', `${rows.join('\r\n')}\r\n`)
  scratch.write('cifar-10/sampleSubmission.csv', 'id,label\n1,cat\n')
  scratch.write('cifar-10/test/1.png', 'never read')
})
afterEach(() => scratch.remove())

describe('CIFAR-10 as Kaggle has it', () => {
  it('is read by its list, a fifth of each class being the test set', async () => {
    for (const path of [scratch.folder, join(scratch.folder, 'cifar-10')])
      expect(await recognizeDataset(datasets, path)).toEqual({ id: 'cifar10', params: { folder: path } })
    const { train, test, classNames, notes } = await scratch.load('cifar10')
    expect([train.count, test.count, classNames]).toEqual([40, 10, names])
    expect([...test.labels].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const { pixels, labels } of [train, test])
      expect([...labels]).toEqual(Array.from({ length: labels.length }, (_, image) => pixels[image * 3072]))
    const images = [train, test].flatMap(({ pixels, count }) =>
      Array.from({ length: count }, (_, image) => pixels[image * 3072 + 1]!),
    )
    expect(images.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, image) => image + 1))
    expect(notes).toEqual([
      'Kaggle publishes no labels of its test images: 10 of the training images, a fifth of each class and always the same, are the test set here. Results are not comparable with those on the official test images.',
    ])
    expect((await scratch.load('cifar10', { folder: join(scratch.folder, 'cifar-10') })).test.pixels).toEqual(
      test.pixels,
    )
  })

  it('with images still packed says what to unpack', async () => {
    rmSync(join(scratch.folder, 'cifar-10/train'), { recursive: true })
    scratch.write('cifar-10/train.7z', 'x')
    await expect(recognizeDataset(datasets, scratch.folder)).rejects.toMatchObject({
      message: 'CIFAR-10 as Kaggle has it lacks its training images.',
      got: 'train.7z',
      action: expect.stringContaining('Unpack it there: 7z x train.7z.') as string,
    })
  })

  it.each([
    ['a class that does not exist', 'id,label\n1,cat\n2,house\n', 'Row 3 of trainLabels.csv cannot be read.'],
    ['a name that leads elsewhere', 'id,label\n../1,cat\n', 'Row 2 of trainLabels.csv cannot be read.'],
    ['an image twice', 'id,label\n1,cat\n1,cat\n', 'Row 3 of trainLabels.csv cannot be read.'],
    ['too few classes', 'id,label\n1,cat\n', 'trainLabels.csv does not have every class.'],
  ])('refuses a list with %s', async (_kind, text, message) => {
    scratch.write('cifar-10/trainLabels.csv', text)
    expect((await scratch.refusal('cifar10')).message).toBe(message)
  })
})
