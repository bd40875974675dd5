import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import {
  dictOf,
  emptyList,
  globalName,
  integer,
  mark,
  pickled,
  program,
  reduce,
  text,
  tupleOf,
} from '../importers/craft/pickle'
import copies from '../../fixtures/datasets/cifarCopies.json'
import { createScratch, type Scratch } from './support'

const list = (...items: Buffer[]): Buffer => program(emptyList, mark, ...items, 'e')
const long = (operation: string, bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return program(operation, length, bytes)
}

/** uint8 [rows, columns], as NumPy pickles it; "T" is Python 2's string, "B" Python 3's bytes. */
function array(
  data: Buffer,
  rows: number,
  operation: 'T' | 'B',
  { columns = 3072, order = '\x89', root = 'numpy.core' } = {},
): Buffer {
  const dtype = program(
    globalName('numpy', 'dtype'),
    tupleOf(text('u1'), integer(0), integer(1)),
    reduce,
    tupleOf(integer(3), text('|'), 'N', 'N', 'N', integer(-1), integer(-1), integer(0)),
    'b',
  )
  const empty = program(
    globalName(`${root}.multiarray`, '_reconstruct'),
    tupleOf(globalName('numpy', 'ndarray'), tupleOf(integer(0)), text('b')),
    reduce,
  )
  return program(
    empty,
    tupleOf(integer(1), tupleOf(integer(rows), integer(columns)), dtype, order, long(operation, data)),
    'b',
  )
}

/** Red = place in the batch, green = 100, blue = row. */
function pixels(count: number): Buffer {
  const bytes = Buffer.alloc(count * 3072, 100)
  for (let image = 0; image < count; image++) {
    for (let pixel = 0; pixel < 1024; pixel++) {
      bytes[image * 3072 + pixel] = image
      bytes[image * 3072 + 2048 + pixel] = Math.floor(pixel / 32)
    }
  }
  return bytes
}

const batch = (labels: number[], operation: 'T' | 'B' = 'T', root = 'numpy.core'): Buffer =>
  pickled(
    dictOf(
      text('batch_label'),
      text('training batch'),
      text('labels'),
      list(...labels.map(integer)),
      text('data'),
      array(pixels(labels.length), labels.length, operation, { root }),
      text('filenames'),
      list(...labels.map((label) => text(`${label}.png`))),
    ),
  )
const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'van']

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
  for (let index = 1; index <= 5; index++)
    scratch.write(
      `cifar-10-batches-py/data_batch_${index}`,
      index % 2 === 0 ? batch([index, 9], 'B', 'numpy._core') : batch([index, 9]),
    )
  scratch.write('cifar-10-batches-py/test_batch', batch([3, 2, 1]))
  scratch.write('cifar-10-batches-py/batches.meta', pickled(dictOf(text('label_names'), list(...names.map(text)))))
})
afterEach(() => scratch.remove())

describe('CIFAR, Python version', () => {
  it('is recognized and read: batches in order, planes to pixels, names out of the third kind of file', async () => {
    expect(await recognizeDataset(datasets, scratch.folder)).toEqual({
      id: 'cifar10',
      params: { folder: scratch.folder },
    })
    const { train, test, classNames, notes } = await scratch.load('cifar10')
    expect([[...train.labels], [...test.labels], classNames]).toEqual([
      [1, 9, 2, 9, 3, 9, 4, 9, 5, 9],
      [3, 2, 1],
      names,
    ])
    for (const image of [1, 3])
      expect([...train.pixels.subarray(image * 3072 + (5 * 32 + 7) * 3, image * 3072 + (5 * 32 + 7) * 3 + 3)]).toEqual([
        1, 100, 5,
      ])
    expect(notes).toEqual([
      'This copy has 10 + 3 images instead of 50,000 + 10,000: results on it are not results on CIFAR-10.',
    ])
  })

  it('has both labels of CIFAR-100', async () => {
    const both = (fine: number[], coarse: number[]): Buffer =>
      pickled(
        dictOf(
          text('data'),
          array(pixels(fine.length), fine.length, 'T'),
          text('fine_labels'),
          list(...fine.map(integer)),
          text('coarse_labels'),
          list(...coarse.map(integer)),
        ),
      )
    const other = createScratch()
    other.write('train', both([7, 99], [3, 19]))
    other.write('test', both([5], [1]))
    other.write(
      'meta',
      pickled(
        dictOf(text('coarse_label_names'), list(...Array.from({ length: 20 }, (_, index) => text(`group${index}`)))),
      ),
    )
    expect(await recognizeDataset(datasets, other.folder)).toEqual({ id: 'cifar100', params: { folder: other.folder } })
    const { train, classNames } = await other.load('cifar100', { labels: 'coarse' })
    expect([[...train.labels], classNames[19]]).toEqual([[3, 19], 'group19'])
    expect((await other.refusal('cifar100')).message).toBe('meta does not name the classes.')
    other.write('test', both([5], [20]))
    expect((await other.refusal('cifar100')).got).toBe('20')
    other.remove()
  })
})

