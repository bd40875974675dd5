/**
 * Self-Retrospection with the presets "Reference, CMI" and "Reference, OoD" against the authors' programs in double
 * precision; needs no reference folder: see fixtures/parity/make_unlearn.py.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, it } from 'vitest'
import { wrn } from '../../src/main/engine/families/architectures/wrn'
import { defenses } from '../../src/main/engine/families/defenses'
import {
  selfRetrospectionParameters,
  type SelfRetrospectionParameters,
} from '../../src/main/engine/families/defenses/selfRetrospection/parameters'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import type { DistillationContext, StudentTrainer } from '../../src/main/engine/families/distillation/types'
import { createStepProgram } from '../../src/main/engine/graph'
import type { StepProgram } from '../../src/main/engine/graph/types'
import { toFloat32, type WeightTensor } from '../../src/main/engine/weights/weightMap'
import { hypergradient } from '../../src/main/engine/maths/losses/selfRetrospection'
import { loadWeights, toFileOrder, weightsOf } from '../../src/main/engine/weights/network'
import type { Classifier, Parameter } from '../../src/main/engine/maths/nn'
import { flattenGradients } from '../../src/main/engine/maths/nn/gradients'
import { createStream, type RandomStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { createStateBundle } from '../../src/main/engine/trainer/state'
import type { StateBundle } from '../../src/main/engine/families/distillation/state'
import { validateParameters } from '../../src/shared/schema'
import { hashed, hashedWeights } from '../fixtures/hashed'
import { length, relativeDistance, sampled, type Sampled } from './golden'
import { boundOf, expectWithin } from './tolerances'

interface Update {
  inner: number[]
  distillation: number
  outerLoss: number
  /** Channels last. */
  perturbation: number[]
  adjoint: number[]
  hypergradient: Sampled
  /** What of it goes through the perturbation. */
  indirect: Sampled
  /** The optimizer's averaged gradient, and what it made of the parameters. */
  direction: Sampled
  change: Sampled
  /** Of the first update alone: the reference's pass for its log has changed those of the second. */
  buffers?: Sampled
}
type Program = 'cmi' | 'ood'
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/parity/unlearn.json'), 'utf8')) as Record<
  Program,
  [Update, Update]
>

const [count, classes, size] = [4, 5, 8]
const image = { height: size, width: size, channels: 3 }
/** The images that carry the perturbation first. */
const order = Int32Array.from([2, 0, 1, 3])
/** The optimizers' slots. */
const averages = { cmi: 'momentum', ood: 'firstMoment' } as const

beforeAll(async () => {
  await startTensorFlow()
})

/** Expects them as near as the quantity at this path of tolerances.json asks. */
const near = (actual: ArrayLike<number>, expected: readonly number[], ...quantity: readonly string[]): void =>
  expectWithin(
    relativeDistance(actual, expected),
    boundOf('unlearnOptimizer', ...quantity),
    quantity.slice(1).join(', '),
  )

const nearSampled = (actual: readonly Float32Array[], expected: Sampled, ...quantity: readonly string[]): void => {
  const { norms, entries: some } = sampled(actual)
  near(norms, expected.norms, ...quantity, 'norms')
  near(some, expected.entries, ...quantity, 'entries')
}

/** Hashed channels-first numbers as channels-last images. */
const imagesOf = (name: string, images: number, spread: number): tf.Tensor4D =>
  tf.tidy(() =>
    tf.transpose(tf.tensor4d(hashed(name, images * 3 * size * size, 0, spread), [images, 3, size, size]), [0, 2, 3, 1]),
  )
const classifier = (prefix: string): Classifier => {
  const network = wrn.create(
    { depth: 10, width: 1 },
    { classes, channels: 3, height: size, width: size, stream: createStream(1, 'parity') },
  )
  loadWeights(network, hashedWeights([...network.parameters, ...network.buffers], prefix))
  return network
}
/** The preset with the fixture's sizes; the perturbation's start is as drawn. */
const valuesOf = (program: Program): SelfRetrospectionParameters => {
  const changes = { takeover: 2, rounds: 3, portion: 0.5, perturbationStart: 1, learningRate: 0.01, rateEvery: 1 }
  return validateParameters(
    selfRetrospectionParameters,
    { ...defenses.get('sr').presets?.[program]?.params, ...changes },
    'params',
  ).values
}

/** What the steps of Self-Retrospection gave last: the inner losses of all rounds, and numbers of the update. */
interface Noted {
  inner: number[]
  update: Record<string, number>
}

/** A program that notes it. */
function noting(program: StepProgram, noted: Noted): StepProgram {
  const compile: StepProgram['compile'] = (name, ...step) => {
    const runner = program.compile(name, ...step)
    return {
      ...runner,
      run(args) {
        const outputs = runner.run(args)
        const numbers = Object.fromEntries(
          Object.entries(outputs)
            .filter(([, output]) => output.size === 1)
            .map(([key, output]) => [key, output.dataSync()[0] ?? NaN]),
        )
        if (name === 'perturbationBegin') noted.inner = []
        if (name === 'perturbationRound') noted.inner.push(numbers.loss ?? NaN)
        if (name === 'unlearn') noted.update = numbers
        return outputs
      },
    }
  }
  return { ...program, compile }
}

