import { expect, it } from 'vitest'
import { classesOf } from '../../../src/main/engine/families/analyses/classes'

const labels = Int32Array.from([0, 0, 1, 1, 1])
const clean = Int32Array.from([0, 2, 1, 1, -1])

it('counts each image under its true and its predicted class; one without a class is wrong and stands in no column', () => {
  expect(classesOf(3, { labels, clean, triggered: null })).toEqual({
    images: [2, 3, 0],
    confusion: [
      [1, 0, 1],
      [0, 2, 0],
      [0, 0, 0],
    ],
    accuracy: [1 / 2, 2 / 3, 0],
  })
})

it('counts the triggered images in the same way', () => {
  expect(classesOf(3, { labels, clean, triggered: Int32Array.from([0, 0, 0, 0, 1]) }).triggered).toEqual([
    [2, 0, 0],
    [2, 1, 0],
    [0, 0, 0],
  ])
})