describe('CIFAR, Python version, saved again', () => {
  it.each(Object.entries(copies))('%s', async (name, packed) => {
    scratch.write('cifar-10-batches-py/test_batch', gunzipSync(Buffer.from(packed, 'base64')))
    const { test, notes } = await scratch.load('cifar10')
    expect([...test.labels]).toEqual([1, 9])
    const brighter = name.startsWith('bright') ? 150 : 0
    for (const image of [0, 1]) {
      for (const [row, column] of [
        [0, 0],
        [5, 7],
        [31, 31],
      ] as const) {
        const at = (image * 1024 + row * 32 + column) * 3
        expect([...test.pixels.subarray(at, at + 3)]).toEqual([image, 100, row].map((value) => value + brighter))
      }
    }
    expect(notes?.some((note) => note.includes('shares of 255'))).toBe(name === 'floats from 0 to 1')
  })

  it('refuses labels that are no whole numbers', async () => {
    const float = (value: number): Buffer => {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleBE(value)
      return program('G', bytes)
    }
    scratch.write(
      'cifar-10-batches-py/test_batch',
      pickled(dictOf(text('data'), array(pixels(1), 1, 'T'), text('labels'), list(text('1')))),
    )
    expect((await scratch.refusal('cifar10')).got).toBe('no number')
    scratch.write(
      'cifar-10-batches-py/test_batch',
      pickled(dictOf(text('data'), array(pixels(1), 1, 'T'), text('labels'), list(float(1.5)))),
    )
    expect((await scratch.refusal('cifar10')).got).toBe('1.5')
  })
})

describe('CIFAR, Python version, refuses', () => {
  const refusal = async (bytes: Buffer | string) => {
    scratch.write('cifar-10-batches-py/test_batch', bytes)
    return scratch.refusal('cifar10')
  }
  const place = (): string => `${scratch.folder}/cifar-10-batches-py: test_batch`

  it('a program that would run code, by the name it wants', async () => {
    const error = await refusal(pickled(globalName('os', 'system'), tupleOf(text('id')), reduce))
    expect([error.message, error.got]).toEqual([
      'test_batch is no file of the Python version of CIFAR.',
      'The file wants to load "os.system", which is not allowed.',
    ])
    expect(error.where).toMatch(/^.*: test_batch, pickle, byte \d+$/)
  })

  it('one cut short, other bytes, and bytes after the dictionary', async () => {
    const whole = batch([1])
    expect((await refusal(whole.subarray(0, 2000))).message).toBe(
      'test_batch is no file of the Python version of CIFAR.',
    )
    expect((await refusal('x')).where).toContain(`${place()}, pickle`)
    expect((await refusal(Buffer.concat([whole, Buffer.from('more')]))).got).toBe('4 bytes after the dictionary')
    expect((await refusal(pickled(list()))).got).toBe('list')
  })

  it.each<[string, Buffer]>([
    ['another width', array(pixels(1), 3, 'T', { columns: 1024 })],
    ['fewer bytes than its shape', array(pixels(1), 2, 'T')],
    ['text in its place', text('none')],
  ])('pixels of %s', async (_case, data) => {
    expect((await refusal(pickled(dictOf(text('data'), data, text('labels'), list(integer(1)))))).message).toBe(
      'test_batch lacks the pixels.',
    )
  })

  it('a label that does not exist, and too few of them', async () => {
    const wrong = await refusal(batch([1, 10]))
    expect([wrong.message, wrong.got, wrong.where]).toEqual([
      'Record 2 of test_batch has a label that does not exist.',
      '10',
      `${place()}, labels`,
    ])
    expect(
      (await refusal(pickled(dictOf(text('data'), array(pixels(2), 2, 'T'), text('labels'), list(integer(1)))))).wanted,
    ).toBe('2 numbers under "labels"')
    expect((await refusal(batch([]))).got).toContain('0 records')
  })
})
