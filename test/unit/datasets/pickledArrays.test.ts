/** Images and labels in pickled files of NumPy arrays, read as data without anything being run. */
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  dictOf,
  emptyList,
  globalName,
  integer,
  mark,
  numbers,
  pickled,
  program,
  reduce,
  text,
  tupleOf,
} from '../importers/craft/pickle'
import { createScratch, expectThreeAndTwo, type Scratch } from './support'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

type Part = Buffer | string
const side = 32
const bytesOf = (bytes: Uint8Array): Buffer => {
  const head = Buffer.alloc(5)
  head[0] = 0x42
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
const listOf = (...parts: Part[]): Buffer => program(emptyList, mark, ...parts, 'e')
const none = 'N'
const dtype = (letters: string): Buffer =>
  program(
    globalName('numpy', 'dtype'),
    tupleOf(text(letters), integer(0), integer(1)),
    reduce,
    tupleOf(
      integer(3),
      text(letters.startsWith('u1') ? '|' : '<'),
      none,
      none,
      none,
      integer(-1),
      integer(-1),
      integer(0),
    ),
    'b',
  )
/** As protocols 0 to 4 have it: made empty, then given its state. */
const array = (shape: readonly number[], letters: string, bytes: Uint8Array): Buffer =>
  program(
    globalName('numpy.core.multiarray', '_reconstruct'),
    tupleOf(globalName('numpy', 'ndarray'), numbers(0), bytesOf(Buffer.from('b'))),
    reduce,
    tupleOf(integer(1), numbers(...shape), dtype(letters), '\x89', bytesOf(bytes)),
    'b',
  )
/** Pixel by pixel: red = place in the set, green = 100, blue = row. */
const pixels = (count: number): Uint8Array =>
  Uint8Array.from({ length: count * side * side * 3 }, (_, at) => {
    const [image, row] = [Math.floor(at / (3 * side * side)), Math.floor(at / 3 / side) % side]
    return [image, 100, row][at % 3]!
  })
const images = (count: number): Buffer => array([count, side, side, 3], 'u1', pixels(count))
const labels = (...values: number[]): Buffer => array([values.length], 'u1', Uint8Array.from(values))
const wholes = (...values: number[]): Buffer => listOf(...values.map((value) => integer(value)))

const expectBoth = (): Promise<void> => expectThreeAndTwo(scratch, 'pickled_arrays')

describe('arrays by name and place', () => {
  it.each<[string, Part]>([
    [
      'x_train and y_train, labels in lists',
      dictOf(
        ...[text('x_train'), images(3), text('y_train'), wholes(0, 1, 2)],
        ...[text('x_test'), images(2), text('y_test'), wholes(1, 0)],
      ),
    ],
    ['pairs, as Keras hands them out', tupleOf(tupleOf(images(3), labels(0, 1, 2)), tupleOf(images(2), labels(1, 0)))],
    [
      'three pairs, the validation images between',
      tupleOf(
        ...[tupleOf(images(3), labels(0, 1, 2)), tupleOf(images(1), labels(0)), tupleOf(images(2), labels(1, 0))],
      ),
    ],
  ])('in one file: %s', async (_what, value) => {
    scratch.write('data.pkl', pickled(value))
    await expectBoth()
  })

  it('features and labels of train.p, valid.p and test.p, with what is not used', async () => {
    const file = (count: number, ...values: number[]): Buffer =>
      pickled(
        dictOf(text('features'), images(count), text('labels'), labels(...values), text('sizes'), wholes(4, 5, 6)),
      )
    scratch.write('train.p', file(3, 0, 1, 2))
    scratch.write('valid.p', file(1, 2))
    scratch.write('test.p', file(2, 1, 0))
    await expectBoth()
    const { notes } = await scratch.load('pickled_arrays')
    expect(notes?.find((note) => note.startsWith('Arrays that are not used'))).toContain('"valid/features"')
  })

  it('clear names before those that may say something else', async () => {
    const set = (count: number, ...values: number[]): Buffer =>
      dictOf(
        ...[text('images'), images(count), text('features'), images(count)],
        ...[text('labels'), labels(...values), text('classes'), wholes(0, 1, 2)],
      )
    scratch.write('data.pkl', pickled(dictOf(text('train'), set(3, 0, 1, 2), text('test'), set(2, 1, 0))))
    await expectBoth()
  })

  it('flat images of numbers from 0 to 1, gzipped', async () => {
    const flat = (count: number): Buffer => {
      const values = Float32Array.from({ length: count * 784 }, (_, at) => (at % 784 === 0 ? 1 : 0.2))
      return array([count, 784], 'f4', new Uint8Array(values.buffer))
    }
    const pairs = [tupleOf(flat(3), labels(0, 1, 2)), tupleOf(flat(1), labels(0)), tupleOf(flat(2), labels(1, 0))]
    scratch.write('mnist.pkl.gz', gzipSync(pickled(tupleOf(...pairs))))
    const loaded = await scratch.load('pickled_arrays', { colour: 'grey' })
    expect([loaded.train.count, loaded.test.count, loaded.train.pixels[2 * side + 2], loaded.train.pixels[0]]).toEqual([
      ...[3, 2, 255, 0],
    ])
  })

  it('images with their labels, one by one', async () => {
    const one = pixels(1)
    const rows = Array.from({ length: 20 }, (_, at) => tupleOf(array([side, side, 3], 'u1', one), integer(at % 2)))
    scratch.write('train.pkl', pickled(listOf(...rows)))
    const { train, test } = await scratch.load('pickled_arrays')
    expect(train.count + test.count).toBe(20)
  })
})

describe('refused', () => {
  it('a program that would run something, with the file that has it', async () => {
    const path = scratch.write('train.pkl', pickled(program(globalName('os', 'system'), tupleOf(text('true')), reduce)))
    const error = await scratch.refusal('pickled_arrays')
    expect([error.message, error.where]).toEqual([
      'The file wants to load "os.system", which is not allowed.',
      expect.stringMatching(new RegExp(`^${path}: pickle, byte`)),
    ])
  })

  it('several objects in one file, whose first alone would be read', async () => {
    scratch.write('train.pkl', Buffer.concat([pickled(images(3)), pickled(labels(0, 1, 2))]))
    expect((await scratch.refusal('pickled_arrays')).message).toBe('Something follows the first object of "train.pkl".')
  })

  it.each([
    ['no pickle', Buffer.from('no arrays'), /not allowed|truncated|ends/i],
    ['damaged gzip', gzipSync(pickled(images(3))).subarray(0, 60), /damaged/],
    ['other objects', pickled(dictOf(text('words'), listOf(text('a'), text('b')))), /does not tell images and labels/],
    ['a tensor of PyTorch', program(pickled(program(tupleOf(text('storage')), 'Q'))), /refers to a storage/],
  ])('%s', async (_what, bytes, words) => {
    scratch.write('train.pkl', bytes)
    expect((await scratch.refusal('pickled_arrays')).message).toMatch(words)
  })
})
