import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createScratch, type Scratch } from './support'

const recordBytes = 3074
function records(count: number): Buffer {
  const bytes = Buffer.alloc(count * recordBytes)
  for (let record = 0; record < count; record++) {
    bytes[record * recordBytes] = record % 20
    bytes[record * recordBytes + 1] = record % 100
    bytes[record * recordBytes + 2] = 50 + record
  }
  return bytes
}

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
  scratch.write('train.bin', records(25))
  scratch.write('test.bin', records(3))
  scratch.write('fine_label_names.txt', Array.from({ length: 100 }, (_, index) => `fine${index}`).join('\n'))
  scratch.write('coarse_label_names.txt', Array.from({ length: 20 }, (_, index) => `group${index}`).join('\n'))
})
afterEach(() => scratch.remove())

describe('CIFAR-100, binary version', () => {
  it('reads fine or coarse labels', async () => {
    const fine = await scratch.load('cifar100')
    expect([
      fine.train.count,
      fine.test.count,
      fine.classNames.length,
      fine.train.labels[24],
      fine.classNames[24],
      fine.train.pixels[24 * 3072],
    ]).toEqual([25, 3, 100, 24, 'fine24', 74])
    const coarse = await scratch.load('cifar100', { labels: 'coarse' })
    expect([coarse.classNames.length, coarse.train.labels[24], coarse.classNames[4]]).toEqual([20, 4, 'group4'])
  })

  it('refuses CIFAR-10 records, a coarse label that does not exist, and a missing file', async () => {
    scratch.write('test.bin', Buffer.alloc(3073 * 2))
    expect((await scratch.refusal('cifar100')).wanted).toBe(
      'a multiple of 3,074 bytes (2 of label, 3,072 of pixels), at least one record',
    )
    const wrong = records(3)
    wrong[recordBytes] = 20
    scratch.write('test.bin', wrong)
    expect((await scratch.refusal('cifar100', { labels: 'coarse' })).got).toBe('20')
    const error = await scratch.refusal('cifar100')
    expect([error.message, error.got, error.where]).toEqual([
      'Record 2 of test.bin has a label that does not exist.',
      '20',
      `${scratch.folder}: test.bin, byte 3,074`,
    ])
    const empty = createScratch()
    empty.write('train.bin', records(1))
    expect((await empty.refusal('cifar100')).message).toBe('CIFAR-100 lacks test.bin.')
    empty.remove()
  })
})
