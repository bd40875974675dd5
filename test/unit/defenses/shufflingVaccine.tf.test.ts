/**
 * The defense from outside: what it pools, when it decides, what it tells. A 1×1 network of one convolution makes each
 * ensemble's divergence known.
 */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { shufflingVaccine } from '../../../src/main/engine/families/defenses/shufflingVaccine'
import type { DefenseContext } from '../../../src/main/engine/families/defenses/types'
import type {
  ActiveDefense,
  PseudoBatch,
  StageRemark,
  StepMetrics,
} from '../../../src/main/engine/families/distillation/types'
import { createStepProgram } from '../../../src/main/engine/graph'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createStateBundle } from '../../../src/main/engine/trainer/state'
import type { SuspectMeasurements } from '../../../src/main/engine/families/analyses/suspects'
import { validateParameters } from '../../../src/shared/schema'

beforeAll(async () => {
  await startTensorFlow()
})

const classes = 4
const batchSize = 16
/**
 * Logits = x · W with one pixel of three channels: an image whose channels are equal is the same to every shuffled
 * copy.
 */
function teacherOf(): Classifier {
  const variable = tf.variable(tf.tensor4d([2, -1, 0.5, 0, -2, 1, 0, 1.5, 1, 0.5, -1, -2], [1, 1, 3, classes]), false)
  // A first layer, which stays as it is: a network without any other is refused.
  const first = tf.variable(tf.tensor4d([1], [1, 1, 1, 1]), false)
  return {
    classes,
    parameters: [
      { name: 'stem.weight', layout: 'convolution', variable: first },
      { name: 'conv1.weight', layout: 'convolution', variable },
    ],
    buffers: [],
    forward: (images, context) => {
      const filter = tf.reshape(context.substitutes?.get(variable) ?? variable, [3, classes])
      return { logits: tf.matMul(tf.reshape(images, [images.shape[0], 3]), filter) as tf.Tensor2D, activations: [] }
    },
    dispose: () => {
      first.dispose()
      variable.dispose()
    },
  }
}

const same = [0, 1, 2]
const turned = [1, 2, 0]
/** Grey in one of sixteen images: more than 2 % lie in the tail as soon as the ensemble is shuffled at all. */
function batchWith(teacher: Classifier, grey: number): PseudoBatch {
  const values = Array.from({ length: batchSize }, (_, index) =>
    index < grey ? [1, 1, 1] : [1 + index / 50, -1, 0.5],
  ).flat()
  const images = tf.tensor4d(values, [batchSize, 1, 1, 3])
  return {
    images,
    teacherLogits: tf.tidy(() => teacher.forward(images, { training: false }).logits),
    teacherAttention: [],
  }
}

let remarks: StageRemark[] = []
let teacher: Classifier
beforeEach(() => {
  remarks = []
  teacher = teacherOf()
})

/** Three coloured test images, or three grey ones: those no shuffle changes, as if the trigger survived it. */
function measured(measure: (images: tf.Tensor4D) => number[], grey: boolean): number[] {
  const images = tf.tensor4d(
    [0, 1, 2].flatMap((index) => (grey ? [index, index, index] : [1 + index, -1, 0.5])),
    [3, 1, 1, 3],
  )
  const values = measure(images)
  images.dispose()
  return values
}

function vaccine(params: Record<string, unknown>, permutations: readonly number[][], methodTotal = 40) {
  const state = createStateBundle(1, tf)
  let draws = 0
  const context: Partial<DefenseContext> = {
    teacher,
    state,
    methodTotal,
    testDivergences: (measure) => ({ clean: measured(measure, false), triggered: measured(measure, true) }),
    program: createStepProgram({ mode: 'eager' }),
    tell: (remark) => {
      remarks.push(remark)
    },
    stream: () => ({ permutation: () => permutations[Math.min(draws++, permutations.length - 1)] }) as never,
  }
  const { values, issues } = validateParameters(
    shufflingVaccine.params,
    { members: 1, testBatches: 14, ...params },
    'sv',
  )
  expect(issues).toEqual([])
  return { defense: shufflingVaccine.create(values as never, context as DefenseContext), state, draws: () => draws }
}

/** Pseudo batches `first` to `last` − 1, measured every tenth time. */
function run(defense: ActiveDefense, last: number, grey: number, first = 0): StepMetrics[] {
  return Array.from({ length: last - first }, (_, offset) => {
    const batch = batchWith(teacher, grey)
    const metrics =
      defense.afterPseudoBatch?.(batch, { index: first + offset, total: 40, measure: (first + offset) % 10 === 0 }) ??
      {}
    tf.dispose([batch.images, batch.teacherLogits])
    return metrics
  })
}
const reported = (): SuspectMeasurements | undefined =>
  remarks
    .flatMap((remark) => (remark.type === 'measurements' ? [remark.measurements as SuspectMeasurements] : []))
    .at(-1)
const warnings = (): string[] => remarks.flatMap((remark) => (remark.type === 'warning' ? [remark.message] : []))

