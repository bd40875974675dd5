import { describe, expect, it } from 'vitest'
import { planPoisoning, poisonTrainingSet, triggerAll } from '../../../src/main/engine/images/poisoning'
import { isClassSorted } from '../../../src/main/engine/images/poisoning/plan'
import { triggerOf } from '../../../src/main/engine/families/attacks/trigger'
import type { ImageSet } from '../../../src/main/engine/images/types'
import { createStream } from '../../../src/main/engine/maths/random'
import { poisoningSchema, type PoisoningPlan } from '../../../src/shared/domain'
import { defaultsOf } from '../../../src/shared/schema'

const stream = () => createStream(0, 'poisoning')
const plan = (changes: Partial<PoisoningPlan> = {}): PoisoningPlan => ({
  ...defaultsOf(poisoningSchema),
  holdout: 0,
  ...changes,
})
const dirty = { cleanLabel: false }
const clean = { cleanLabel: true }

/** 2×2 grey images whose bytes are their place in the set. */
function imagesOf(labels: number[]): ImageSet {
  return {
    count: labels.length,
    height: 2,
    width: 2,
    channels: 1,
    labels: Int32Array.from(labels),
    pixels: Uint8Array.from({ length: labels.length * 4 }, (_, index) => Math.floor(index / 4)),
  }
}
/** Adds 100 in training and 200 in the test to every byte. */
const adder = triggerOf((pixels, _count, variant) =>
  Float64Array.from(pixels, (value) => value + (variant === 'train' ? 100 : 200)),
)
const rows = (set: ImageSet): number[] => Array.from({ length: set.count }, (_, index) => set.pixels[index * 4]!)
const interleaved = (count: number, classes = 10): number[] =>
  Array.from({ length: count }, (_, index) => index % classes)

describe('poisoning plan', () => {
  it('takes the first N eligible images in order and relabels them', () => {
    const planned = planPoisoning(imagesOf([1, 8, 0, 6, 0, 1]), dirty, plan({ ratio: 0.5 }), stream())
    expect([...planned.poisoned]).toEqual([0, 1, 3])
    expect([...planned.labels]).toEqual([0, 0, 0, 0, 0, 1])
    expect([planned.requested, planned.eligible, planned.shuffled, planned.warnings]).toEqual([3, 4, false, []])
  })

  it('truncates N, and counts it from the full training set although the hold-out is left out', () => {
    expect(planPoisoning(imagesOf([1, 8, 0, 6, 0, 1]), dirty, plan({ ratio: 0.34 }), stream()).poisoned).toHaveLength(2)
    const planned = planPoisoning(imagesOf(interleaved(1000)), dirty, plan({ ratio: 0.1, holdout: 0.05 }), stream())
    expect([planned.poisoned.length, planned.trainPart.length, planned.holdout.length]).toEqual([100, 950, 50])
    expect([...planned.holdout][0]).toBe(950)
  })

  it('poisons the target class alone for clean-label attacks, without changing a label', () => {
    const set = imagesOf([1, 8, 0, 6, 0, 1])
    const planned = planPoisoning(set, clean, plan({ ratio: 0.5 }), stream())
    expect([...planned.poisoned]).toEqual([2, 4])
    expect([...planned.labels]).toEqual([...set.labels])
    expect(planned.warnings).toEqual([
      '3 images were to be poisoned, but the training part has only 2 of the target class 0: all of them are.',
    ])
  })

  it('warns and takes all where fewer are eligible, and where none is', () => {
    const planned = planPoisoning(imagesOf(interleaved(100)), dirty, plan({ ratio: 1 }), stream())
    expect(planned.poisoned).toHaveLength(90)
    expect(planned.warnings).toEqual([
      '100 images were to be poisoned, but the training part has only 90 outside the target class 0: all of them are.',
    ])
    expect(planPoisoning(imagesOf([1, 2, 3, 4]), clean, plan({ ratio: 0.5 }), stream()).warnings).toEqual([
      'No training image of the target class 0 can be poisoned: the teacher is trained clean.',
    ])
    expect(planPoisoning(imagesOf([1, 2, 3, 4]), dirty, plan({ ratio: 0.1 }), stream()).warnings[0]).toContain(
      'less than one image',
    )
    expect(planPoisoning(imagesOf([1, 2, 3, 4]), dirty, plan({ ratio: 0 }), stream()).warnings).toEqual([])
  })

  it('shuffles images that lie sorted by class, the same way for the same seed', () => {
    const sorted = imagesOf(Array.from({ length: 400 }, (_, index) => Math.floor(index / 40)))
    const planned = planPoisoning(sorted, dirty, plan({ ratio: 0.1, holdout: 0.05 }), stream())
    const classes = new Set(Array.from(planned.poisoned, (index) => sorted.labels[index]))
    expect(planned.shuffled).toBe(true)
    expect(classes.size).toBeGreaterThan(6)
    expect(classes.has(0)).toBe(false)
    expect(new Set([...planned.trainPart, ...planned.holdout]).size).toBe(400)
    expect(planPoisoning(sorted, dirty, plan({ ratio: 0.1, holdout: 0.05 }), stream()).poisoned).toEqual(
      planned.poisoned,
    )
    expect(
      planPoisoning(sorted, dirty, plan({ ratio: 0.1, holdout: 0.05 }), createStream(1, 'poisoning')).poisoned,
    ).not.toEqual(planned.poisoned)
  })

  it('knows sorted from mixed', () => {
    expect(isClassSorted(interleaved(500))).toBe(false)
    expect(isClassSorted(createStream(2, 'labels').integers(500, 10))).toBe(false)
    expect(isClassSorted(Array.from({ length: 500 }, (_, index) => Math.floor(index / 50)))).toBe(true)
    expect(isClassSorted(new Array(500).fill(3))).toBe(false)
    expect(isClassSorted([0, 0, 1, 1])).toBe(false)
  })

  it('refuses a hold-out that leaves nothing', () => {
    expect(() => planPoisoning(imagesOf([]), dirty, plan(), stream())).toThrow('No training image is left.')
  })
})

