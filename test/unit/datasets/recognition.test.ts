import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { join } from 'node:path'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { RefusedInputError } from '../../../src/shared/errors'
import { createScratch, type Scratch } from './support'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

/** The refusal of recognising the scratch folder, or one in it, after empty files of these names were written. */
async function refusal(files: readonly string[], path = ''): Promise<RefusedInputError> {
  for (const name of files) scratch.write(name, '')
  const error = await recognizeDataset(datasets, join(scratch.folder, path)).then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RefusedInputError)
  return error as RefusedInputError
}

describe('files that nearly fit a layout are refused with what is wrong with them', () => {
  const batches = [1, 2, 3, 4, 5].map((index) => `data_batch_${index}.bin`)
  it.each<[string, string[], string]>([
    [
      'CIFAR-10, MATLAB version, with the first batch alone',
      ['data_batch_1.mat'],
      'CIFAR-10 lacks data_batch_2.mat, data_batch_3.mat, data_batch_4.mat, data_batch_5.mat, test_batch.mat.',
    ],
    ['CIFAR-10 without the test batch', batches, 'CIFAR-10 lacks test_batch.bin.'],
    [
      'CIFAR-10 around an empty folder',
      ['cifar-10-batches-bin/readme.html'],
      'CIFAR-10 lacks data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin.',
    ],
    [
      'CIFAR-10, Python version, with the first batch alone',
      ['data_batch_1'],
      'CIFAR-10 lacks data_batch_2, data_batch_3, data_batch_4, data_batch_5, test_batch.',
    ],
    ['CIFAR-100 without the training file', ['test.bin'], 'CIFAR-100 lacks train.bin.'],
    ['SVHN without the training file', ['test_32x32.mat'], 'SVHN lacks train_32x32.mat.'],
    [
      'MNIST without one file',
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte.gz'],
      'MNIST lacks t10k-labels-idx1-ubyte.',
    ],
    ['GTSRB without its test images', ['GTSRB/Final_Training/Images/00000/00000.ppm'], 'GTSRB lacks its test images.'],
    ['GTSRB without its training images', ['Final_Test/Images/00000.ppm'], 'GTSRB lacks its training images.'],
    ['pictures with an empty class', ['a/1.png', 'b/1.png', 'c/notes.txt'], 'The class "c" has no pictures.'],
    ['pictures of one class', ['a/1.png'], 'Image folder has no classes.'],
    ['pictures without a class', ['1.png'], 'Image folder has no classes.'],
    [
      'pictures whose classes differ in case',
      ['train/a/1.png', 'train/A/1.png', 'test/a/1.png', 'test/A/1.png'],
      'Two class folders have the same name on other systems.',
    ],
  ])('%s', async (_case, files, message) => {
    expect((await refusal(files)).message).toBe(message)
  })

  it('the same sentence as loading them by name, and the other layouts after it', async () => {
    const error = await refusal(['data_batch_1.mat'])
    const loading = await scratch.refusal('cifar10')
    expect([error.message, error.wanted, error.got, error.where]).toEqual([
      loading.message,
      loading.wanted,
      loading.got,
      loading.where,
    ])
    expect(error.action).toContain(
      `${loading.action} Layouts tried, nearest first: CIFAR-10: 5 of 6 files missing: data_batch_2.mat, data_batch_3.mat, data_batch_4.mat, data_batch_5.mat, test_batch.mat. No trace of CIFAR-100, GTSRB, SVHN, MNIST, Fashion-MNIST, `,
    )
  })

  it('tells the sets of MNIST’s layout apart by the path', async () => {
    expect((await refusal(['fashion/train-images-idx3-ubyte'], 'fashion')).message).toBe(
      'Fashion-MNIST lacks train-labels-idx1-ubyte.',
    )
  })
})

describe('other files', () => {
  it('are listed beside the layouts known', async () => {
    const error = await refusal(['notes.txt', 'more/table.csv', 'raw/negative.cr2'])
    expect([error.message, error.got]).toEqual(['The layout of these data is not known.', '"more", "notes.txt", "raw"'])
    expect(error.wanted).toMatch(/^the files of CIFAR-10, .*Image folder$/)
  })

  it('and a path where nothing lies is said to be one', async () => {
    expect((await refusal([], 'nowhere')).got).toBe('nothing that can be opened')
    expect((await refusal(['notes.txt'], 'notes.txt')).got).toBe('a file')
    expect((await refusal(['model.pt'], 'model.pt')).got).toBe('an empty file')
  })
})
