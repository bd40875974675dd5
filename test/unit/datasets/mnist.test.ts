import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

function idx(shape: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.writeUInt32BE(0x800 + shape.length, 0)
  shape.forEach((length, index) => header.writeUInt32BE(length, 4 + 4 * index))
  return Buffer.concat([header, data])
}
const images = (count: number): Buffer =>
  idx(
    [count, 28, 28],
    Uint8Array.from({ length: count * 784 }, (_, index) => 1 + (index % 255)),
  )
const labels = (count: number): Buffer =>
  idx(
    [count],
    Uint8Array.from({ length: count }, (_, index) => index % 10),
  )

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
  scratch.write('train-images-idx3-ubyte.gz', gzipSync(images(12)))
  scratch.write('train-labels-idx1-ubyte.gz', gzipSync(labels(12)))
  scratch.write('t10k-images-idx3-ubyte', images(4))
  scratch.write('t10k-labels.idx1-ubyte', labels(4))
})
afterEach(() => scratch.remove())

describe.each(['mnist', 'fashion_mnist'])('%s', (id) => {
  it('reads plain and gzipped files, padded or as they are', async () => {
    const padded = await scratch.load(id)
    expect([padded.train.count, padded.test.count, padded.train.height, padded.train.channels]).toEqual([12, 4, 32, 1])
    expect([...padded.train.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    const plain = await scratch.load(id, { size: '28' })
    expect(plain.train.width).toBe(28)
    const at = (row: number, column: number): [number | undefined, number | undefined] => [
      padded.train.pixels[1024 * 3 + (row + 2) * 32 + column + 2],
      plain.train.pixels[784 * 3 + row * 28 + column],
    ]
    for (const [row, column] of [
      [0, 0],
      [27, 27],
      [13, 5],
    ] as const)
      expect(at(row, column)[0]).toBe(at(row, column)[1])
    expect([...padded.train.pixels.subarray(0, 66)].every((value) => value === 0)).toBe(true)
    expect(padded.notes?.[0]).toContain('instead of 60,000 + 10,000')
  })

  it('finds the files in a folder "raw"', async () => {
    const other = createScratch()
    for (const [name, bytes] of [
      ['train-images-idx3-ubyte', images(1)],
      ['train-labels-idx1-ubyte', labels(1)],
      ['t10k-images-idx3-ubyte', images(1)],
      ['t10k-labels-idx1-ubyte', labels(1)],
    ] as const)
      other.write(`raw/${name}`, bytes)
    expect((await other.load(id)).train.count).toBe(1)
    other.remove()
  })
})

describe('MNIST refuses', () => {
  it('a missing file', async () => {
    const other = createScratch()
    other.write('train-images-idx3-ubyte', images(1))
    const error = await other.refusal('mnist')
    expect([error.message, error.got]).toEqual(['MNIST lacks train-labels-idx1-ubyte.', '"train-images-idx3-ubyte"'])
    other.remove()
  })

  it('labels in place of images', async () => {
    scratch.write('t10k-images-idx3-ubyte', labels(4))
    const error = await scratch.refusal('mnist')
    expect([error.message, error.wanted]).toEqual([
      't10k-images-idx3-ubyte is no IDX file of images.',
      'first bytes 00 00 08 03',
    ])
    expect(error.got).toContain('first bytes 00 00 08 01')
  })

  it('a file cut short, and a damaged gzip', async () => {
    scratch.write('t10k-images-idx3-ubyte', images(4).subarray(0, 16 + 3 * 784 + 5))
    const error = await scratch.refusal('mnist')
    expect([error.message, error.wanted, error.got]).toEqual([
      't10k-images-idx3-ubyte has another size than its header says.',
      '3,136 bytes for 4 × 28 × 28',
      '2,357 bytes to the end',
    ])
    scratch.write('train-labels-idx1-ubyte.gz', gzipSync(labels(12)).subarray(0, 20))
    expect((await scratch.refusal('mnist')).message).toBe('train-labels-idx1-ubyte.gz cannot be unpacked.')
  })

  it('another number of labels, a label beyond 9, another image size', async () => {
    scratch.write('t10k-labels.idx1-ubyte', labels(5))
    expect((await scratch.refusal('mnist')).message).toBe('t10k-labels.idx1-ubyte does not fit t10k-images-idx3-ubyte.')
    scratch.write('t10k-labels.idx1-ubyte', idx([4], Uint8Array.of(0, 1, 10, 3)))
    const error = await scratch.refusal('mnist')
    expect([error.message, error.got, error.where]).toEqual([
      'Label 3 of t10k-labels.idx1-ubyte does not exist.',
      '10',
      `${scratch.folder}: t10k-labels.idx1-ubyte, byte 10`,
    ])
    scratch.write('t10k-images-idx3-ubyte', idx([4, 20, 20], new Uint8Array(1600)))
    expect((await scratch.refusal('mnist')).got).toBe('20 × 20')
  })

  it('is told from Fashion-MNIST by the path alone', async () => {
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('mnist')
  })
})

describe('MNIST as people have it', () => {
  const stems = [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ]
  const bytesOf = (name: string): Buffer => (name.includes('images') ? images(3) : labels(3))
  let other: Scratch
  beforeEach(() => {
    other = createScratch()
  })
  afterEach(() => other.remove())

  it('files beside folders of nearly their names, as Kaggle’s archive unpacks', async () => {
    for (const name of stems) {
      other.write(`archive/${name.replace('-idx', '.idx')}`, bytesOf(name))
      other.write(`archive/${name}/${name}`, 'not the file that is read')
    }
    expect(await recognizeDataset(datasets, other.folder)).toEqual({ id: 'mnist', params: { folder: other.folder } })
    expect((await other.load('mnist')).train.count).toBe(3)
  })

  it('each file in a folder of its own name', async () => {
    for (const name of stems) other.write(`${name}/${name}`, bytesOf(name))
    expect((await recognizeDataset(datasets, other.folder)).id).toBe('mnist')
    expect((await other.load('mnist')).test.count).toBe(3)
  })

  it('torchvision’s folder, with Fashion-MNIST beside it or alone', async () => {
    for (const name of stems) other.write(`FashionMNIST/raw/${name}`, name.includes('images') ? images(2) : labels(2))
    expect((await recognizeDataset(datasets, other.folder)).id).toBe('fashion_mnist')
    for (const name of stems) other.write(`MNIST/raw/${name}`, bytesOf(name))
    expect((await recognizeDataset(datasets, other.folder)).id).toBe('mnist')
    expect((await other.load('mnist')).train.count).toBe(3)
    expect((await other.load('fashion_mnist')).train.count).toBe(2)
    other.write('fmnist/train-images-idx3-ubyte', images(1))
    expect((await recognizeDataset(datasets, `${other.folder}/FashionMNIST`)).id).toBe('fashion_mnist')
  })

  it('says where the labels are those of the set that shares its file names', async () => {
    for (const name of stems)
      other.write(name, name.includes('images') ? images(10) : idx([10], Uint8Array.of(9, 0, 0, 3, 0, 2, 7, 2, 5, 5)))
    expect((await other.load('mnist')).notes?.[1]).toBe(
      'The labels begin as those of Fashion-MNIST, whose files have the same names: choose Fashion-MNIST if it is meant.',
    )
    expect((await other.load('fashion_mnist')).notes).toHaveLength(1)
  })
})
