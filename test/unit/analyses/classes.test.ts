import { expect, it } from 'vitest'
import { confusionOf } from '../../../src/main/engine/families/analyses/classes'

it('counts each image under its true and its predicted class; one without a class is wrong and stands in no column', () => {
  const labels = Int32Array.from([0, 0, 1, 1, 1])
  expect(confusionOf(3, labels, Int32Array.from([0, 2, 1, 1, -1]))).toEqual({
    images: [2, 3, 0],
    confusion: [
      [1, 0, 1],
      [0, 2, 0],
      [0, 0, 0],
    ],
    accuracy: [1 / 2, 2 / 3, 0],
  })
})
