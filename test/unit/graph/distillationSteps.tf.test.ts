/** The real training steps: for some steps of an eager run, the captured step from the same state gives the same. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createZsktGenerator } from '../../../src/main/engine/families/architectures/generators/zskt'
import { wrn } from '../../../src/main/engine/families/architectures/wrn'
import { distillationMethods } from '../../../src/main/engine/families/distillation'
import {
  createContrastiveHead,
  instanceFeatureCount,
} from '../../../src/main/engine/families/distillation/inversion/head'
import { inversionParameters } from '../../../src/main/engine/families/distillation/inversion/parameters'
import { createImageSource, type ImageSource } from '../../../src/main/engine/families/distillation/inversion/sources'
import { inversionStep } from '../../../src/main/engine/families/distillation/inversion/step'
import { terms, weightOf } from '../../../src/main/engine/families/distillation/terms'
import { shiftedView, viewArguments, zoomedView } from '../../../src/main/engine/families/distillation/inversion/views'
import {
  zsktGeneratorStep,
  zsktSampleStep,
  zsktStudentStep,
} from '../../../src/main/engine/families/distillation/zskt/steps'
import type { DistillationContext } from '../../../src/main/engine/families/distillation/types'
import { createStepProgram, type NamedTensors, type StepFunction } from '../../../src/main/engine/graph'
import { teacherStep } from '../../../src/main/engine/trainer/teacherStep'
import {
  createShuffledEnsemble,
  shuffledEnsembleLogits,
  vaccinePenalty,
} from '../../../src/main/engine/maths/losses/shufflingVaccine'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { createAdam, createSgd } from '../../../src/main/engine/families/optimizers'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createStateBundle } from '../../../src/main/engine/trainer/state'
import { defaultsOf, validateParameters } from '../../../src/shared/schema'
import { boundFrom, expectWithin, roundingBound } from '../../parity/tolerances'

const steps = 50
const side = 8
const images = 6
const learningRate = 1e-3

beforeAll(async () => {
  await startTensorFlow()
})

function network(width: number, name: string): Classifier {
  return wrn.create(
    { depth: 10, width },
    { classes: 4, channels: 3, height: side, width: side, stream: createStream(1, name) },
  )
}

function normal(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, 'float32', seed)
}

type Values = Map<tf.Variable, Float32Array>
const valuesOf = (variables: readonly tf.Variable[]): Values =>
  new Map(variables.map((variable) => [variable, (variable.dataSync() as Float32Array).slice()]))
function restore(values: Values): void {
  for (const [variable, data] of values)
    tf.tidy(() => {
      variable.assign(tf.tensor(data, variable.shape))
    })
}

/** Largest difference between two vectors, as a share of the second's largest value. */
function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, scale] = [a.length === b.length ? 0 : Infinity, 1e-6]
  for (let index = 0; index < b.length; index += 1) {
    difference = Math.max(difference, Math.abs((a[index] ?? NaN) - (b[index] ?? NaN)))
    scale = Math.max(scale, Math.abs(b[index] ?? NaN))
  }
  return difference / scale
}

function largestDifference(a: Values, b: Values, skip: ReadonlySet<tf.Variable>): number {
  let largest = 0
  for (const [variable, data] of a) {
    const other = b.get(variable)
    if (!other || skip.has(variable)) continue
    data.forEach((value, index) => {
      largest = Math.max(largest, Math.abs(value - (other[index] ?? NaN)))
    })
  }
  return largest
}

interface Comparison {
  readonly step: StepFunction
  /** Trained parameters, whose updates are compared. */
  readonly trained: readonly tf.Variable[]
  /** All other state that the step changes. */
  readonly state: readonly tf.Variable[]
  /** Biases before a batch norm: their true gradient is zero, and Adam turns its rounding noise into whole steps. */
  readonly skip?: ReadonlySet<tf.Variable>
  /**
   * How far updates may differ, as a share of the learning rate. Adam divides a gradient by its own size, and so shows
   * the rounding of small ones;
   * its moments, which are part of the state, are compared tightly all the same.
   */
  readonly tolerance?: number
  /** Steps of the eager run. */
  readonly length?: number
  arguments(step: number): NamedTensors
}

