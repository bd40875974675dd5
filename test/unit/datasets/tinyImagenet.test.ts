import { renameSync, rmSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

const ids = ['n01443537', 'n01629819', 'n02123045']
const grey = (value: number): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: { r: value, g: value, b: value } } })
    .jpeg()
    .toBuffer()
let scratch: Scratch
const root = (): string => join(scratch.folder, 'tiny-imagenet-200')
beforeEach(async () => {
  scratch = createScratch()
  for (const [label, id] of ids.entries()) {
    for (const image of [0, 1])
      scratch.write(`tiny-imagenet-200/train/${id}/images/${id}_${image}.JPEG`, await grey(label * 80 + image))
    scratch.write(`tiny-imagenet-200/train/${id}/${id}_boxes.txt`, `${id}_0.JPEG\t0\t0\t63\t63`)
    scratch.write(`tiny-imagenet-200/val/images/val_${label}.JPEG`, await grey(label * 80 + 40))
  }
  const rows = [2, 0, 1].map((label) => `val_${label}.JPEG\t${ids[label]}\t0\t32\t44\t62`)
  scratch.write(
    'tiny-imagenet-200/val/val_annotations.txt',
    [...rows, 'val_9.JPEG\tn09999999\t0\t0\t1\t1', ''].join('\n'),
  )
  scratch.write(
    'tiny-imagenet-200/words.txt',
    'n01443537\tgoldfish, Carassius auratus\nn01629819\tcat\nn02123045\tcat, tabby\n',
  )
  scratch.write('tiny-imagenet-200/test/images/test_0.JPEG', await grey(0))
})
afterEach(() => scratch.remove())

describe('Tiny-ImageNet', () => {
  it('reads training folders, the list of validation images and the words of its classes', async () => {
    for (const path of [scratch.folder, root()])
      expect(await recognizeDataset(datasets, path)).toEqual({ id: 'tiny_imagenet', params: { folder: path } })
    const { train, test, classNames, notes } = await scratch.load('tiny_imagenet')
    expect([[...train.labels], train.width]).toEqual([[0, 0, 1, 1, 2, 2], 64])
    expect([[...test.labels], test.pixels[0], test.pixels[64 * 64 * 3]]).toEqual([[2, 0, 1], 200, 40])
    expect(classNames).toEqual(['goldfish', 'cat (n01629819)', 'cat (n02123045)'])
    expect(notes).toEqual([
      'This copy has 6 + 3 images in 3 classes instead of 100,000 + 10,000 in 200: results on it are not results on Tiny-ImageNet.',
    ])
    expect((await scratch.load('tiny_imagenet', { size: '32' })).train.width).toBe(32)
  })

  it('reads validation images that were sorted into classes', async () => {
    const val = join(root(), 'val')
    for (const [label, id] of ids.entries()) {
      mkdirSync(join(val, id))
      renameSync(join(val, 'images', `val_${label}.JPEG`), join(val, id, `val_${label}.JPEG`))
    }
    rmSync(join(val, 'images'), { recursive: true })
    rmSync(join(val, 'val_annotations.txt'))
    rmSync(join(root(), 'words.txt'))
    const { test, classNames } = await scratch.load('tiny_imagenet')
    expect([[...test.labels], classNames]).toEqual([[0, 1, 2], ids])
  })

  it('without labels of its validation images says so, recognised or loaded', async () => {
    rmSync(join(root(), 'val/val_annotations.txt'))
    const message = 'Tiny-ImageNet lacks the labels of its validation images.'
    expect((await scratch.refusal('tiny_imagenet')).message).toBe(message)
    await expect(recognizeDataset(datasets, scratch.folder)).rejects.toMatchObject({ message })
  })

  it.each([
    ['a row without a class', 'val_0.JPEG\n', 'Row 1 of val_annotations.txt cannot be read.'],
    ['a name that leads elsewhere', `../x.JPEG\t${ids[0]}\n`, 'Row 1 of val_annotations.txt cannot be read.'],
  ])('refuses %s', async (_kind, text, message) => {
    scratch.write('tiny-imagenet-200/val/val_annotations.txt', text)
    expect((await scratch.refusal('tiny_imagenet')).message).toBe(message)
  })
})
