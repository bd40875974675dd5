import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { parseNpy } from '../../../src/main/engine/families/datasets/files/npy'
import { npyOf, npzOf, type WrittenArray } from '../../fixtures/npz'
import { zipOf } from '../importers/craft/zip'
import { createScratch, type Scratch } from './support'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

/** RGB, red = place in the set, green = 100, blue = row. */
const rgb = (count: number, side = 32): Uint8Array =>
  Uint8Array.from({ length: count * side * side * 3 }, (_, at) => {
    const [image, row] = [Math.floor(at / (side * side * 3)), Math.floor(at / (side * 3)) % side]
    return [image, 100, row][at % 3]!
  })
/** The same, colour by colour. */
const planes = (count: number, side = 32): Uint8Array =>
  Uint8Array.from({ length: count * side * side * 3 }, (_, at) => {
    const [image, row] = [Math.floor(at / (side * side * 3)), Math.floor(at / side) % side]
    return [image, 100, row][Math.floor(at / (side * side)) % 3]!
  })
const images = (data: ArrayBufferView, shape: number[], dtype = '|u1'): WrittenArray => ({ dtype, shape, data })
const labels = (...values: number[]): WrittenArray => ({
  dtype: '<i8',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const three = images(rgb(3), [3, 32, 32, 3])

const save = (arrays: Record<string, WrittenArray | Buffer>, compressed = false): string =>
  scratch.write('data.npz', npzOf(arrays, compressed))
const pixelOf = (pixels: Uint8Array, image: number, row: number): number[] => [
  ...pixels.subarray((image * 1024 + row * 32 + 5) * 3, (image * 1024 + row * 32 + 5) * 3 + 3),
]

describe('the names that people give the arrays', () => {
  it.each([
    ['x_train', 'y_train', 'x_test', 'y_test'],
    ['train_images', 'train_labels', 'test_images', 'test_labels'],
    ['X_train', 'Y_train', 'X_test', 'Y_test'],
    ['trainX', 'trainY', 'testX', 'testY'],
    ['Xtrain', 'ytrain', 'Xtest', 'ytest'],
    ['train_data', 'train_targets', 'test_data', 'test_targets'],
    ['train/images', 'train/labels', 'test/images', 'test/labels'],
    ['arr_0', 'arr_1', 'arr_2', 'arr_3'],
  ])('%s, %s, %s, %s', async (x, y, testX, testY) => {
    save({ [testX]: images(rgb(2), [2, 32, 32, 3]), [testY]: labels(1, 0), [x]: three, [y]: labels(0, 1, 2) })
    const { train, test, classNames } = await scratch.load('numpy_archive')
    expect([[...train.labels], [...test.labels], classNames]).toEqual([
      [0, 1, 2],
      [1, 0],
      ['class 0', 'class 1', 'class 2'],
    ])
    expect(pixelOf(train.pixels, 2, 7)).toEqual([2, 100, 7])
  })

  it.each([
    ['images', 'labels'],
    ['data', 'labels'],
    ['X', 'y'],
    ['arr_0', 'arr_1'],
  ])('%s and %s, with a share of each class as test set', async (x, y) => {
    save({ [x]: images(rgb(10), [10, 32, 32, 3]), [y]: labels(0, 0, 0, 0, 0, 1, 1, 1, 1, 1) })
    const { train, test, notes } = await scratch.load('numpy_archive')
    expect([[...train.labels], [...test.labels]]).toEqual([
      [0, 0, 0, 0, 1, 1, 1, 1],
      [0, 1],
    ])
    expect(notes).toContain('There is no test set: 2 of 10 images, a share of each class, are it.')
    const again = await scratch.load('numpy_archive', { splitSeed: 1, testShare: 0.4 })
    expect(again.test.count).toBe(4)
  })

  it('validation images beside test images are not used, without them they are the test set', async () => {
    const train = { train_images: three, train_labels: labels(0, 1, 2) }
    const validation = { val_images: images(rgb(2), [2, 32, 32, 3]), val_labels: labels(2, 2) }
    save({ ...train, ...validation, test_images: images(rgb(1), [1, 32, 32, 3]), test_labels: labels(0) })
    const whole = await scratch.load('numpy_archive')
    expect(whole.test.count).toBe(1)
    expect(whole.notes).toContain('Arrays that are not used: "val_images", "val_labels".')
    save({ ...train, ...validation })
    const without = await scratch.load('numpy_archive')
    expect([...without.test.labels]).toEqual([2, 2])
    expect(without.notes).toContain('There is no test set: the validation images are it.')
  })
})

describe('arrays in files of their own', () => {
  const write = (arrays: Record<string, WrittenArray | Buffer>, folder = ''): void => {
    for (const [name, array] of Object.entries(arrays))
      scratch.write(`${folder}${name}.npy`, Buffer.isBuffer(array) ? array : npyOf(array))
  }
  const two = images(rgb(2), [2, 32, 32, 3])

  it.each([
    ['x_train', 'y_train', 'x_test', 'y_test'],
    ['train_images', 'train_labels', 'test_images', 'test_labels'],
    ['cifar10.1_v6_train_data', 'cifar10.1_v6_train_labels', 'cifar10.1_v6_test_data', 'cifar10.1_v6_test_labels'],
    ['mySet_xtrain', 'mySet_ytrain', 'mySet_xtest', 'mySet_ytest'],
  ])('%s.npy, %s.npy, %s.npy, %s.npy', async (x, y, testX, testY) => {
    write({ [x]: three, [y]: labels(0, 1, 2), [testX]: two, [testY]: labels(1, 0) })
    const { train, test, notes } = await scratch.load('numpy_archive')
    expect([[...train.labels], [...test.labels], pixelOf(train.pixels, 2, 7)]).toEqual([
      [0, 1, 2],
      [1, 0],
      [2, 100, 7],
    ])
    expect(notes?.join(' ')).not.toContain('not used')
    expect(await recognizeDataset(datasets, scratch.folder)).toEqual({
      id: 'numpy_archive',
      params: { folder: scratch.folder, size: 32, colour: 'rgb' },
    })
  })

  it('a share of each class where there are no others, and what else lies there is said', async () => {
    write({ data: images(rgb(10), [10, 32, 32, 3]), labels: labels(0, 0, 0, 0, 0, 1, 1, 1, 1, 1) })
    write({ indices: labels(0, 1) })
    const { train, test, notes } = await scratch.load('numpy_archive')
    expect([train.count, test.count]).toEqual([8, 2])
    expect(notes).toContain('Arrays that are not used: "indices".')
  })

  it('train.npz and test.npz', async () => {
    scratch.write('train.npz', npzOf({ images: three, labels: labels(0, 1, 2) }))
    scratch.write('test.npz', npzOf({ images: two, labels: labels(1, 0) }))
    const { train, test } = await scratch.load('numpy_archive')
    expect([train.count, test.count]).toEqual([3, 2])
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('numpy_archive')
  })

  it('in an archive of a folder', async () => {
    const entry = (name: string, array: WrittenArray) => ({ name: `set/${name}.npy`, bytes: npyOf(array) })
    const path = scratch.write('packed.zip', zipOf([entry('images', three), entry('labels', labels(0, 1, 2))]))
    expect(await recognizeDataset(datasets, path)).toEqual({ id: 'numpy_archive', params: { folder: path } })
    const four = { x: three, y: labels(0, 1, 2), x_test: two, y_test: labels(1, 0) }
    const whole = scratch.write('whole.zip', zipOf(Object.entries(four).map(([name, array]) => entry(name, array))))
    expect((await scratch.load('numpy_archive', { folder: whole })).train.count).toBe(3)
  })

  it('a single array is refused with what it lacks', async () => {
    write({ x_train: three })
    const error = await recognizeDataset(datasets, join(scratch.folder, 'x_train.npy')).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({
      message: '"x_train.npy" is a single array.',
      action: expect.stringContaining('Name the folder that it lies in.') as unknown,
    })
    expect((await scratch.refusal('numpy_archive', { folder: scratch.folder })).message).toBe(
      'There are no NumPy arrays.',
    )
  })

  it('objects, cut files and sizes that lie are refused with the file’s place', async () => {
    write({ images: npyOf({ dtype: '|O', shape: [1], data: Buffer.from('cos\nsystem\n.') }), labels: labels(0) })
    expect(await scratch.refusal('numpy_archive')).toMatchObject({
      got: '"|O" (objects, which could run code)',
      where: join(scratch.folder, 'images.npy'),
    })
    write({ images: npyOf(three).subarray(0, 5000), labels: labels(0, 1, 2) })
    expect((await scratch.refusal('numpy_archive')).got).toBe('4,872 bytes')
    write({ images: Buffer.from('no array'), labels: labels(0, 1, 2) })
    expect((await scratch.refusal('numpy_archive')).got).toBe('other bytes')
    write({ images: three, labels: labels(0, 1) })
    expect(await scratch.refusal('numpy_archive')).toMatchObject({
      message: '"labels" does not fit "images".',
      where: join(scratch.folder, 'labels.npy'),
    })
  })
})

describe('shapes and types', () => {
  const pair = (image: WrittenArray, label = labels(0, 1, 2)): Record<string, WrittenArray> => ({
    x_train: image,
    y_train: label,
    x_test: image,
    y_test: label,
  })

  it.each<[string, WrittenArray]>([
    ['colours last', three],
    ['colours second', images(planes(3), [3, 3, 32, 32])],
    ['flat', images(planes(3), [3, 3072])],
    ['floats from 0 to 255', images(Float32Array.from(rgb(3)), [3, 32, 32, 3], '<f4')],
    [
      'floats from 0 to 1',
      images(
        Float64Array.from(rgb(3), (value) => value / 255),
        [3, 32, 32, 3],
        '<f8',
      ),
    ],
    ['whole numbers', images(Int32Array.from(planes(3)), [3, 3, 32, 32], '<i4')],
  ])('%s', async (name, array) => {
    save(pair(array), true)
    const { train, notes } = await scratch.load('numpy_archive')
    for (const image of [0, 2])
      for (const row of [0, 31]) expect(pixelOf(train.pixels, image, row)).toEqual([image, 100, row])
    expect(notes?.some((note) => note.includes('shares of 255'))).toBe(name === 'floats from 0 to 1')
    expect(notes?.some((note) => note.includes('are flat'))).toBe(name === 'flat')
  })

  it('grey images, and their border', async () => {
    const grey = images(
      Uint8Array.from({ length: 2 * 784 }, (_, at) => (at % 254) + 1),
      [2, 28, 28],
    )
    save(pair(grey, labels(0, 1)))
    const { train, notes } = await scratch.load('numpy_archive', { colour: 'grey' })
    expect([train.channels, train.pixels[2 * 32 + 2], train.pixels[2 * 32 + 1], train.pixels[29 * 32 + 29]]).toEqual([
      1,
      1,
      0,
      (783 % 254) + 1,
    ])
    expect(notes).toContain('The images of 28×28 were put in the middle of black images of 32×32.')
    const coloured = await scratch.load('numpy_archive')
    expect([...coloured.train.pixels.subarray((2 * 32 + 3) * 3, (2 * 32 + 3) * 3 + 3)]).toEqual([2, 2, 2])
    expect(coloured.notes).toContain('Grey images were made RGB.')
  })

  it('larger images are made smaller, RGB ones grey', async () => {
    save(pair(images(new Uint8Array(3 * 64 * 48 * 3).fill(200), [3, 64, 48, 3])))
    const { train, notes } = await scratch.load('numpy_archive', { colour: 'grey' })
    expect([train.pixels[16 * 32 + 16], train.pixels[16 * 32 + 2]]).toEqual([200, 0])
    expect(notes).toContain('The images of 48×64 were brought to 32×32.')
    expect((await scratch.load('numpy_archive', { fit: 'fill' })).train.pixels[16 * 32 * 3]).toBe(200)
  })

  it.each<[string, WrittenArray]>([
    ['a column', { dtype: '|u1', shape: [3, 1], data: Uint8Array.of(0, 1, 2) }],
    ['one-hot', { dtype: '<f4', shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }],
    ['floats', { dtype: '<f8', shape: [3], data: Float64Array.of(0, 1, 2) }],
  ])('labels as %s', async (_case, label) => {
    save(pair(three, label))
    expect([...(await scratch.load('numpy_archive')).train.labels]).toEqual([0, 1, 2])
  })

  it('labels that begin at 1 are told', async () => {
    save(pair(three, labels(1, 2, 3)))
    const { classNames, notes } = await scratch.load('numpy_archive')
    expect(classNames).toHaveLength(4)
    expect(notes).toContain('No training image has the label 0: the labels may begin at 1.')
  })

  it('Fortran order', () => {
    // Element (i, j, k) of (2, 3, 4) lies at i + 2 (j + 3 k); here it is 100 i + 10 j + k.
    const data = Uint8Array.from(
      { length: 24 },
      (_, at) => 100 * (at % 2) + 10 * (Math.floor(at / 2) % 3) + Math.floor(at / 6),
    )
    const { data: sorted } = parseNpy(npyOf(images(data, [2, 3, 4]), true), 'a.npy', 'a.npy')
    expect([...sorted.slice(0, 5), ...sorted.slice(12, 14)]).toEqual([0, 1, 2, 3, 10, 100, 101])
  })
})

describe('recognition', () => {
  it('takes size and colour from the header', async () => {
    const path = save({ x_train: three, y_train: labels(0, 1, 2), x_test: three, y_test: labels(0, 1, 2) }, true)
    const expected = { id: 'numpy_archive', params: { folder: path, size: 32, colour: 'rgb' } }
    expect(await recognizeDataset(datasets, path)).toEqual(expected)
    expect((await recognizeDataset(datasets, scratch.folder)).params).toEqual({
      ...expected.params,
      folder: scratch.folder,
    })
    save({ images: images(new Uint8Array(2 * 784), [2, 28, 28]), labels: labels(0, 1) })
    expect((await recognizeDataset(datasets, path)).params).toMatchObject({ size: 32, colour: 'grey' })
    save({ images: images(new Uint8Array(2 * 64 * 64), [2, 1, 64, 64]), labels: labels(0, 1) })
    expect((await recognizeDataset(datasets, path)).params).toMatchObject({ size: 64, colour: 'grey' })
  })

  it('finds it in another archive', async () => {
    const inner = npzOf({ x_train: three, y_train: labels(0, 1, 2), x_test: three, y_test: labels(0, 1, 2) })
    const path = scratch.write('packed.zip', zipOf([{ name: 'sets/cifar.npz', bytes: inner }]))
    expect(await recognizeDataset(datasets, path)).toEqual({ id: 'numpy_archive', params: { folder: path } })
    expect((await scratch.load('numpy_archive', { folder: path })).train.count).toBe(3)
  })

  it('refuses names that tell nothing, and says them', async () => {
    const path = save({ weights: three, bias: labels(1) })
    const error = await recognizeDataset(datasets, path).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      message: '"data.npz" does not tell images and labels by its names.',
      got: '"bias", "weights"',
    })
  })
})