/**
 * The bounds of a step's outputs come from the experiment of the parity tests, on the eager step itself: its inputs
 * multiplied by 1 + 1e-6 · N(0, 1), eight times at each step. Written anew with
 *
 *     MEASURE_STEPS=1 npx vitest run --project tf test/unit/graph/distillationSteps.tf.test.ts
 *
 * Updates, state and the gradient's norm are held to fixed bounds: there a unit at a ReLU's kink would make such an
 * experiment say nothing, and both sides run the same kernels.
 */
const figures = join(import.meta.dirname, '../../fixtures/parity/capturedSteps.json')
const measuring = process.env.MEASURE_STEPS === '1'
const measured: Record<string, Record<string, number>> = {}
const recorded = JSON.parse(readFileSync(figures, 'utf8')) as typeof measured
const movedRuns = 8
const movedArguments = /^(images|latentCodes|teacherLogits|teacherAttention\d|bank)$/

afterAll(() => {
  if (!measuring) return
  const short = (values: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value.toPrecision(2))]))
  const rounded = Object.fromEntries(Object.entries(measured).map(([test, values]) => [test, short(values)]))
  writeFileSync(figures, `${JSON.stringify(rounded, null, 2)}\n`)
})

const testName = (): string => expect.getState().currentTestName?.split(' > ').at(-1) ?? ''

function boundOfOutput(name: string): number {
  if (name === 'gradientNorm') return roundingBound
  const sensitivity = measuring ? Infinity : recorded[testName()]?.[name]
  if (sensitivity === undefined) throw new Error(`capturedSteps.json has no number for ${name} of "${testName()}".`)
  return boundFrom(sensitivity)
}

/** Notes how far the outputs of an eager step move with its inputs; the state is left as the step left it. */
function measureMoves(step: StepFunction, args: NamedTensors, seed: number): void {
  const moves = (measured[testName()] ??= {})
  const expected = tf.tidy(() => step(args))
  for (let run = 0; run < movedRuns; run += 1) {
    const got = tf.tidy(() =>
      step(
        Object.fromEntries(
          Object.entries(args).map(([name, tensor], place) => [
            name,
            movedArguments.test(name)
              ? tf.mul(
                  tensor,
                  tf.add(1, tf.mul(normal(tensor.shape, (seed * movedRuns + run) * 100 + place + 1), 1e-6)),
                )
              : tensor,
          ]),
        ),
      ),
    )
    for (const [name, tensor] of Object.entries(expected)) {
      if (name === 'gradientNorm') continue
      const move = relativeDifference(got[name]?.dataSync() ?? [], tensor.dataSync())
      moves[name] = Math.max(moves[name] ?? 0, move)
    }
    tf.dispose(got)
  }
  tf.dispose(expected)
}

function compare({
  step,
  trained,
  state,
  skip = new Set(),
  length = steps,
  tolerance = 1e-3,
  arguments: argumentsOf,
}: Comparison): void {
  const program = createStepProgram({ mode: 'graph', verify: true })
  const captured = program.compile('step', step)
  const variables = [...trained, ...state]
  const tensors = tf.memory().numTensors
  for (let index = 0; index < length; index += 1) {
    const args = tf.tidy(() => argumentsOf(index))
    const before = valuesOf(variables)
    if (measuring) {
      measureMoves(
        (moved) => {
          restore(before)
          return step(moved)
        },
        args,
        index,
      )
      restore(before)
    }
    const expected = tf.tidy(() => step(args))
    const eager = valuesOf(trained)
    const eagerState = valuesOf(state)
    restore(before)
    program.writeState()
    const got = captured.run(args)
    program.readState()
    for (const [name, tensor] of Object.entries(expected)) {
      expectWithin(
        relativeDifference(got[name]?.dataSync() ?? [], tensor.dataSync()),
        boundOfOutput(name),
        `${name} of step ${index}`,
      )
    }
    expect(largestDifference(eager, valuesOf(trained), skip), `updates of step ${index}`).toBeLessThan(
      tolerance * learningRate,
    )
    for (const [variable, data] of eagerState)
      expect(relativeDifference(variable.dataSync(), data), `state after step ${index}`).toBeLessThan(1e-5)
    // The run goes on from the eager values.
    restore(new Map([...eager, ...eagerState]))
    tf.dispose([args, expected, got])
  }
  program.dispose()
  expect(tf.memory().numTensors).toBe(tensors)
}

