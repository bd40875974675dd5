/** A step that one call does several times: what as many calls of the single step do, bit for bit. */
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { wrn } from '../../../src/main/engine/families/architectures/wrn'
import { zsktStudentStep } from '../../../src/main/engine/families/distillation/zskt/steps'
import { createAdam } from '../../../src/main/engine/families/optimizers'
import { createStepProgram, type NamedTensors } from '../../../src/main/engine/graph'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'

const times = 4
const options = { temperature: 1, reduction: 'mean', attention: 250, gradientClip: 5 } as const

beforeAll(async () => {
  await startTensorFlow()
})
afterEach(() => {
  tf.disposeVariables()
})

interface Outcome {
  /** The numbers of each output, in the order in which they were made. */
  readonly outputs: Record<string, number[]>
  readonly state: number[][]
}

/** Two rounds of `times` updates of a student, in calls of `repeats`. */
function distil(repeats: number, mode: 'graph' | 'eager'): Outcome {
  const image = { classes: 4, channels: 3 as const, height: 8, width: 8 }
  const student = wrn.create({ depth: 10, width: 1 }, { ...image, stream: createStream(1, 'student') })
  const optimizer = createAdam(student.parameters)
  const program = createStepProgram({ mode })
  const runner = program.compile('student', (args) => zsktStudentStep({ student, optimizer, options }, args), {
    repeats,
  })
  const stream = createStream(2, 'batch')
  const args: NamedTensors = {
    images: tf.tensor4d(stream.normal(6 * 192), [6, 8, 8, 3]),
    teacherLogits: tf.tensor2d(stream.normal(24), [6, 4]),
    teacherAttention0: tf.tensor2d(stream.uniform(6 * 64), [6, 64]),
    teacherAttention1: tf.tensor2d(stream.uniform(6 * 16), [6, 16]),
    teacherAttention2: tf.tensor2d(stream.uniform(6 * 4), [6, 4]),
    learningRate: tf.scalar(1e-2),
  }
  const outputs: Record<string, number[]> = {}
  for (let call = 0; call < (2 * times) / repeats; call++) {
    const made = runner.run(args)
    for (const [name, tensor] of Object.entries(made)) (outputs[name] ??= []).push(...tensor.dataSync())
    tf.dispose(made)
  }
  program.readState()
  const variables = [...student.parameters.map(({ variable }) => variable), ...Object.values(optimizer.slots)]
  const state = variables.map((variable) => [...variable.dataSync()])
  program.dispose()
  tf.dispose(args)
  return { outputs, state }
}

describe('a step that is repeated in one call', () => {
  it.each(['graph', 'eager'] as const)('is the single steps in turn, to the last bit (%s)', (mode) => {
    const repeated = distil(times, mode)
    expect(repeated).toEqual(distil(1, mode))
    expect(repeated.outputs.loss).toHaveLength(2 * times)
    expect(new Set(repeated.outputs.loss).size, 'each update finds other weights').toBe(2 * times)
  })

  it('goes on from where the last one stopped, with arguments that change, and leaves arguments alone', () => {
    const program = createStepProgram({ mode: 'graph', verify: true })
    const sum = tf.variable(tf.scalar(1), false)
    const seen = tf.variable(tf.scalar(0), false)
    const { run } = program.compile(
      'grow',
      ({ by }) => {
        const grown = tf.add(tf.mul(sum, 2), by!) as tf.Scalar
        sum.assign(grown)
        // Nothing that changes leads to this one.
        seen.assign(by as tf.Scalar)
        return { grown, by: by!, one: tf.scalar(1) }
      },
      { repeats: 3 },
    )
    const call = (by: number): Record<string, unknown> => {
      const arg = tf.scalar(by)
      const outputs = run({ by: arg })
      const found = Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.arraySync()]))
      tf.dispose([outputs, arg])
      return found
    }
    expect(call(1)).toEqual({ grown: [3, 7, 15], by: [1, 1, 1], one: [1, 1, 1] })
    expect(call(0)).toEqual({ grown: [30, 60, 120], by: [0, 0, 0], one: [1, 1, 1] })
    program.readState()
    expect([sum.arraySync(), seen.arraySync()]).toEqual([120, 0])
    program.dispose()
  })

  it('keeps a NaN where it arose', () => {
    const program = createStepProgram({ mode: 'graph' })
    const value = tf.variable(tf.scalar(2), false)
    const { run } = program.compile(
      'root',
      () => {
        const next = tf.sub<tf.Scalar>(value, 1.5)
        value.assign(next)
        return { root: tf.sqrt(next) }
      },
      { repeats: 2 },
    )
    const { root } = run({})
    expect(root?.arraySync()).toEqual([Math.fround(Math.SQRT1_2), NaN])
    tf.dispose(root ?? [])
    program.dispose()
  })

  it.each(['graph', 'eager'] as const)('refuses an output that is no single number (%s)', (mode) => {
    const program = createStepProgram({ mode })
    const { run } = program.compile('pair', () => ({ pair: tf.tensor1d([1, 2]) }), { repeats: 2 })
    expect(() => run({})).toThrow('A repeated step gives single numbers')
    program.dispose()
  })
})