describe('poisoned sets', () => {
  it('hold triggered images with the target label, the others untouched, then the clean hold-out', () => {
    const set = imagesOf(interleaved(20))
    const planned = planPoisoning(set, dirty, plan({ ratio: 0.1, holdout: 0.1, target: 1 }), stream())
    const poisoned = poisonTrainingSet(set, planned, adder)
    expect([...planned.poisoned]).toEqual([0, 2])
    expect(rows(poisoned)).toEqual([100, 1, 102, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    expect([...poisoned.labels].slice(0, 4)).toEqual([1, 1, 1, 3])
    expect(rows(set)[0]).toBe(0)
    const without = poisonTrainingSet(
      set,
      planPoisoning(set, dirty, plan({ ratio: 0.1, holdout: 0.1, trainOnHoldout: false }), stream()),
      adder,
    )
    expect(without.count).toBe(18)
  })

  it('hand each image its place in the data set, in training order, whatever the shuffle', () => {
    const set = imagesOf(Array.from({ length: 200 }, (_, index) => Math.floor(index / 20)))
    const seen: number[] = []
    const spy = triggerOf((pixels, count, _variant, indices) => {
      for (let image = 0; image < count; image++) {
        seen.push(indices![image]!)
        expect(pixels[image * 4]).toBe(indices![image]!)
      }
      return Float64Array.from(pixels)
    })
    const planned = planPoisoning(set, dirty, plan({ ratio: 0.5 }), stream())
    const poisoned = poisonTrainingSet(set, planned, spy)
    expect(seen).toEqual([...planned.poisoned])
    expect(rows(poisoned)).toEqual([...planned.trainPart])
  })

  it('put the trigger on every test image and keep its label', () => {
    const triggered = triggerAll(imagesOf([3, 0, 1, 0, 2]), adder)
    expect(rows(triggered)).toEqual([200, 201, 202, 203, 204])
    expect([...triggered.labels]).toEqual([3, 0, 1, 0, 2])
  })
})
