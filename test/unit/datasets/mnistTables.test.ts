/** MNIST as tables: the downloads of Kaggle, OpenML and others, and what may be wrong with them. */
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

const pixelAt = (image: number, place: number): number => (image * 7 + place) % 256
const pixels = (image: number): number[] => Array.from({ length: 784 }, (_, place) => pixelAt(image, place))
const names = Array.from({ length: 784 }, (_, place) => `pixel${place}`)
/** A row a label, the label first. */
const rows = (labels: readonly number[]): string[] => labels.map((label, image) => [label, ...pixels(image)].join(','))
const table = (labels: readonly number[]): string => [['label', ...names].join(','), ...rows(labels), ''].join('\n')
const unlabelled = (count: number): string =>
  [names.join(','), ...Array.from({ length: count }, (_, image) => pixels(image).join(','))].join('\n')
const tens = (count: number): number[] => Array.from({ length: count * 10 }, (_, index) => index % 10)

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())
const idOf = async (path = scratch.folder): Promise<string> => (await recognizeDataset(datasets, path)).id

describe('MNIST as tables', () => {
  it('is recognised and read, padded or as it is, with names above the columns or without', async () => {
    scratch.write('mnist_train.csv', table([5, 0, 4]))
    scratch.write('mnist_test.csv', `${rows([7, 2]).join('\r\n')}\r\n`)
    expect(await idOf()).toBe('mnist')
    const { train, test, notes } = await scratch.load('mnist', { size: '28' })
    expect([[...train.labels], [...test.labels]]).toEqual([
      [5, 0, 4],
      [7, 2],
    ])
    expect([...train.pixels.subarray(784, 2 * 784)]).toEqual(pixels(1))
    expect([...test.pixels.subarray(784)]).toEqual(pixels(1))
    expect(notes?.[0]).toContain('3 + 2 images instead of 60,000 + 10,000')
    const padded = (await scratch.load('mnist')).train
    expect([padded.height, padded.pixels[1024 + 2 * 32 + 2]]).toEqual([32, pixelAt(1, 0)])
  })

  it('has the label where the column says so, quoted or not, after a byte order mark', async () => {
    const last = rows([5, 0]).map((row) => [...row.split(',').slice(1), row.split(',')[0]].join(','))
    const head = [...names, 'class'].map((name) => `"${name}"`).join(',')
    scratch.write('mnist_train.csv', `\ufeff${[head, ...last].join('\n')}`)
    scratch.write('mnist_test.csv', table([1]).replace('\n1,', '\n"1", ').replace(',1,2,', ',1.0,2,'))
    const { train } = await scratch.load('mnist', { size: '28' })
    expect([...train.labels]).toEqual([5, 0])
    expect([...train.pixels.subarray(0, 784)]).toEqual(pixels(0))
  })

  it('is Kaggle’s competition by its folder’s name, a seventh held out for want of test labels', async () => {
    scratch.write('digit-recognizer/train.csv', table(tens(7)))
    scratch.write('digit-recognizer/test.csv', unlabelled(3))
    expect(await idOf()).toBe('mnist')
    const { train, test, notes } = await scratch.load('mnist', { size: '28' })
    expect([train.count, test.count]).toEqual([60, 10])
    expect([...test.labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(notes?.at(-1)).toContain('10 of the training images, a seventh of each class')
    const again = await scratch.load('mnist', { size: '28' })
    expect([...again.test.labels]).toEqual([...test.labels])
  })

  it('is not told by common names alone, but read where it is chosen', async () => {
    scratch.write('train.csv', table([1, 2]))
    scratch.write('test.csv', table([3]))
    await expect(recognizeDataset(datasets, scratch.folder)).rejects.toThrow()
    expect((await scratch.load('mnist')).test.count).toBe(1)
  })

  it('is Fashion-MNIST by its names; official files beside the tables are read in their place', async () => {
    scratch.write('archive/fashion-mnist_train.csv', table([9, 0]))
    scratch.write('archive/fashion-mnist_test.csv', table([3]))
    expect(await idOf()).toBe('fashion_mnist')
    expect((await scratch.load('fashion_mnist')).train.count).toBe(2)
    const idx = (shape: number[]): Buffer => {
      const header = Buffer.alloc(4 + 4 * shape.length)
      header.writeUInt32BE(0x800 + shape.length, 0)
      shape.forEach((length, index) => header.writeUInt32BE(length, 4 + 4 * index))
      return gzipSync(Buffer.concat([header, Buffer.alloc(shape.reduce((product, extent) => product * extent, 1))]))
    }
    for (const [stem, count] of [
      ['train', 4],
      ['t10k', 1],
    ] as const) {
      scratch.write(`archive/${stem}-images-idx3-ubyte.gz`, idx([count, 28, 28]))
      scratch.write(`archive/${stem}-labels-idx1-ubyte.gz`, idx([count]))
    }
    expect((await scratch.load('fashion_mnist')).train.count).toBe(4)
  })
})

describe('a table of MNIST is refused', () => {
  it('with the line of a fault that lies far behind', async () => {
    // Beyond the first piece that is parsed at once.
    const lines = table(tens(100)).split('\n')
    lines[900] = '1,2,3'
    scratch.write('mnist_train.csv', lines.join('\n'))
    scratch.write('mnist_test.csv', table([1]))
    expect((await scratch.refusal('mnist')).where).toBe(`${scratch.folder}: mnist_train.csv, line 901`)
  })

  const refusalOf = async (train: string): Promise<string> => {
    scratch.write('mnist_train.csv', train)
    scratch.write('mnist_test.csv', table([1]))
    const { message, wanted, got, where } = await scratch.refusal('mnist')
    return [message, wanted, got, where?.replace(scratch.folder, '')].join(' | ')
  }
  it.each([
    ['without its other half', null, 'MNIST lacks mnist_test.csv.'],
    ['with a pixel beyond 255', table([1]).replace('0,1,2', '0,256,2'), '256 in column 3 | : mnist_train.csv, line 2'],
    ['with a label beyond 9', table([1, 12]), 'a label from 0 to 9 | 12 in column 1 | : mnist_train.csv, line 3'],
    ['with a part of a number', table([1]).replace('0,1,2', '0,1.5,2'), '1.5 in column 3'],
    ['with an empty value', table([1]).replace('0,1,2', '0,,2'), 'nothing in column 3'],
    ['with a row cut short', table([1, 2]).slice(0, -100), 'has a row of another length. | 785 values | 7'],
    ['with a row too long', table([1]).replace('0,1,2', '0,1,2,2'), '785 values | 786'],
    ['of other images', 'label,a,b\n1,2,3', 'is no table of images of 28×28.'],
    ['without any image', table([]), 'has no images.'],
    ['with a word', table([1]).replace('0,1,2', '0,one,2'), '3 characters that are no such number in column 3'],
    ['of nothing', '', 'has no images.'],
    ['with no labels', unlabelled(2), 'mnist_train.csv has no labels.'],
    ['that is another kind of file', gzipSync(table([1])).toString('latin1'), 'is no table of images of 28×28.'],
  ])('%s', async (_what, train, told) => {
    if (train !== null) expect(await refusalOf(train)).toContain(told)
    else {
      scratch.write('mnist_train.csv', table([1]))
      expect((await scratch.refusal('mnist')).message).toBe(told)
    }
  })
})