describe('refused', () => {
  const refusal = async (arrays: Record<string, WrittenArray | Buffer>) => {
    save(arrays)
    return scratch.refusal('numpy_archive')
  }

  it('objects, which are pickles', async () => {
    const error = await refusal({
      images: npyOf({ dtype: '|O', shape: [1], data: Buffer.from('cos\nsystem\n.') }),
      labels: labels(0),
    })
    expect(error.got).toBe('"|O" (objects, which could run code)')
  })

  it('another number of labels, several labels an image, labels below 0 and text', async () => {
    expect((await refusal({ images: three, labels: labels(0, 1) })).message).toBe('"labels" does not fit "images".')
    const several = { dtype: '|u1', shape: [3, 2], data: Uint8Array.of(1, 1, 0, 1, 1, 0) }
    expect((await refusal({ images: three, labels: several })).wanted).toBe('a single 1 in each row')
    expect((await refusal({ images: three, labels: labels(0, -1, 1) })).got).toBe('-1 for image 2')
    const text = npyOf({ dtype: '<U3', shape: [3], data: Buffer.alloc(36) })
    expect((await refusal({ images: three, labels: text })).got).toBe('"<U3"')
  })

  it('normalised pixels, other shapes, one class', async () => {
    const normalised = images(
      Float32Array.from(rgb(3), (value) => value / 128 - 1),
      [3, 32, 32, 3],
      '<f4',
    )
    expect((await refusal({ images: normalised, labels: labels(0, 1, 2) })).wanted).toBe(
      'values from 0 to 255, or from 0 to 1',
    )
    expect((await refusal({ images: images(new Uint8Array(24), [3, 8]), labels: labels(0, 1, 2) })).got).toBe(
      'shape (3, 8)',
    )
    expect((await refusal({ images: three, labels: labels(0, 1, 2) })).message).toBe(
      'There are too few images to hold out a test set.',
    )
    expect((await refusal({ images: three, labels: labels(0, 0, 0) })).message).toBe('The labels do not make classes.')
  })

  it('sizes that lie, and files that are none', async () => {
    const short = npyOf(three).subarray(0, 5000)
    expect((await refusal({ images: short, labels: labels(0, 1, 2) })).got).toBe('4,872 bytes')
    scratch.write('data.npz', 'PK nothing')
    expect((await scratch.refusal('numpy_archive')).message).toBe('"data.npz" is no whole NumPy archive.')
    const bomb = { name: 'images.npy', bytes: npyOf(three).subarray(0, 400), uncompressed: 3_000_000_000, method: 8 }
    scratch.write('data.npz', zipOf([bomb, { name: 'labels.npy', bytes: npyOf(labels(0, 1, 2)) }]))
    expect((await scratch.refusal('numpy_archive')).message).toBe('"data.npz" holds more than fits into memory.')
    expect(join(scratch.folder, 'data.npz')).toBe((await scratch.refusal('numpy_archive')).where)
  })

  it('several archives side by side', async () => {
    save({ images: three, labels: labels(0, 1, 2) })
    scratch.write('other.npz', npzOf({ images: three, labels: labels(0, 1, 2) }))
    expect((await scratch.refusal('numpy_archive')).message).toBe('Several files of NumPy arrays lie there.')
  })
})
