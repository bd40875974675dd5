/** Where a checkpoint's generator would go, against the gradient norms that the method's own step tells. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { architectures } from '../../../src/main/engine/families/architectures'
import { createZsktGenerator } from '../../../src/main/engine/families/architectures/generators/zskt'
import { distillationMethods } from '../../../src/main/engine/families/distillation'
import { zsktGeneratorStep } from '../../../src/main/engine/families/distillation/zskt/steps'
import { createStepProgram, type StepProgram } from '../../../src/main/engine/graph'
import { shuffledEnsembleLogits, vaccinePenalty } from '../../../src/main/engine/maths/losses/shufflingVaccine'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { openGeneratorProbe } from '../../../src/main/engine/trainer/asked/generatorProbe'
import { createVaccineProbe } from '../../../src/main/engine/trainer/asked/shuffledTeachers'
import { writeCheckpoint } from '../../../src/main/engine/trainer/checkpoints'
import { createStateBundle } from '../../../src/main/engine/trainer/state'

const shape = { height: 8, width: 8, channels: 3 } as const
const normalization = { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] }
const architecture = { id: 'wrn', params: { depth: 10, width: 1 } }
const method = {
  id: 'zskt',
  params: { batchSize: 6, latent: 5, generatorWidth: 8, batchNormWeight: 1, oneHotWeight: 0.5, gradientClip: 0 },
}
const choice = { members: 2, layers: 3, seed: 3 }
const classes = 4

let folder: string
let program: StepProgram
const classifierOf = (seed: number): Classifier => {
  const { member, values } = architectures.open(architecture, 'test')
  return member.create(values, { ...shape, classes, stream: createStream(seed, 'probe') })
}
beforeAll(async () => {
  await startTensorFlow()
  folder = mkdtempSync(join(tmpdir(), 'abd-probe-'))
  program = createStepProgram({ mode: 'graph' })
})
afterAll(() => {
  program.dispose()
  rmSync(folder, { recursive: true, force: true })
})

it('pushes a generator as strongly as its own step and the vaccine’s term say', async () => {
  const [teacher, student] = [classifierOf(1), classifierOf(2)]
  const stream = createStream(7, 'generator')
  const sides = { channels: shape.channels, height: shape.height, imageWidth: shape.width }
  const generator = createZsktGenerator({ latent: 5, width: 8, ...sides, stream })
  const state = createStateBundle(0, tf)
  state.addNetwork('student', student)
  state.addNetwork('generator', generator)
  await writeCheckpoint({ folder, step: 5, seconds: 1, snapshot: state.snapshot(), keep: () => true })

  const vaccine = createVaccineProbe({ program, teacher, normalization })
  if (!vaccine) throw new Error('A convolutional teacher can be shuffled.')
  const config = { seed: 0, distillation: { method, architecture } }
  const probe = await openGeneratorProbe({
    job: { config, step: null } as never,
    stage: { id: 'student-1', folder } as never,
    dataset: { train: shape, classNames: ['a', 'b', 'c', 'd'], facts: {} } as never,
    ...{ program, teacher, vaccine },
  })
  expect(probe?.step).toBe(5)

  const { values } = distillationMethods.open(method, 'test')
  const options = values as never
  const optimizer = { apply: () => undefined, slots: {} } as never
  const args = (): Record<string, tf.Tensor> => ({
    latentCodes: tf.tensor2d(createStream(1, 'probedCodes').normal(6 * 5), [6, 5]),
    learningRate: tf.scalar(0),
  })
  const normOf = (gradient: Float32Array | undefined): number => Math.hypot(...(gradient ?? []))
  const told = (step: Partial<Parameters<typeof zsktGeneratorStep>[0]>): number[] =>
    tf.tidy(() => {
      const parts = { teacher, student, generator, optimizer, options, defenses: [], ...step }
      const { loss, gradientNorm } = zsktGeneratorStep(parts, args())
      return [loss, gradientNorm].map((tensor) => tensor?.dataSync()[0] ?? NaN)
    })
  // Running statistics move with each step, training reads none of them.
  const own = probe?.own(1)
  const [loss = NaN, norm = NaN] = told({})
  expect(own?.loss).toBeCloseTo(loss, 4)
  expect(normOf(own?.gradient) / norm).toBeCloseTo(1, 3)

  const pushed = probe?.penalty(1, choice)
  const ensemble = vaccine.ensembleFor(choice)
  const weightless = { ...values, adversarialWeight: 0, batchNormWeight: 0, oneHotWeight: 0, balanceWeight: 0 } as never
  const [penalty = NaN, penaltyNorm = NaN] = told({
    options: weightless,
    defenses: [
      {
        id: 'test',
        synthesizerTerm({ images, teacherLogits, teacherActivations }) {
          const shuffled = shuffledEnsembleLogits(ensemble, images, teacherActivations)
          return { loss: vaccinePenalty(shuffled, teacherLogits, tf.scalar(1)).penalty, outputs: {} }
        },
      },
    ],
  })
  expect(pushed?.loss).toBeCloseTo(penalty, 5)
  expect(normOf(pushed?.gradient)).toBeGreaterThan(0)
  expect(normOf(pushed?.gradient) / penaltyNorm).toBeCloseTo(1, 3)
})
