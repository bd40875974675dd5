/**
 * CMI's relatives against the authors' code in double precision; needs no reference folder: see
 * fixtures/parity/make_inversion_relatives.py.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import type { InversionParameters } from '../../src/main/engine/families/distillation/inversion/parameters'
import { createInversionStudent } from '../../src/main/engine/families/distillation/inversion/student'
import { createInversionSynthesizer } from '../../src/main/engine/families/distillation/inversion/synthesizer'
import type { DistillationContext, StepMetrics, Synthesizer } from '../../src/main/engine/families/distillation/types'
import { createStepProgram } from '../../src/main/engine/graph'
import { createStream, type RandomStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { createStateBundle } from '../../src/main/engine/trainer/state'
import { defaultsOf } from '../../src/shared/schema'
import { hashed } from '../fixtures/hashed'
import {
  classifier,
  compare,
  filled,
  image,
  logitsOf,
  near,
  normalization,
  size,
  type Measured,
} from './inversionNetworks'

interface Synthesis {
  losses: number[]
  images: number[]
}
const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/parity/inversionRelatives.json'), 'utf8'),
) as {
  students: Record<string, Measured>
  kept: Record<string, Synthesis>
  pixels: Synthesis
}

/** Our ids by the names of the reference's --method. */
const idOf = (method: string): string => (method === 'zskt' ? 'zskt_inversion' : method)
const count = 4
const valuesOf = (id: string, changes: Partial<InversionParameters> = {}): InversionParameters => ({
  ...(defaultsOf(distillationMethods.get(id).params) as unknown as InversionParameters),
  ...changes,
})

beforeAll(async () => {
  await startTensorFlow()
})

/** Networks filled with hashes, streams that give what the reference drew. */
function contextWith(stream: DistillationContext['stream']): DistillationContext {
  const state = createStateBundle(1, tf)
  return {
    dataset: 'signs',
    teacher: classifier('teacher.'),
    student: classifier('student.'),
    classes: 5,
    image,
    normalization,
    augmentation: { crop: false, flip: false },
    program: createStepProgram({ mode: 'eager' }),
    defenses: [],
    stream,
    state: {
      ...state,
      addNetwork: (name, network) => {
        if (name === 'generator') filled(network, 'generator.')
      },
    },
  }
}

describe.each(Object.entries(golden.students))('the student of %s against the reference', (method, wanted) => {
  it('learns by the loss that the program builds, not by the one that its flag names', () => {
    const context = contextWith((name) => createStream(1, name))
    const { loss } = createInversionStudent(valuesOf(idOf(method)), context, {
      fresh: () => ({ args: {}, own: [] }),
    } as unknown as Synthesizer)
    tf.tidy(() => {
      compare(
        wanted,
        ['inversionRelatives', 'students', method],
        (x) => loss({ logits: x as tf.Tensor2D, activations: [] }, { teacherLogits: logitsOf('teacher') }).loss,
        logitsOf('logits'),
      )
    })
  })
})

describe.each(Object.entries(golden.kept))('the kept generator of %s against the reference', (method, wanted) => {
  it('has the same losses over three steps, and the student sees the same images', async () => {
    let draws = 0
    const still = (name: string): RandomStream => ({
      ...createStream(1, name),
      normal: (length) => hashed(`draw${draws++}`, length, 0, 2),
    })
    const values = valuesOf(idOf(method), {
      latent: 3,
      generatorWidth: 2,
      generatorLearningRate: 1e-2,
      synthesisBatchSize: count,
      batchSize: 2,
      ...(method === 'dafl' ? { activationWeight: 1 } : {}),
    })
    const synthesizer = createInversionSynthesizer(
      values,
      contextWith((name) => (name.startsWith('initial') ? createStream(1, name) : still(name))),
    )
    const losses: number[] = []
    const positions = [0, 1, 2].map((index) => ({ index, total: 3, measure: true }))
    for (const position of positions) losses.push((await synthesizer.step(position)).generatorLoss ?? NaN)
    near(losses, wanted.losses, 'inversionRelatives', 'kept', method, 'losses')
    const batch = synthesizer.sample({ index: 2, total: 3, measure: true })
    near(batch.images.dataSync(), wanted.images, 'inversionRelatives', 'kept', method, 'images')
    tf.dispose([batch.images, batch.teacherLogits])
  })
})

describe('a synthesis call of DeepInversion against the reference', () => {
  /** The reference draws its images channel by channel. */
  const first = (): Float32Array =>
    tf.tidy(
      () =>
        tf
          .transpose(tf.tensor4d(hashed('draw0', count * 3 * size * size, 0, 2), [count, 3, size, size]), [0, 2, 3, 1])
          .dataSync() as Float32Array,
    )
  // 0 rolls by one pixel down and to the right, and mirrors.
  const still = (name: string): RandomStream => ({
    ...createStream(1, name),
    uniform: (length) => new Float32Array(length),
    normal: first,
    integers: () => Int32Array.from([0, 1, 1, 4]),
  })

  /** One call of so many steps: what it told, and the images that it kept. */
  async function call(changes: Partial<InversionParameters>): Promise<{ metrics: StepMetrics; images: Float32Array }> {
    const values = valuesOf('deepinversion', { synthesisBatchSize: count, normWeight: 0.01, ...changes })
    const synthesizer = createInversionSynthesizer(
      values,
      contextWith((name) => (name.startsWith('initial') ? createStream(1, name) : still(name))),
    )
    const position = { index: 0, total: 1, measure: true }
    const metrics = await synthesizer.step(position)
    const batch = synthesizer.sample(position)
    const images = tf.tidy(
      () =>
        tf.add(tf.mul(batch.images, normalization.standardDeviation), normalization.mean).dataSync() as Float32Array,
    )
    tf.dispose([batch.images, batch.teacherLogits])
    return { metrics, images }
  }

  it('has the same loss after each step, and keeps the same images', async () => {
    for (const [step, loss] of golden.pixels.losses.entries()) {
      const { metrics, images } = await call({ synthesisSteps: step + 1, keptImages: 'last' })
      near([metrics.generatorLoss ?? NaN], [loss], 'inversionRelatives', 'pixels', 'losses')
      if (step + 1 === golden.pixels.losses.length)
        near(images, golden.pixels.images, 'inversionRelatives', 'pixels', 'images')
    }
  })

  it('tells of the step whose images are kept, also where it is not the best one', async () => {
    // So large a rate drives all pixels to the limits of their range.
    const rising = { synthesisSteps: 2, generatorLearningRate: 100 }
    const [best, last] = [await call({ ...rising, keptImages: 'best' }), await call({ ...rising, keptImages: 'last' })]
    expect([best.metrics.keptStep, last.metrics.keptStep]).toEqual([1, 2])
    expect(last.metrics.generatorLoss).toBeGreaterThan(best.metrics.generatorLoss ?? NaN)
  })
})