/** The method's student with the defense around it, as a stage puts them together. */
function makeTrainer(
  id: Program,
  program: StepProgram,
): { trainer: StudentTrainer; teacher: Classifier; student: Classifier; state: StateBundle } {
  const [teacher, student, state] = [classifier('teacher.'), classifier('student.'), createStateBundle(1, tf)]
  const start = tf.tidy(() => imagesOf('perturbation', 1, 1.5).dataSync() as Float32Array)
  const context: DistillationContext = {
    dataset: 'signs',
    teacher,
    student,
    classes,
    image,
    normalization: { mean: [0, 0, 0], standardDeviation: [1, 1, 1] },
    augmentation: { crop: true, flip: true },
    program,
    stream: (name): RandomStream => ({ ...createStream(1, name), normal: () => start, permutation: () => order }),
    state,
    defenses: [],
  }
  const active = defenses.get('sr').create(valuesOf(id), {
    ...context,
    methodTotal: 2,
    tell: () => undefined,
    testDivergences: () => ({ clean: [], triggered: null }),
  })
  const method = distillationMethods.get(id)
  const never = (): never => {
    throw new Error('The synthesizer was asked.')
  }
  // With fresh images the student of the inversion family learns from the pseudo batch itself instead of drawing from
  // its pool.
  const plain = method.createStudentTrainer(
    validateParameters(method.params, id === 'cmi' ? { studentSteps: 1 } : {}, 'params').values,
    context,
    { step: never, sample: never, fresh: never },
  )
  return { trainer: active.wrapStudentTrainer?.(plain, context) ?? plain, teacher, student, state }
}

/** One vector in the parameters' order and memory layout, parameter by parameter in the file's. */
function split(vector: Float32Array, parameters: readonly Parameter[]): Float32Array[] {
  let offset = 0
  return parameters.map((parameter) => {
    offset += parameter.variable.size
    return toFileOrder(parameter, vector.subarray(offset - parameter.variable.size, offset))
  })
}

describe('UnlearnOptimizer in the reference’s programs', () => {
  it.each(['cmi', 'ood'] as const)('the same hypergradient: %s', (program) => {
    const [values, student, [wanted]] = [valuesOf(program), classifier('student.'), golden[program]]
    tf.tidy(() => {
      const mask = tf.tensor4d(
        Array.from({ length: count }, (_unused, index) => Number(order.indexOf(index) < 2)),
        [count, 1, 1, 1],
      )
      const perturbation = tf.tensor4d(wanted.perturbation, [1, size, size, 3])
      const result = hypergradient(
        student,
        { images: imagesOf('images0', count, 2), perturbation, mask },
        {
          ...values,
          penalty: values.perturbationPenalty,
          step: values.fixedPointStep,
        },
      )
      near(result.outerLoss.dataSync(), [wanted.outerLoss], program, 'outerLoss')
      near((result.adjoints.at(-1) as tf.Tensor).dataSync(), wanted.adjoint, program, 'adjoint')
      const inFile = (gradients: readonly tf.Tensor[]): Float32Array[] =>
        split(flattenGradients(gradients).dataSync() as Float32Array, student.parameters)
      nearSampled(inFile(result.gradients), wanted.hypergradient, program, 'hypergradient')
      nearSampled(
        inFile(result.gradients.map((gradient, index) => tf.sub(gradient, result.direct[index] as tf.Tensor))),
        wanted.indirect,
        program,
        'indirect',
      )
    })
    student.dispose()
  })

  it.each([
    ['cmi', 'eager'],
    ['ood', 'eager'],
    ['cmi', 'graph'],
  ] as const)('the same two updates of the student: %s, %s', async (program, mode) => {
    const compiled = createStepProgram({ mode })
    const noted: Noted = { inner: [], update: {} }
    const { trainer, teacher, student, state } = makeTrainer(program, noting(compiled, noted))
    const now = (): Record<'parameters' | 'buffers', Float32Array[]> => {
      compiled.readState()
      const weights = weightsOf(student)
      const ofAll = (entries: readonly Parameter[]): Float32Array[] =>
        entries.map(({ name }) => Float32Array.from(weights.get(name)?.data ?? [], Number))
      return { parameters: ofAll(student.parameters), buffers: ofAll(student.buffers) }
    }
    for (const [index, wanted] of golden[program].entries()) {
      const images = imagesOf(`images${index}`, count, 2)
      const teacherLogits = tf.tidy(() => teacher.forward(images, { training: false }).logits)
      const before = now()
      await trainer.step({ images, teacherLogits, teacherAttention: [] }, { index, total: 2, measure: true })
      const after = now()
      const { tensors } = state.snapshot()
      near(noted.inner, wanted.inner, program, 'inner')
      near(toFloat32(tensors.get('perturbation/value') as WeightTensor), wanted.perturbation, program, 'perturbation')
      near([noted.update.outerLoss ?? NaN], [wanted.outerLoss], program, 'outerLoss')
      near(
        [noted.update.hypergradientNorm ?? NaN],
        [length(wanted.hypergradient.norms)],
        program,
        'hypergradient',
        'norms',
      )
      near([noted.update.loss ?? NaN], [wanted.distillation], program, 'distillation')
      const averaged = toFloat32(tensors.get(`selfRetrospectionOptimizer/${averages[program]}`) as WeightTensor)
      nearSampled(split(averaged, student.parameters), wanted.direction, program, 'direction')
      const change = after.parameters.map((values, parameter) =>
        values.map((value, place) => value - (before.parameters[parameter]?.[place] ?? NaN)),
      )
      nearSampled(change, wanted.change, program, 'change')
      if (wanted.buffers) nearSampled(after.buffers, wanted.buffers, program, 'buffers')
      tf.dispose([images, teacherLogits])
    }
    for (const part of [compiled, teacher, student]) part.dispose()
  })
})
