/** CIFAR's MATLAB version: matrices of images × 3,072 bytes, column by column, and of labels. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { matFile, matrix } from './matFiles'
import { createScratch, type Scratch } from './support'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

/** Red = label, green = 100, blue = row. */
function columns(labels: readonly number[]): Uint8Array {
  const data = new Uint8Array(labels.length * 3072)
  for (const [record, label] of labels.entries())
    for (let pixel = 0; pixel < 3072; pixel++)
      data[pixel * labels.length + record] = [label, 100, Math.floor((pixel % 1024) / 32)][Math.floor(pixel / 1024)]!
  return data
}
const batch = (labels: readonly number[], key = 'labels', ...more: Buffer[]): Buffer =>
  matFile(
    matrix('data', [labels.length, 3072], columns(labels)),
    matrix(key, [labels.length, 1], Uint8Array.from(labels)),
    ...more,
  )
const writeTen = (train: Buffer, test = train): void => {
  for (const index of [1, 2, 3, 4, 5]) scratch.write(`cifar-10-batches-mat/data_batch_${index}.mat`, train)
  scratch.write('cifar-10-batches-mat/test_batch.mat', test)
}

describe('CIFAR-10', () => {
  it('reads its batches in order, columns to pixels, and is recognised', async () => {
    writeTen(batch([3, 9]), batch([7]))
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('cifar10')
    const { train, test, classNames, notes } = await scratch.load('cifar10')
    expect([[...train.labels], [...test.labels]]).toEqual([[3, 9, 3, 9, 3, 9, 3, 9, 3, 9], [7]])
    const at = 3072 + (5 * 32 + 1) * 3
    expect([...train.pixels.subarray(at, at + 3)]).toEqual([9, 100, 5])
    expect(classNames[9]).toBe('truck')
    expect(notes).toContain('The MATLAB version’s names are not read: the official class names are used.')
  })

  it.each<[string, Buffer, string]>([
    ['a label that does not exist', batch([3, 10]), 'Record 2 of data_batch_1.mat has a label that does not exist.'],
    ['no labels', batch([3], 'other'), 'data_batch_1.mat lacks the labels.'],
    [
      'too few labels',
      matFile(matrix('data', [2, 3072], columns([1, 2])), matrix('labels', [1, 1], Uint8Array.of(1))),
      'data_batch_1.mat lacks the labels.',
    ],
    [
      'other pixels',
      matFile(matrix('data', [1, 12], new Uint8Array(12)), matrix('labels', [1, 1], Uint8Array.of(1))),
      'data_batch_1.mat lacks the pixels.',
    ],
    [
      'no images',
      matFile(matrix('data', [0, 3072], new Uint8Array(0)), matrix('labels', [0, 1], new Uint8Array(0))),
      'data_batch_1.mat lacks the pixels.',
    ],
  ])('refuses %s', async (_what, train, message) => {
    writeTen(train)
    expect((await scratch.refusal('cifar10')).message).toBe(message)
  })
})

it('CIFAR-100 reads either kind of labels', async () => {
  const labels = [4, 61]
  const coarse = matrix('coarse_labels', [2, 1], Uint8Array.of(3, 19))
  for (const name of ['train', 'test'])
    scratch.write(`cifar-100-matlab/${name}.mat`, batch(labels, 'fine_labels', coarse))
  expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('cifar100')
  expect([...(await scratch.load('cifar100')).train.labels]).toEqual(labels)
  expect([...(await scratch.load('cifar100', { labels: 'coarse' })).train.labels]).toEqual([3, 19])
})
