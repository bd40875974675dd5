/** Images and labels in files that torch.save wrote, read as data without anything being run. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { torchLegacy, torchZip } from '../importers/craft/files'
import {
  dictOf,
  emptyTuple,
  globalName,
  integer,
  numbers,
  pickled,
  program,
  reduce,
  storage,
  tensor,
  text,
  tupleOf,
} from '../importers/craft/pickle'
import { zipOf } from '../importers/craft/zip'
import { createScratch, type Scratch } from './support'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

type Part = Buffer | string
const side = 32
const strides = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1))
/** A tensor whose values lie in a storage of its own. */
const tensorOf = (key: string, type: string, shape: readonly number[]): Buffer =>
  tensor({
    from: storage({
      key: text(key),
      type: globalName('torch', `${type}Storage`),
      count: shape.reduce((product, extent) => product * extent, 1),
    }),
    size: numbers(...shape),
    stride: numbers(...strides(shape)),
  })
/** Colour by colour: red = place in the set, green = 100, blue = row. */
const planes = (count: number): Uint8Array =>
  Uint8Array.from({ length: count * 3 * side * side }, (_, at) => {
    const [image, row] = [Math.floor(at / (3 * side * side)), Math.floor(at / side) % side]
    return [image, 100, row][Math.floor(at / (side * side)) % 3]!
  })
const bytesOf = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength)
const labelBytes = (...values: number[]): Buffer => bytesOf(BigInt64Array.from(values, BigInt))

/** Three training and two test images with their labels, in storages 0 to 3. */
const x = tensorOf('0', 'Byte', [3, 3, side, side])
const y = tensorOf('1', 'Long', [3])
const testX = tensorOf('2', 'Byte', [2, 3, side, side])
const testY = tensorOf('3', 'Long', [2])
const storages = { 0: bytesOf(planes(3)), 1: labelBytes(0, 1, 2), 2: bytesOf(planes(2)), 3: labelBytes(1, 0) }
const counts = [3 * 3 * side * side, 3, 2 * 3 * side * side, 2]
const train = { 0: storages[0], 1: storages[1] }
const test = { 2: storages[2], 3: storages[3] }
const file = (value: Part, kept: Record<string, Buffer> = storages): Buffer => torchZip(pickled(value), kept)

const expectThreeAndTwo = async (): Promise<void> => {
  const loaded = await scratch.load('torch_tensors')
  expect([[...loaded.train.labels], [...loaded.test.labels]]).toEqual([
    [0, 1, 2],
    [1, 0],
  ])
  const at = (2 * side * side + 7 * side + 5) * 3
  expect([...loaded.train.pixels.subarray(at, at + 3)]).toEqual([2, 100, 7])
  expect(await recognizeDataset(datasets, scratch.folder)).toEqual({
    id: 'torch_tensors',
    params: { folder: scratch.folder, size: 32, colour: 'rgb' },
  })
}

describe('tensors by name and place', () => {
  it.each<[string, Part]>([
    [
      'x_train and y_train',
      dictOf(text('x_train'), x, text('y_train'), y, text('x_test'), testX, text('y_test'), testY),
    ],
    [
      'dictionaries in a dictionary',
      dictOf(
        ...[text('train'), dictOf(text('data'), x, text('targets'), y)],
        ...[text('test'), dictOf(text('data'), testX, text('targets'), testY)],
      ),
    ],
    ['pairs in a dictionary', dictOf(text('train'), tupleOf(x, y), text('test'), tupleOf(testX, testY))],
    ['four in a tuple', tupleOf(x, y, testX, testY)],
  ])('in one file: %s', async (_what, value) => {
    scratch.write('data.pt', file(value))
    await expectThreeAndTwo()
  })

  it.each([
    ['train.pt', 'test.pt'],
    ['training.pt', 'test.pt'],
    ['cifar_train.pth', 'cifar_test.pth'],
  ])('pairs (images, labels) in %s and %s', async (first, second) => {
    scratch.write(first, file(tupleOf(x, y), train))
    scratch.write(second, file(tupleOf(testX, testY), test))
    await expectThreeAndTwo()
  })

  it('a file for each tensor', async () => {
    const each = { x_train: x, y_train: y, x_test: testX, y_test: testY }
    for (const [place, [name, value]] of Object.entries(each).entries())
      scratch.write(`${name}.pt`, file(value, { [place]: Object.values(storages)[place]! }))
    await expectThreeAndTwo()
  })

  it('beside a checkpoint, whose names are counted and not all listed', async () => {
    scratch.write('train.pt', file(tupleOf(x, y), train))
    scratch.write('test.pt', file(tupleOf(testX, testY), test))
    const layers = Array.from({ length: 20 }, (_, layer) => [text(`layers.${layer}.bias`), y]).flat()
    scratch.write('model.pt', file(dictOf(...layers), { 1: storages[1] }))
    await expectThreeAndTwo()
    const { notes } = await scratch.load('torch_tensors')
    expect(notes?.find((note) => note.startsWith('Arrays that are not used'))).toMatch(
      /"model\/layers\.0\.bias".* and 8 more\.$/,
    )
  })

  it('the format before 1.6, with what lies beside the tensors', async () => {
    const meta = program(globalName('my_lib', 'Meta'), emptyTuple, reduce)
    const split = (images: Part, labels: Part): Buffer =>
      dictOf(text('images'), images, text('labels'), labels, text('meta'), meta, text('epoch'), integer(3))
    const stored = Object.values(storages)
    scratch.write(
      'data.pt',
      torchLegacy({
        objects: pickled(dictOf(text('train'), split(x, y), text('test'), split(testX, testY))),
        keys: ['0', '1', '2', '3'],
        storages: stored.map((bytes, place) => Buffer.concat([countOf(counts[place] ?? 0), bytes])),
      }),
    )
    await expectThreeAndTwo()
  })

  it('in an archive, where a file’s name speaks of training', async () => {
    const files = { 'set/train.pt': file(tupleOf(x, y), train), 'set/test.pt': file(tupleOf(testX, testY), test) }
    const bytes = zipOf(Object.entries(files).map(([name, entry]) => ({ name, bytes: entry })))
    const path = scratch.write('packed.zip', bytes)
    expect(await recognizeDataset(datasets, path)).toEqual({ id: 'torch_tensors', params: { folder: path } })
    expect((await scratch.load('torch_tensors', { folder: path })).train.count).toBe(3)
  })
})

