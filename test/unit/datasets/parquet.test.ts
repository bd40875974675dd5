import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { zipOf } from '../importers/craft/zip'
import { createScratch, type Scratch } from './support'

const fixture = (split: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../fixtures/datasets', `tiny-${split}.parquet`))
const id = 'parquet_files'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

const writePair = (train = 'plain_text/train-00000-of-00001.parquet', test = train.replace('train', 'test')): void => {
  scratch.write(train, fixture('train'))
  scratch.write(test, fixture('test'))
}

describe('Parquet files as the hub has them', () => {
  it('rows of all row groups in order, class names and the column of labels', async () => {
    writePair()
    const { train, test, classNames, notes } = await scratch.load(id, { size: 8 })
    expect([[...train.labels], [...test.labels], classNames]).toEqual([
      [0, 1, 2, 0, 1, 2],
      [0, 1],
      ['apple', 'bear', 'cloud'],
    ])
    for (const [set, place, red] of [
      [train, 5, 5],
      [test, 1, 7],
    ] as const)
      expect([...set.pixels.subarray((place * 64 + 3 * 8 + 2) * 3, (place * 64 + 3 * 8 + 2) * 3 + 3)]).toEqual([
        red,
        100,
        3,
      ])
    expect(notes).toContain('The classes are those of the column "fine_label"; there are "coarse_label" too.')
    const coarse = await scratch.load(id, { size: 8, labelColumn: 'coarse_label' })
    expect([[...coarse.train.labels], coarse.classNames]).toEqual([
      [0, 1, 0, 0, 1, 0],
      ['thing', 'animal'],
    ])
  })

  it.each([
    ['data/train-00000-of-00001.parquet', 'data/test-00000-of-00001.parquet'],
    ['tiny-train.parquet', 'tiny-test.parquet'],
    ['plain_text/train/0000.parquet', 'plain_text/test/0000.parquet'],
    ['train-00000-of-00001.parquet', 'validation-00000-of-00001.parquet'],
  ])('%s and %s', async (train, test) => {
    writePair(train, test)
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe(id)
    const loaded = await scratch.load(id, { size: 8 })
    expect([loaded.train.count, loaded.test.count]).toEqual([6, 2])
  })

  it('several files of a split, one after the other, and from the cache', async () => {
    scratch.write('data/train-00000-of-00002.parquet', fixture('train'))
    scratch.write('data/train-00001-of-00002.parquet', fixture('test'))
    scratch.write('data/test-00000-of-00001.parquet', fixture('test'))
    const first = await scratch.load(id, { size: 8 })
    expect([...first.train.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1])
    expect(await scratch.load(id, { size: 8 })).toEqual(first)
  })

  it('a single file, a share of which becomes the test set', async () => {
    const path = scratch.write('all.parquet', fixture('train'))
    expect(await recognizeDataset(datasets, path)).toEqual({ id, params: { folder: path, size: 32, colour: 'rgb' } })
    const { train, test, notes } = await scratch.load(id, { folder: path, size: 8 })
    expect([train.count, test.count]).toEqual([3, 3])
    expect(notes?.join(' ')).toContain('There is no test set')
  })

  it('inside an archive', async () => {
    const path = scratch.write(
      'cifar100.zip',
      zipOf([
        { name: 'cifar100/train-00000-of-00001.parquet', bytes: fixture('train') },
        { name: 'cifar100/test-00000-of-00001.parquet', bytes: fixture('test') },
      ]),
    )
    expect((await recognizeDataset(datasets, path)).id).toBe(id)
    expect((await scratch.load(id, { folder: path, size: 8 })).test.count).toBe(2)
  })
})

describe('Parquet files are refused', () => {
  it('when they are cut short, of Git LFS, or damaged inside', async () => {
    writePair()
    const whole = fixture('train')
    scratch.write('plain_text/train-00000-of-00001.parquet', whole.subarray(0, -20))
    expect((await scratch.refusal(id)).message).toBe('"train-00000-of-00001.parquet" cannot be read as a Parquet file.')
    scratch.write('plain_text/train-00000-of-00001.parquet', 'version https://git-lfs.github.com/spec/v1\noid x\n')
    expect((await scratch.refusal(id)).action).toContain('Git LFS')
    scratch.write(
      'plain_text/train-00000-of-00001.parquet',
      Buffer.concat([whole.subarray(0, 4), Buffer.alloc(400, 255), whole.subarray(404)]),
    )
    expect((await scratch.refusal(id)).where).toContain('train-00000-of-00001.parquet')
    const error = await recognizeDataset(datasets, scratch.folder).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: '"train-00000-of-00001.parquet" cannot be read as a Parquet file.' })
  })

  it('without the column that was asked for, and without training files', async () => {
    writePair()
    expect((await scratch.refusal(id, { labelColumn: 'kind' })).got).toBe('"img", "fine_label", "coarse_label"')
    const other = createScratch()
    other.write('test-00000-of-00001.parquet', fixture('test'))
    expect((await other.refusal(id)).message).toBe('There are no training images.')
    other.remove()
  })
})
