import { describe, expect, it } from 'vitest'
import { gradCamOf, greyOf, resized, saliencyOf, shareOn } from '../../../src/main/engine/families/analyses/heatmaps'
import { slidingCorrelation, slidingPanels } from '../../../src/main/engine/families/analyses/slidingCorrelation'
import { atStrengths } from '../../../src/main/engine/families/analyses/strengthSweep'
import { prunedCounts } from '../../../src/main/engine/families/analyses/modelInspection'
import { pValue, randomMoves, shifted, triggerLeakage } from '../../../src/main/engine/families/analyses/triggerLeakage'
import { attacks, createTrigger } from '../../../src/main/engine/families/attacks'
import { triggerOf } from '../../../src/main/engine/families/attacks/trigger'
import {
  correlations,
  meanCorrelation,
  meanStandardised,
  templateOf,
} from '../../../src/main/engine/images/poisoning/template'
import { createStream } from '../../../src/main/engine/maths/random'
import { panelsArtifact } from '../../../src/shared/domain'
import reference from '../../fixtures/analyses/reference.json'

const near = (found: ArrayLike<number>, wanted: readonly number[]): void =>
  wanted.forEach((value, index) => expect(found[index]).toBeCloseTo(value, 5))

describe('Grad-CAM', () => {
  const { values, gradients, cam, resized: large } = reference.gradCam
  const map = gradCamOf(Float32Array.from(values), Float32Array.from(gradients), 5)
  it('is what PyTorch’s autograd and NumPy’s sums give', () => near(map, cam))
  it('is made larger as torch’s interpolate does', () =>
    near(resized(map, { height: 4, width: 3 }, { height: 8, width: 8 }), large))
})

it('saliency is the largest gradient of each pixel, whatever its sign', () =>
  expect([...saliencyOf(Float32Array.from([1, -3, 2, 0, 0.5, -0.25]), { height: 1, width: 2, channels: 3 })]).toEqual([
    3, 0.5,
  ]))

it('a map becomes grey from black to white, and says how much of it lies on a patch', () => {
  const map = Float32Array.from([0, 1, 3])
  expect([...greyOf(map, 1)]).toEqual([0, 85, 255])
  expect([...greyOf(new Float32Array(2), 1)]).toEqual([0, 0])
  expect(shareOn(map, new Set([2]))).toBe(0.75)
})

it('a trigger is added from nothing to all of it', () => {
  const image = {
    count: 1,
    height: 1,
    width: 1,
    channels: 1 as const,
    pixels: Uint8Array.of(100),
    labels: Int32Array.of(0),
  }
  expect([...atStrengths(image, [200], [0, 0.25, 1]).pixels]).toEqual([100, 125, 200])
})

describe('where a trigger correlates', () => {
  const shape = { height: 32, width: 32, channels: 3 } as const
  const size = 32 * 32 * 3
  /** As reference.py makes them. */
  const pixels = Uint8Array.from({ length: 4 * size }, (_, i) => (i * i * 7 + i * 31 + (i >> 5) * 11) % 256)
  const imageAt = (index: number): Uint8Array => pixels.slice(index * size, (index + 1) * size)
  it('is what NumPy finds at every place that a patch fits', async () => {
    const trigger = await createTrigger(attacks, { id: 'badnet_grid', params: {} }, shape)
    const template = templateOf(trigger, shape) ?? expect.fail('no template')
    const { best, bestPixel, own, mean, places, asMuch } = reference.sliding
    const found = slidingCorrelation(imageAt(0), template, shape)
    expect([found.bestPixel, found.places, found.asMuch]).toEqual([bestPixel, places, asMuch])
    near([found.best, found.own], [best, own])
    const known = [...found.map].filter((value) => !Number.isNaN(value))
    expect(known.reduce((sum, value) => sum + value, 0) / places).toBeCloseTo(mean, 10)
    const stamped = slidingCorrelation(trigger.apply(imageAt(2), 1, 'test'), template, shape)
    expect([stamped.ownPixel, stamped.bestPixel, stamped.asMuch]).toEqual([30 * 32 + 30, 30 * 32 + 30, 1])
    expect(stamped.best).toBeCloseTo(1, 10)
  })
  it('of a pattern that covers the image goes around its edges, its own place in the middle', () => {
    const pattern = (place: number): number => ((place * 13) % 41) - 20
    const trigger = triggerOf((bytes) => Float64Array.from(bytes, (value, place) => value + pattern(place % size)))
    const template = templateOf(trigger, shape) ?? expect.fail('no template')
    const { map, ownPixel } = slidingCorrelation(imageAt(1), template, shape)
    expect(ownPixel).toBe(15 * 32 + 15)
    for (const [moved, value] of Object.entries(reference.around)) {
      const [down = 0, right = 0] = moved.split(',').map(Number)
      expect(map[((15 + down) % 32) * 32 + ((15 + right) % 32)]).toBeCloseTo(value, 10)
    }
  })
  it('is not looked for without a fixed pattern, nor where it would take minutes', async () => {
    const image = { ...shape, count: 1, pixels: imageAt(0), labels: new Int32Array(1) }
    const trigger = await createTrigger(attacks, { id: 'badnet_grid', params: {} }, shape)
    const named = { id: 'a', title: 'A', trigger }
    expect(slidingPanels(image, named, null)).toEqual([])
    expect(slidingPanels(image, named, templateOf(trigger, shape)).map(({ kind }) => kind)).toEqual(['images', 'table'])
    const places = new Int32Array(400_000)
    expect(slidingPanels(image, named, { places, values: new Float64Array(400_000), kind: 'adds' })).toEqual([])
  })
})