describe('selection of shuffles', () => {
  it('keeps the penalty off, then accepts the first ensemble with a tail and tells the decision on an unmeasured step', () => {
    const { defense, draws } = vaccine({}, [turned])
    const before = tf.memory().numTensors
    const metrics = run(defense, 13, 1)
    expect(defense.synthesizerTermActive?.()).toBe(false)
    expect(metrics[0]).toEqual({ 'sv.coefficient': 0 })
    expect(metrics[1]).toEqual({})
    expect(run(defense, 14, 1, 13)).toEqual([{ 'sv.tailRatio': 1 / batchSize, 'sv.coefficient': expect.closeTo(0.1) }])
    expect(defense.synthesizerTermActive?.()).toBe(true)
    expect(draws()).toBe(1)
    expect(run(defense, 21, 1, 20)).toEqual([{ 'sv.coefficient': expect.closeTo(0.1) }])
    expect(warnings()).toEqual([])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('draws anew while no image stands out, and stops at the first that does', () => {
    // An ensemble that is not shuffled diverges from no image: no deviation, no tail. Permutations compose on the
    // shuffled filters.
    const { defense, draws } = vaccine({}, [same, same, turned])
    expect(run(defense, 14, 1).at(-1)).toMatchObject({ 'sv.tailRatio': 1 / batchSize })
    expect(draws()).toBe(3)
    expect(defense.synthesizerTermActive?.()).toBe(true)
  })

  it('gives up after the last trial, says so, and stays off', () => {
    const { defense, draws } = vaccine({}, [turned, same])
    expect(run(defense, 14, 0).at(-1)).toEqual({ 'sv.tailRatio': 0, 'sv.coefficient': 0 })
    expect(draws()).toBe(8)
    expect(defense.synthesizerTermActive?.()).toBe(false)
    expect(warnings()).toEqual([
      'Shuffling Vaccine found no ensemble in 8 trials: the highest tail ratio was 0.0 %, accepted is more than 2.0 %. The penalty stays off, this student is not defended by it.',
    ])
    run(defense, 40, 1, 14)
    expect(warnings()).toHaveLength(1)
  })

  it('decides after a resume as it would have without', () => {
    const first = vaccine({}, [turned])
    run(first.defense, 13, 1)
    const second = vaccine({}, [same])
    second.state.restore({ ...first.state.snapshot(), streams: [] })
    expect(run(second.defense, 14, 1, 13)[0]).toMatchObject({ 'sv.tailRatio': 1 / batchSize })
    expect(second.defense.synthesizerTermActive?.()).toBe(true)
  })

  it('reports each ensemble: how it separates triggered test images, and what the selection said of it', () => {
    const { defense } = vaccine({}, [same, turned])
    run(defense, 1, 1)
    expect(reported()).toMatchObject({
      acceptedRatio: 0.02,
      last: null,
      trials: [{ trial: 1, step: 0, verdict: 'waiting', auc: 0.5, tail: null }],
    })
    run(defense, 13, 1, 1)
    expect(remarks.filter(({ type }) => type === 'measurements')).toHaveLength(1)
    run(defense, 14, 1, 13)
    const [first, second] = reported()?.trials ?? []
    expect(first).toMatchObject({ step: 14, verdict: 'refused', auc: 0.5, tail: { ratio: 0 } })
    expect(second).toMatchObject({
      trial: 2,
      step: 14,
      verdict: 'accepted',
      auc: 1,
      clean: { images: 3 },
      triggered: { images: 3, mean: -12 },
    })
    expect(second?.tail).toMatchObject({ ratio: 1 / batchSize, images: { images: 3 * batchSize } })
    expect(second?.tail?.limit).toBeGreaterThan(-12)
    run(defense, 40, 1, 39)
    expect(reported()?.last).toMatchObject({ step: 40, ratio: 1 / batchSize, images: { images: batchSize } })
  })

  it('measures on the test images without moving the defense: its draws and its state are the same', () => {
    const { defense, draws } = vaccine({ testBatches: 0 }, [turned])
    run(defense, 3, 1)
    expect(draws()).toBe(1)
    expect(reported()?.trials).toMatchObject([{ verdict: 'untested', auc: 1 }])
  })

  it('goes on with the report after a resume', () => {
    const first = vaccine({}, [same])
    run(first.defense, 3, 1)
    const second = vaccine({}, [turned])
    second.state.restore({ ...first.state.snapshot(), streams: [] })
    remarks = []
    run(second.defense, 4, 1, 3)
    expect(reported()?.trials).toMatchObject([{ trial: 1, step: 0, auc: 0.5 }])
  })

  it('counts synthesis steps where a pseudo batch is made of many, and asks for images only while it pools', () => {
    const { defense } = vaccine({}, [turned])
    let asked = 0
    const call = (steps: number): void => {
      for (let step = 0; step < steps; step++) {
        defense.afterSynthesisStep?.(() => {
          asked += 1
          const { images, teacherLogits } = batchWith(teacher, 1)
          teacherLogits.dispose()
          return images
        })
      }
    }
    call(10)
    run(defense, 1, 0)
    const before = tf.memory().numTensors
    call(10)
    expect(asked).toBe(3)
    expect(run(defense, 2, 0, 1)).toEqual([{ 'sv.tailRatio': 1 / batchSize, 'sv.coefficient': expect.closeTo(0.1) }])
    call(10)
    expect(asked).toBe(3)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('acts from the first step where no test is asked for', () => {
    const { defense } = vaccine({ testBatches: 0 }, [turned])
    expect(defense.synthesizerTermActive?.()).toBe(true)
    expect(run(defense, 1, 1)).toEqual([{ 'sv.coefficient': expect.closeTo(0.1) }])
  })

  it('warns where the test pools nothing or never comes', () => {
    run(vaccine({ testBatches: 5 }, [turned]).defense, 5, 1)
    expect(warnings()).toEqual([
      expect.stringContaining('pooled no image before its selection test after 5 pseudo batches'),
    ])
    remarks = []
    run(vaccine({ testBatches: 50 }, [turned], 20).defense, 20, 1)
    expect(warnings()).toEqual([
      expect.stringContaining('was to come after 50 pseudo batches, but the distillation has only 20'),
    ])
  })
})
