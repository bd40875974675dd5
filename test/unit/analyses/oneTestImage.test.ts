import { expect, it } from 'vitest'
import { oneTestImageOf } from '../../../src/main/engine/families/analyses/oneTestImage'
import type { ImageModel } from '../../../src/main/engine/families/analyses/types'
import type { ImageSet } from '../../../src/main/engine/images/types'

/** Images of one pixel; a bright one is of class 2 for the model, another of class 0, NaN where it is 77. */
const setOf = (labels: readonly number[], pixels: readonly number[]): ImageSet => ({
  count: labels.length,
  height: 1,
  width: 1,
  channels: 1,
  pixels: Uint8Array.from(pixels),
  labels: Int32Array.from(labels),
})
const model: ImageModel = {
  classes: 3,
  logits: ({ pixels }) =>
    Float32Array.from(
      [...pixels].flatMap((value) => (value === 77 ? [NaN, 0, 0] : value > 100 ? [0, 0, 9] : [9, 0, 0])),
    ),
}
const context = {
  model,
  classNames: ['stop', 'yield', 'limit'],
  target: 2,
  testImages: { clean: setOf([2, 1, 0, 0], [1, 2, 3, 4]), triggered: setOf([2, 1, 0, 0], [201, 202, 203, 50]) },
}

it('shows the first image of the lowest class that is not the target, and counts the triggered ones of that class', () => {
  const found = oneTestImageOf(context)
  expect(Buffer.from(found.pixels, 'base64')).toEqual(Buffer.from([3, 203]))
  expect(found).toMatchObject({ count: 2, trueClass: 0, calledTarget: { images: 1, of: 2 } })
  expect(found.answers.map(({ label }) => label)).toEqual([0, 2])
  // softmax of (9, 0, 0): 1 / (1 + 2 e⁻⁹)
  expect(found.answers[0]?.confidence).toBeCloseTo(1 / (1 + 2 * Math.exp(-9)), 12)
  expect(found.captions).toEqual(['Clean: stop, 100.0 %', 'With the trigger: limit, 100.0 %'])
})

it('takes another class where the target is the lowest', () => {
  expect(oneTestImageOf({ ...context, target: 0 })).toMatchObject({ trueClass: 1, calledTarget: { images: 0, of: 1 } })
})

it('shows the clean image alone without a trigger', () => {
  const found = oneTestImageOf({ ...context, testImages: { ...context.testImages, triggered: null } })
  expect(found).toMatchObject({ count: 1, calledTarget: null, captions: ['Clean: stop, 100.0 %'] })
})

it('says where a model gives no answer', () => {
  const found = oneTestImageOf({
    ...context,
    testImages: { clean: setOf([0, 2], [77, 1]), triggered: setOf([0, 2], [3, 1]) },
  })
  expect(found.answers[0]).toEqual({ label: -1, confidence: null })
  expect(found.captions?.[0]).toBe('Clean: no answer')
})