it('channels are pruned from none to all but one', () => {
  expect(prunedCounts(64, 8)).toEqual([0, 9, 18, 27, 36, 45, 54, 63])
  expect(prunedCounts(3, 8)).toEqual([0, 1, 2])
})

describe('the leakage of a trigger', () => {
  const shape = { height: 32, width: 32, channels: 3 } as const
  const size = 32 * 32 * 3
  it('is found in images that bear it and by chance in others, with controls of the same shape', async () => {
    const trigger = await createTrigger(attacks, { id: 'badnet_grid', params: {} }, shape)
    const template = templateOf(trigger, shape)
    if (!template) throw new Error('no template')
    const noise = Uint8Array.from(createStream(3, 'noise').uniform(40 * size), (value) => Math.floor(256 * value))
    const moves = randomMoves(99, shape, createStream(0, 'moves'))
    const mean = (pixels: Uint8Array, of: typeof template): number =>
      correlations(pixels, size, of).reduce((sum, value) => sum + value, 0) / 40
    const p = (pixels: Uint8Array): number =>
      pValue(
        mean(pixels, template),
        moves.map((move) => mean(pixels, shifted(template, move, shape))),
      )
    expect(p(trigger.apply(noise, 40, 'test'))).toBe(0.01)
    expect(p(noise)).toBeGreaterThan(0.05)
  })
  it('counts controls that reach the value, also those that only rounding tells from it', () => {
    expect(pValue(0.5, [0.4, 0.5, 0.6])).toBe(3 / 4)
    expect(pValue(0.1 + 0.2, [0.3, 0.2])).toBe(2 / 3)
    expect(pValue(0.3, [-0.9, 0.2, 0.29])).toBe(1 / 4)
  })
  it('of stripes is as great for stripes moved along themselves', () => {
    const stripes = triggerOf((bytes) =>
      Float64Array.from(
        bytes,
        (value, place) => value + 20 * Math.sin((2 * Math.PI * 6 * Math.floor((place % size) / 3)) / 32),
      ),
    )
    const template = templateOf(stripes, shape)
    if (!template) throw new Error('no template')
    const noise = Uint8Array.from(createStream(3, 'noise').uniform(8 * size), (value) => Math.floor(256 * value))
    const standardised = meanStandardised(noise, size)
    const moved = Array.from({ length: 31 }, (_, down) =>
      meanCorrelation(standardised, shifted(template, [down + 1, 0], shape)),
    )
    expect(pValue(meanCorrelation(standardised, template), moved)).toBe(1)
  })
  it('stands beside the ASR of each student over its evaluations, where there are any', async () => {
    const trigger = await createTrigger(attacks, { id: 'badnet_grid', params: {} }, shape)
    const pixels = Uint8Array.from(createStream(3, 'noise').uniform(size), (value) => Math.floor(256 * value))
    const student = (title: string, values: readonly number[]) => ({
      ...{ stageId: title, title, network: null },
      kept: {
        steps: [{ step: 10, count: 1 }],
        read: () => Promise.resolve({ ...shape, count: 1, pixels, labels: new Int32Array(1) }),
      },
      recorded: { accuracy: { steps: [], values: [] }, asr: { steps: values.map((_, at) => 5 * at), values } },
    })
    const context = {
      students: [student('one', [0.9, 0.2]), student('other', [])],
      triggers: [{ id: 'badnet_grid', title: 'Grid', trigger }],
      progress: () => Promise.resolve(),
      warn: () => undefined,
    }
    const params = { stepLimit: 2, shiftCount: 19, shiftSeed: 0 }
    const found = await triggerLeakage.measure(params as never, context as never)
    const { panels } = panelsArtifact.parse(found)
    expect(panels.map(({ kind }) => kind)).toEqual(['curves', 'curves', 'table'])
    expect(panels[1]?.content).toMatchObject({ unit: '%', lines: [{ label: 'one', x: [0, 5], y: [0.9, 0.2] }] })
  })
  it('never takes the trigger’s own place for a control', () =>
    expect(randomMoves(2000, { ...shape, height: 2, width: 2 }, createStream(0, 'small'))).not.toContainEqual([0, 0]))
})