const variablesOf = (items: readonly { variable: tf.Variable }[]): tf.Variable[] =>
  items.map(({ variable }) => variable)
/** The steps that a method's trainer would compile, and the optimizer slots that it would save. */
function stepsOf(
  student: Classifier,
  create: (context: DistillationContext) => unknown,
): { steps: Map<string, StepFunction>; slots: tf.Variable[] } {
  const found = new Map<string, StepFunction>()
  const slots: tf.Variable[] = []
  const state = createStateBundle(1, tf)
  create({
    dataset: 'signs',
    teacher: student,
    student,
    classes: 4,
    image: { height: side, width: side, channels: 3 },
    normalization: { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] },
    augmentation: { crop: true, flip: true },
    defenses: [],
    stream: (name) => state.stream(name),
    state: {
      ...state,
      addVariables: (_name, variables) => {
        slots.push(...Object.values(variables))
      },
    },
    program: {
      mode: 'eager',
      readState: () => undefined,
      writeState: () => undefined,
      dispose: () => undefined,
      compile(name, step) {
        found.set(name, step)
        return {
          name,
          run: () => {
            throw new Error('Only the steps are asked for.')
          },
        }
      },
    },
  })
  return { steps: found, slots }
}

const few = 8

/** Compares a method's own student step. */
function compareStudent(
  id: string,
  params: Record<string, unknown>,
  argumentsOf: (step: number) => NamedTensors,
): void {
  const student = network(1, 'student')
  const method = distillationMethods.get(id)
  const { values } = validateParameters(method.params, params, '')
  const { steps: compiled, slots } = stepsOf(student, (context) =>
    method.createStudentTrainer(values, context, {
      step: () => ({}),
      sample: () => {
        throw new Error('No batch is asked for.')
      },
    }),
  )
  const step = compiled.get('student')
  if (!step) throw new Error(`${id} has no student step.`)
  compare({
    step,
    length: few,
    tolerance: 1e-2,
    trained: variablesOf(student.parameters),
    state: [...variablesOf(student.buffers), ...slots],
    arguments: (index) => ({
      images: normal([images, side, side, 3], index + 1),
      teacherLogits: normal([images, 4], 1000 + index),
      learningRate: rate(),
      ...argumentsOf(index),
    }),
  })
  student.dispose()
  tf.dispose(slots)
}

const rate = (): tf.Scalar => tf.scalar(learningRate)

