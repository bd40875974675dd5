import { describe, expect, it } from 'vitest'
import { answersOf, divergencesOf } from '../../../src/main/engine/families/analyses/answers'
import { evenly } from '../../../src/main/engine/families/analyses/keptImages'
import { attacks, createTrigger } from '../../../src/main/engine/families/attacks'
import { triggerOf } from '../../../src/main/engine/families/attacks/trigger'
import {
  correlations,
  meanCorrelation,
  meanStandardised,
  templateOf,
} from '../../../src/main/engine/images/poisoning/template'
import reference from '../../fixtures/analyses/reference.json'

const shape = { height: 32, width: 32, channels: 3 } as const
const size = 32 * 32 * 3
/** As reference.py makes them. */
const pixels = Uint8Array.from({ length: 4 * size }, (_, i) => (i * i * 7 + i * 31 + (i >> 5) * 11) % 256)
const near = (found: ArrayLike<number> | undefined, wanted: readonly number[]): void =>
  wanted.forEach((value, index) => expect(found?.[index]).toBeCloseTo(value, 10))

describe('the correlation with a trigger', () => {
  it('of a patch is NumPy’s over the patch, and 1 where the image bears it', async () => {
    const trigger = await createTrigger(attacks, { id: 'badnet_grid', params: {} }, shape)
    const template = templateOf(trigger, shape)
    expect(template).toMatchObject({ kind: 'replaces' })
    near(template ? correlations(pixels, size, template) : [], reference.chequers)
    const stamped = trigger.apply(pixels, 4, 'test')
    near(template ? correlations(stamped, size, template) : [], reference.stamped)
  })
  it('of an additive pattern is NumPy’s over the whole image', () => {
    const pattern = (place: number): number => ((place * 13) % 41) - 20
    const trigger = triggerOf((bytes) => Float64Array.from(bytes, (value, place) => value + pattern(place % size)))
    const template = templateOf(trigger, shape)
    expect(template?.kind).toBe('adds')
    near(template ? correlations(pixels, size, template) : [], reference.additive)
    const mean = reference.additive.reduce((sum, value) => sum + value, 0) / 4
    expect(template && meanCorrelation(meanStandardised(pixels, size), template)).toBeCloseTo(mean, 10)
  })
  it('of a plain square is told from the ring around it', async () => {
    const trigger = await createTrigger(attacks, { id: 'badnet_sq', params: {} }, shape)
    const template = templateOf(trigger, shape)
    const dark = new Uint8Array(size).fill(40)
    const bearing = template ? correlations(trigger.apply(dark, 1, 'test'), size, template)[0] : undefined
    expect(bearing).toBeCloseTo(1, 10)
    expect(template ? correlations(dark, size, template)[0] : undefined).toBe(0)
  })
  it('has no template where it is one colour all over, however large the image', () => {
    const tint = triggerOf((bytes) => Float64Array.from(bytes, (value) => 0.9 * value + 10))
    expect(templateOf(tint, { height: 224, width: 224, channels: 3 })).toBeNull()
  })
  it('has no template where a trigger changes an image by what is in it', () =>
    expect(
      templateOf(
        triggerOf((bytes) => Float64Array.from(bytes, (value) => value * value)),
        shape,
      ),
    ).toBeNull())
})

describe('what logits say', () => {
  const teacher = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7) * 4)
  const other = Float32Array.from({ length: 60 }, (_, i) => Math.cos(i * 0.9) * 3)
  it('diverges as NumPy says', () =>
    divergencesOf(teacher, other, 10).forEach((value, row) =>
      expect(value).toBeCloseTo(reference.divergences[row] ?? NaN, 6),
    ))
  it('is no class where a logit is not finite', () => {
    const [sure, none] = answersOf(Float32Array.from([0, Math.log(3), NaN, 1]), 2)
    expect(sure?.label).toBe(1)
    expect(sure?.confidence).toBeCloseTo(0.75, 6)
    expect(none).toEqual({ label: -1, confidence: NaN })
  })
})

it('takes images evenly over students and steps', () => {
  const kept = (count: number) => ({
    kept: {
      steps: [
        { step: 1, count },
        { step: 9, count },
      ],
      read: () => Promise.reject(),
    },
  })
  const { all, taken } = evenly([kept(4), kept(4)], 4)
  expect(all).toBe(16)
  expect(taken).toEqual([
    { stage: 0, step: 1, index: 0 },
    { stage: 0, step: 9, index: 0 },
    { stage: 1, step: 1, index: 0 },
    { stage: 1, step: 9, index: 0 },
  ])
})