const countOf = (count: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(count))
  return bytes
}

describe('refused', () => {
  it('a checkpoint, with the names that it has', async () => {
    const path = scratch.write('model.pt', file(dictOf(text('conv1.weight'), x, text('fc.bias'), y), train))
    const error = await recognizeDataset(datasets, path).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      message: '"model.pt" does not tell images and labels by its names.',
      got: '"conv1.weight", "fc.bias"',
    })
  })

  it('a list of images with their labels, with what to save instead', async () => {
    const one = tupleOf(tensorOf('0', 'Byte', [3, 3, side, side]), integer(3))
    const list = program(']', '(', ...Array.from({ length: 20 }, () => one), 'e')
    scratch.write('train.pt', file(list, { 0: storages[0] }))
    const error = await scratch.refusal('torch_tensors')
    expect([error.got, error.action]).toEqual(['no array by name', expect.stringContaining('torch.stack')])
  })

  it('a program that would run something, before anything else', async () => {
    const value = program(globalName('os', 'system'), tupleOf(text('true')), reduce)
    scratch.write('data.pt', torchZip(pickled(value), train))
    expect((await scratch.refusal('torch_tensors')).message).toBe(
      'The file wants to load "os.system", which is not allowed.',
    )
  })

  it('damaged values, by their checksum', async () => {
    const bytes = file(tupleOf(x, y), train)
    const at = bytes.indexOf(storages[0].subarray(0, 64))
    bytes[at + 40] = 77
    scratch.write('train.pt', bytes)
    const error = await scratch.refusal('torch_tensors')
    expect(`${error.message} ${error.where ?? ''}`).toMatch(/checksum|CRC|damaged/i)
  })

  it('one number repeated into more than fits into memory', async () => {
    const from = storage({ key: text('0'), type: globalName('torch', 'ByteStorage'), count: 9216 })
    const size = numbers(2_000_000, 3, side, side)
    const huge = tensor({ from, size, stride: numbers(0, 1024, 32, 1) })
    const many = tensor({
      from: storage({ key: text('1'), type: globalName('torch', 'LongStorage'), count: 3 }),
      size: numbers(2_000_000),
      stride: numbers(0),
    })
    scratch.write('train.pt', file(tupleOf(huge, many), train))
    expect((await scratch.refusal('torch_tensors')).message).toBe('A tensor repeats its elements beyond bounds.')
  })

  it('halves of floats, and what torch.save did not write', async () => {
    const half = tensorOf('0', 'Half', [3, 3, side, side])
    const bytes = Buffer.alloc(3 * 3 * side * side * 2)
    scratch.write('train.pt', file(tupleOf(half, y), { 0: bytes, 1: storages[1] }))
    expect(await scratch.refusal('torch_tensors')).toMatchObject({
      got: 'float16',
      action: 'Save it as uint8 or float32.',
    })
    scratch.write('train.pt', 'no tensors')
    expect((await scratch.refusal('torch_tensors')).message).toBe('The file is no PyTorch checkpoint.')
  })

  it('checkpoints beside pictures keep nobody from reading the pictures', async () => {
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      'base64',
    )
    for (const name of ['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png']) scratch.write(name, picture)
    scratch.write('best.pt', file(dictOf(text('conv1.weight'), x), train))
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('image_folder')
  })
})
