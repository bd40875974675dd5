/** Images and labels in files that torch.save wrote, read as data without anything being run. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { torchLegacy, torchZip } from '../importers/craft/files'
import {
  dictOf,
  emptyList,
  emptyTuple,
  globalName,
  integer,
  mark,
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
import { createScratch, expectThreeAndTwo, type Scratch } from './support'

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

const listOf = (...parts: Part[]): Buffer => program(emptyList, mark, ...parts, 'e')
const wholes = (...values: number[]): Buffer[] => values.map((value) => integer(value))
/** One element of the tensor in a storage: a view, as `images[at]` is. */
const elementOf = (
  key: string,
  type: string,
  shape: readonly number[],
  { at, of }: { at: number; of: number },
): Buffer => {
  const size = shape.reduce((product, extent) => product * extent, 1)
  const from = storage({ key: text(key), type: globalName('torch', `${type}Storage`), count: of * size })
  return tensor({ from, offset: at * size, size: numbers(...shape), stride: numbers(...strides(shape)) })
}
const imageAt = (key: string, at: number, of: number): Buffer => elementOf(key, 'Byte', [3, side, side], { at, of })
const labelAt = (key: string, at: number, of: number): Buffer => elementOf(key, 'Long', [], { at, of })
const madeWith = (className: string, ...state: Part[]): Buffer =>
  program(globalName('torch.utils.data.dataset', className), emptyTuple, '\x81', dictOf(...state), 'b')
const tensorDataset = (images: Part, labels: Part): Buffer =>
  madeWith('TensorDataset', text('tensors'), tupleOf(images, labels))

const expectBoth = (): Promise<void> => expectThreeAndTwo(scratch, 'torch_tensors')

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
    await expectBoth()
  })

  it.each([
    ['train.pt', 'test.pt'],
    ['training.pt', 'test.pt'],
    ['cifar_train.pth', 'cifar_test.pth'],
  ])('pairs (images, labels) in %s and %s', async (first, second) => {
    scratch.write(first, file(tupleOf(x, y), train))
    scratch.write(second, file(tupleOf(testX, testY), test))
    await expectBoth()
  })

  it.each<[string, Part, Part]>([
    ['a data set of tensors', tensorDataset(x, y), tensorDataset(testX, testY)],
    ['labels in a list', tupleOf(x, listOf(...wholes(0, 1, 2))), tupleOf(testX, listOf(...wholes(1, 0)))],
    [
      'labels in a list, by name',
      dictOf(text('data'), x, text('targets'), listOf(...wholes(0, 1, 2))),
      dictOf(text('data'), testX, text('targets'), listOf(...wholes(1, 0))),
    ],
    [
      'images with their labels, one by one',
      listOf(...[0, 1, 2].map((at) => tupleOf(imageAt('0', at, 3), integer(at)))),
      listOf(...[0, 1].map((at) => tupleOf(imageAt('2', at, 2), integer(1 - at)))),
    ],
    [
      'labels of one number each, and what else a row has',
      listOf(...[0, 1, 2].map((at) => listOf(imageAt('0', at, 3), labelAt('1', at, 3), integer(9)))),
      listOf(...[0, 1].map((at) => listOf(imageAt('2', at, 2), labelAt('3', at, 2), integer(9)))),
    ],
  ])('pairs in two files: %s', async (_what, first, second) => {
    scratch.write('train.pt', file(first))
    scratch.write('test.pt', file(second))
    await expectBoth()
  })

  it('lists of images and of labels, longer than a row of sets', async () => {
    const places = Array.from({ length: 20 }, (_, at) => at % 3)
    const images = listOf(...places.map((at) => imageAt('0', at, 3)))
    scratch.write('train.pt', file(tupleOf(images, listOf(...wholes(...places)))))
    const { train: loaded, test: held } = await scratch.load('torch_tensors')
    expect(loaded.count + held.count).toBe(20)
    expect([...loaded.pixels.subarray(0, 3)]).toEqual([loaded.labels[0], 100, 0])
  })

  it('a file for each tensor', async () => {
    const each = { x_train: x, y_train: y, x_test: testX, y_test: testY }
    for (const [place, [name, value]] of Object.entries(each).entries())
      scratch.write(`${name}.pt`, file(value, { [place]: Object.values(storages)[place]! }))
    await expectBoth()
  })

  it('beside a checkpoint, whose names are counted and not all listed', async () => {
    scratch.write('train.pt', file(tupleOf(x, y), train))
    scratch.write('test.pt', file(tupleOf(testX, testY), test))
    const layers = Array.from({ length: 20 }, (_, layer) => [text(`layers.${layer}.bias`), y]).flat()
    scratch.write('model.pt', file(dictOf(...layers), { 1: storages[1] }))
    await expectBoth()
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
    await expectBoth()
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

  it('a part of a data set, whose tensors do not say which images are meant', async () => {
    const indices = listOf(...wholes(0, 2))
    const subset = madeWith('Subset', text('dataset'), tensorDataset(x, y), text('indices'), indices)
    scratch.write('train.pt', file(subset, train))
    expect((await scratch.refusal('torch_tensors')).got).toBe('no array by name')
  })

  it('lists in which images differ in size, or labels are no whole numbers', async () => {
    const good = Array.from({ length: 20 }, () => tupleOf(imageAt('0', 0, 3), integer(1)))
    const small = elementOf('0', 'Byte', [3, 16, 16], { at: 0, of: 12 })
    for (const other of [tupleOf(small, integer(1)), tupleOf(imageAt('0', 0, 3), text('cat')), integer(1)]) {
      scratch.write('train.pt', file(listOf(...good, other), train))
      const error = await scratch.refusal('torch_tensors')
      expect([error.got, error.action]).toEqual(['no array by name', expect.stringContaining('torch.stack')])
    }
  })

  it('a list of batches, with what to save instead', async () => {
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