describe('captured training steps', () => {
  it('student, with attention transfer, clipping and Adam', () => {
    const student = network(1, 'student')
    const optimizer = createAdam(student.parameters)
    compare({
      step: (args) =>
        zsktStudentStep(
          { student, optimizer, options: { temperature: 1, reduction: 'mean', gradientClip: 5, attention: 250 } },
          args,
        ),
      trained: variablesOf(student.parameters),
      state: [...variablesOf(student.buffers), ...Object.values(optimizer.slots)],
      arguments: (step) => ({
        images: normal([images, side, side, 3], step + 1),
        teacherLogits: normal([images, 4], 1000 + step),
        learningRate: rate(),
        ...Object.fromEntries(
          [64, 16, 4].map((size, level) => [
            `teacherAttention${level}`,
            tf.abs(normal([images, size], 2000 + level + step)),
          ]),
        ),
      }),
    })
    student.dispose()
    optimizer.dispose()
  })

  it('generator, through teacher, student and the shuffled teachers', () => {
    const [teacher, student] = [network(2, 'teacher'), network(1, 'student')]
    const generator = createZsktGenerator({
      latent: 10,
      width: 8,
      channels: 3,
      height: side,
      imageWidth: side,
      stream: createStream(1, 'generator'),
    })
    const optimizer = createAdam(generator.parameters)
    const ensemble = createShuffledEnsemble(teacher, { members: 2, layers: 3, stream: createStream(1, 'shuffles') })
    const defense = {
      id: 'vaccine',
      synthesizerTerm: (input: {
        images: tf.Tensor4D
        teacherLogits: tf.Tensor2D
        teacherActivations?: readonly tf.Tensor4D[]
        args: NamedTensors
      }) => {
        const { penalty, maskRate } = vaccinePenalty(
          shuffledEnsembleLogits(ensemble, input.images, input.teacherActivations),
          input.teacherLogits,
          input.args.coefficient as tf.Scalar,
        )
        return { loss: penalty, outputs: { penalty, maskRate } }
      },
    }
    const options = {
      temperature: 1,
      reduction: 'mean' as const,
      gradientClip: 5,
      adversarialWeight: 1,
      batchNormWeight: 0.1,
      oneHotWeight: 0.1,
      balanceWeight: 0.1,
    }
    compare({
      step: (args) => zsktGeneratorStep({ teacher, student, generator, optimizer, options, defenses: [defense] }, args),
      trained: variablesOf(generator.parameters),
      skip: new Set(variablesOf(generator.parameters.filter(({ name }) => /^layers\.(4|8|11)\.bias$/.test(name)))),
      state: [...variablesOf(student.buffers), ...variablesOf(generator.buffers), ...Object.values(optimizer.slots)],
      arguments: (step) => ({
        latentCodes: normal([images, 10], step + 1),
        learningRate: rate(),
        'vaccine.coefficient': tf.scalar(0.1 * (step + 1)),
      }),
    })
    for (const owner of [ensemble, optimizer, generator, student, teacher]) owner.dispose()
  })

  it('teacher, with SGD, momentum and weight decay', () => {
    const teacher = network(2, 'teacher')
    const optimizer = createSgd(teacher.parameters, { momentum: 0.9, weightDecay: 5e-4 })
    compare({
      step: (args) => teacherStep(teacher, optimizer, args),
      trained: variablesOf(teacher.parameters),
      state: [...variablesOf(teacher.buffers), ...Object.values(optimizer.slots)],
      arguments: (step) => ({
        images: normal([images, side, side, 3], step + 1),
        labels: tf.tensor1d(
          Array.from({ length: images }, (_, index) => (index * step) % 4),
          'int32',
        ),
        learningRate: rate(),
      }),
    })
    teacher.dispose()
    optimizer.dispose()
  })

  it('inversion, a synthesis step with all its terms', () => {
    const [teacher, student] = [network(2, 'teacher'), network(1, 'student')]
    const latent = 6
    const negatives = 5
    const values = {
      ...defaultsOf(inversionParameters({})),
      synthesisBatchSize: images,
      latent,
      generatorWidth: 4,
      negatives,
      bankSize: negatives,
      headWidth: 6,
      balanceWeight: 1,
      activationWeight: 0.1,
      variationWeight: 0.1,
      normWeight: 0.01,
    }
    const features = instanceFeatureCount(teacher)
    let source: ImageSource | undefined
    stepsOf(student, (context) => {
      source = createImageSource(values, context)
    })
    if (!source) throw new Error('There is no source.')
    const head = createContrastiveHead(features, values.headWidth, createStream(1, 'head'))
    const optimizer = createAdam(head.parameters)
    const parts = { teacher, student, source, values, defenses: [], contrast: { head, optimizer } }
    const codes = source.parameters.at(-1)
    codes?.variable.assign(normal([images, latent], 5) as tf.Tensor2D)
    expect(terms.members.every((term) => weightOf(term, values) !== 0)).toBe(true)
    compare({
      step: (args) => inversionStep(parts, args),
      length: few,
      tolerance: 1e-2,
      trained: variablesOf([...source.parameters, ...head.parameters]),
      state: [...Object.values(source.optimizer.slots), ...Object.values(optimizer.slots)],
      arguments: (step) => ({
        classes: tf.tensor1d([0, 0, 1, 2, 3, 3], 'int32'),
        learningRate: rate(),
        bank: normal([negatives, 2 * features], 100 + step),
        present: tf.tensor1d([...Array<number>(images).fill(1), 1, 1, 1, step % 2, 0]),
        ...viewArguments(
          'global',
          shiftedView(images, { height: side, width: side }, createStream(step, 'global')),
          images,
          { height: side, width: side },
        ),
        ...viewArguments(
          'local',
          zoomedView(images, { height: side, width: side }, createStream(step, 'local')),
          images,
          { height: side, width: side },
        ),
      }),
    })
    for (const owner of [head, optimizer, source.optimizer, student, teacher]) owner.dispose()
  })

  it('inversion, the student', () => {
    compareStudent('cmi', {}, () => ({}))
  })
  it('one image, the student with weights of a defense', () => {
    compareStudent('ood', {}, (step) => ({ imageWeights: tf.tensor1d([0.3, 0.3, -0.1, 0.2, 0.4, -step / 100]) }))
  })
  it('clean-data KD, the student', () => {
    compareStudent('kd', {}, (step) => ({ labels: tf.tensor1d([0, 1, 2, 3, step % 4, 1], 'int32') }))
  })

  it("share one graph: generator, sample and student step see each other's updates", () => {
    const [teacher, student] = [network(2, 'teacher'), network(1, 'student')]
    const generator = createZsktGenerator({
      latent: 10,
      width: 8,
      channels: 3,
      height: side,
      imageWidth: side,
      stream: createStream(1, 'generator'),
    })
    const [studentOptimizer, generatorOptimizer] = [createAdam(student.parameters), createAdam(generator.parameters)]
    const options = { temperature: 1, reduction: 'mean' as const, gradientClip: 5 }
    const functions = {
      generator: (args: NamedTensors) =>
        zsktGeneratorStep(
          {
            teacher,
            student,
            generator,
            optimizer: generatorOptimizer,
            defenses: [],
            options: { ...options, adversarialWeight: 1, batchNormWeight: 0, oneHotWeight: 0, balanceWeight: 0 },
          },
          args,
        ),
      sample: (args: NamedTensors) => zsktSampleStep({ teacher, generator, attention: true }, args),
      student: (args: NamedTensors) =>
        zsktStudentStep({ student, optimizer: studentOptimizer, options: { ...options, attention: 250 } }, args),
    }
    const all = [...student.parameters, ...student.buffers, ...generator.parameters, ...generator.buffers]
      .map(({ variable }) => variable)
      .concat(Object.values(studentOptimizer.slots), Object.values(generatorOptimizer.slots))
    const start = valuesOf(all)
    const losses = (['eager', 'graph'] as const).map((mode) => {
      restore(start)
      const program = createStepProgram({ mode })
      const runners = {
        generator: program.compile('generator', functions.generator),
        sample: program.compile('sample', functions.sample),
        student: program.compile('student', functions.student),
      }
      const found: number[] = []
      for (let batch = 0; batch < 2; batch += 1) {
        tf.tidy(() => {
          const latentCodes = normal([images, 10], batch + 1)
          found.push(...(runners.generator.run({ latentCodes, learningRate: rate() }).loss?.dataSync() ?? []))
          const { images: synthetic, logits, ...maps } = runners.sample.run({ latentCodes })
          for (let inner = 0; inner < 3; inner += 1) {
            const teacherMaps = Object.fromEntries(
              Object.entries(maps).map(([name, tensor]) => [name.replace('attentionMap', 'teacherAttention'), tensor]),
            )
            found.push(
              ...(runners.student
                .run({
                  images: synthetic as tf.Tensor,
                  teacherLogits: logits as tf.Tensor,
                  learningRate: rate(),
                  ...teacherMaps,
                })
                .loss?.dataSync() ?? []),
            )
          }
        })
      }
      program.dispose()
      return found
    })
    expect(losses[1]).toHaveLength(8)
    losses[1]?.forEach((loss, index) => {
      expect(loss / (losses[0]?.[index] ?? NaN), `loss ${index}`).toBeCloseTo(1, 3)
    })
    expect(new Set(losses[1]).size, 'each step changes the next').toBe(8)
    for (const owner of [studentOptimizer, generatorOptimizer, generator, student, teacher]) owner.dispose()
  })
})
