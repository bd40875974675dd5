import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createStepProgram,
  type NamedTensors,
  type StepFunction,
  type StepProgram,
} from '../../../src/main/engine/graph'
import { conv2d } from '../../../src/main/engine/maths/ops'
import { startTensorFlow, type TFJSBinding } from '../../../src/main/engine/runtime'

let binding: TFJSBinding
let program: StepProgram
let tensorsBefore = 0
let variables: tf.Variable[] = []
/** A folder of temporary files of this file's own: other tests run beside it. */
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-steps-'))
const usual = process.env.TMPDIR

beforeAll(async () => {
  process.env.TMPDIR = temporary
  expect(os.tmpdir()).toBe(temporary)
  binding = (await startTensorFlow()).binding
})
afterAll(() => {
  if (usual === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = usual
  fs.rmSync(temporary, { recursive: true, force: true })
})
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors
  variables = []
  program = createStepProgram({ mode: 'graph', verify: true })
})
afterEach(() => {
  program.dispose()
  for (const variable of variables) variable.dispose()
  expect(tf.memory().numTensors, 'tensors left behind').toBe(tensorsBefore)
  expect(binding.getNumOfSavedModels(), 'sessions left behind').toBe(0)
  expect(fs.readdirSync(temporary), 'temporary files left behind').toEqual([])
})

function variable(
  values: number | number[] | number[][],
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): tf.Variable {
  const made = tf.tidy(() => tf.variable(tf.tensor(values, undefined, dtype), false))
  variables.push(made)
  return made
}

/** Runs a step on host values and gives the outputs as nested arrays. */
function call(
  run: (args: NamedTensors) => NamedTensors,
  args: Record<string, tf.TensorLike>,
  dtypes: Record<string, 'float32' | 'int32' | 'bool'> = {},
): Record<string, unknown> {
  return disposeAfter(() => {
    const tensors = Object.fromEntries(
      Object.entries(args).map(([name, value]) => [name, tf.tensor(value, undefined, dtypes[name] ?? 'float32')]),
    )
    return Object.fromEntries(Object.entries(run(tensors)).map(([name, tensor]) => [name, tensor.arraySync()]))
  })
}

function disposeAfter<T>(work: () => T): T {
  let result: T | undefined
  tf.tidy(() => {
    result = work()
  })
  return result as T
}

describe('a captured step', () => {
  it('gives the outputs of the function, for arguments that change', () => {
    const step = program.compile('scale', ({ x, factor }) => ({ y: tf.mul(tf.add(x!, 1), factor!) }))
    expect(call(step.run, { x: [1, 2], factor: 3 })).toEqual({ y: [6, 9] })
    expect(call(step.run, { x: [5, 6], factor: -1 })).toEqual({ y: [-6, -7] })
    expect(call(step.run, { x: [0, 0], factor: 2 })).toEqual({ y: [2, 2] })
  })

  it('updates its variables once per call, also on the first', () => {
    const count = variable(10)
    const step = program.compile('count', ({ by }) => {
      count.assign(tf.add(count, by!))
      return { count }
    })
    expect(call(step.run, { by: 1 })).toEqual({ count: 11 })
    expect(count.arraySync(), 'the tf.Variable waits for readState').toBe(10)
    expect(call(step.run, { by: 5 })).toEqual({ count: 16 })
    expect(call(step.run, { by: 5 })).toEqual({ count: 21 })
    program.readState()
    expect(count.arraySync()).toBe(21)
  })

  it('reads the value last assigned within the step', () => {
    const a = variable(1)
    const b = variable(100)
    const step = program.compile('order', () => {
      const before = tf.add(a, 0)
      a.assign(tf.mul(a, 2))
      b.assign(tf.add(b, a))
      a.assign(tf.add(a, 1))
      return { before, a, b }
    })
    expect(call(step.run, {})).toEqual({ before: 1, a: 3, b: 102 })
    expect(call(step.run, {})).toEqual({ before: 3, a: 7, b: 108 })
    expect(call(step.run, {})).toEqual({ before: 7, a: 15, b: 122 })
  })

  it('adds in the order in which the function adds, whatever the shapes', () => {
    // In float32 10⁸ + 1 is 10⁸: TensorFlow's optimiser would add equal shapes first, which gives 1.
    const [a, b, c] = [variable([1e8, 1e8]), variable(1), variable([-1e8, -1e8])]
    const step = program.compile('sum', () => ({
      pairs: tf.add(tf.add(a, b), c),
      many: tf.addN([tf.mul(a, 1), tf.mul(tf.onesLike(a), b), tf.mul(c, 1)]),
    }))
    expect(call(step.run, {})).toEqual({ pairs: [0, 0], many: [0, 0] })
  })

  it('swaps two variables', () => {
    const a = variable([1, 2])
    const b = variable([3, 4])
    const step = program.compile('swap', () => {
      const kept = tf.clone(a)
      a.assign(b)
      b.assign(kept)
      return {}
    })
    call(step.run, {})
    program.readState()
    expect([a.arraySync(), b.arraySync()]).toEqual([
      [3, 4],
      [1, 2],
    ])
    call(step.run, {})
    program.readState()
    expect([a.arraySync(), b.arraySync()]).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('returns arguments and variables as tensors of the caller', () => {
    const state = variable([7, 8])
    const step = program.compile('alias', ({ x }) => ({ x: x!, again: x!, state, shaped: tf.reshape(x!, [2, 1]) }))
    for (let round = 0; round < 3; round += 1)
      expect(call(step.run, { x: [round, 2] })).toEqual({
        x: [round, 2],
        again: [round, 2],
        state: [7, 8],
        shaped: [[round], [2]],
      })
    expect(state.arraySync()).toEqual([7, 8])
  })

  it('keeps an argument that is assigned to a variable after the argument is gone', () => {
    const state = variable([0, 0, 0])
    const step = program.compile('keep', ({ x }) => {
      state.assign(tf.reshape(tf.reshape(x!, [3, 1]), [3]))
      return {}
    })
    const read = program.compile('read', () => ({ state }))
    for (let round = 0; round < 20; round += 1) {
      call(step.run, { x: [round, round + 1, round + 2] })
      expect(call(read.run, {})).toEqual({ state: [round, round + 1, round + 2] })
    }
  })

  it('takes one argument under two names, and arguments that share data with a variable', () => {
    const state = variable([1, 2])
    const step = program.compile('shared', ({ x, y }) => {
      state.assign(tf.add(state, x!))
      return { difference: tf.sub(x!, y!) }
    })
    disposeAfter(() => {
      const same = tf.clone(state)
      expect(step.run({ x: same, y: same }).difference!.arraySync()).toEqual([0, 0])
      expect(step.run({ x: same, y: tf.tensor([0, 0]) }).difference!.arraySync()).toEqual([1, 2])
    })
    program.readState()
    expect(state.arraySync()).toEqual([3, 6])
  })

  it('handles slices, concatenation, splits, stacks and transposes', () => {
    const work: StepFunction = ({ x }) => {
      const [left, right] = tf.split(x as tf.Tensor2D, 2, 1)
      const rows = tf.unstack(x!)
      return {
        joined: tf.concat([right!, left!, tf.ones([2, 1])], 1),
        stacked: tf.stack([rows[1]!, rows[0]!]),
        part: tf.slice(x!, [0, 1], [2, 2]),
        strided: tf.stridedSlice(x!, [0, 0], [2, 4], [1, 2]),
        turned: tf.transpose(x!),
        padded: tf.pad(x!, [
          [1, 0],
          [0, 1],
        ]),
        summed: tf.addN([x!, x!, x!]),
        tiled: tf.tile(x!, [1, 2]),
        expanded: tf.expandDims(x!, 1),
      }
    }
    requireSameAsEager(work, {
      x: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
    })
  })

  it('knows the shapes of convolutions that a recording leaves out', () => {
    const convolve =
      (stride: number, padding: 'same' | 'valid' | number, dilation = 1): StepFunction =>
      ({ x, filter }) => {
        const work = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          typeof padding === 'number'
            ? conv2d(a as tf.Tensor4D, b as tf.Tensor4D, { stride, padding })
            : tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, padding, 'NHWC', dilation)
        const [toImage, toFilter] = dilation === 1 ? tf.grads((a, b) => tf.square(work(a, b)))([x!, filter!]) : []
        return { y: work(x!, filter!), ...(toImage && toFilter ? { toImage, toFilter } : {}) }
      }
    const args = tf.tidy(() => ({
      x: tf.randomNormal([2, 7, 6, 3], 0, 1, 'float32', 1).arraySync(),
      filter: tf.randomNormal([3, 3, 3, 4], 0, 1, 'float32', 2).arraySync(),
    }))
    for (const step of [
      convolve(1, 'same'),
      convolve(2, 'same'),
      convolve(2, 'valid'),
      convolve(1, 'valid'),
      convolve(2, 1),
      convolve(1, 2),
      convolve(1, 'same', 2),
    ])
      requireSameAsEager(step, args, {}, 1e-5)
  })

  it('makes large tensors of one value when it runs', () => {
    requireSameAsEager(
      ({ x }) => ({
        sum: tf.sum(tf.mul(tf.ones([50, 100]), tf.sum(x!))),
        zeros: tf.sum(tf.zeros([5000], 'int32')),
        truths: tf.all(tf.ones([5000], 'bool')),
      }),
      { x: [1, 2] },
    )
  })

  it('handles integers and booleans', () => {
    const work: StepFunction = ({ x, indices, flags }) => {
      const positive = tf.greater(x!, 0)
      return {
        both: tf.logicalAnd(positive, flags!),
        either: tf.logicalOr(positive, flags!),
        neither: tf.logicalNot(flags!),
        chosen: tf.where(positive, x!, tf.zerosLike(x!)),
        picked: tf.gather(x!, indices as tf.Tensor1D),
        hot: tf.oneHot(indices as tf.Tensor1D, 3),
        best: tf.argMax(x!),
        count: tf.sum(tf.cast(positive, 'int32')),
        sum: tf.add(indices!, indices!),
        float: tf.cast(indices!, 'float32'),
      }
    }
    const dtypes = { indices: 'int32', flags: 'bool' } as const
    requireSameAsEager(work, { x: [-1, 2, 3], indices: [2, 0], flags: [1, 1, 0] }, dtypes)
    requireSameAsEager(work, { x: [4, -2, 0], indices: [1, 1], flags: [0, 1, 0] }, dtypes)
  })

  it('keeps integer and boolean state', () => {
    const count = variable(0, 'int32')
    const seen = variable([0, 0], 'bool')
    const step = program.compile('state', ({ flags }) => {
      count.assign(tf.add(count, tf.scalar(1, 'int32')))
      seen.assign(tf.logicalOr(seen, flags!))
      return {}
    })
    call(step.run, { flags: [1, 0] }, { flags: 'bool' })
    call(step.run, { flags: [0, 0] }, { flags: 'bool' })
    program.readState()
    expect([count.arraySync(), seen.arraySync()]).toEqual([2, [1, 0]])
  })

  it('differentiates, also through a custom gradient', () => {
    const weight = disposeAfter(() => tf.variable(tf.tensor([[0.5], [-0.25]])))
    variables.push(weight)
    const doubled = tf.customGrad((x) => ({
      value: tf.square(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => tf.mul(dy, 3),
    }))
    const step = program.compile('train', ({ x, target, rate }) => {
      const { value, grads } = tf.variableGrads(
        () =>
          tf.sum(
            doubled(tf.sub(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor as tf.Tensor2D), target!)),
          ) as tf.Scalar,
        [weight],
      )
      weight.assign(tf.sub(weight, tf.mul(rate!, grads[weight.name]!)))
      return { loss: value }
    })
    expect(call(step.run, { x: [[1, 2]], target: [[1]], rate: 0.1 })).toEqual({ loss: 1 })
    program.readState()
    expect(weight.arraySync()).toEqual([[expect.closeTo(0.2, 6)], [expect.closeTo(-0.85, 6)]])
  })

  it('gives the same bits twice from the same state', () => {
    const weight = disposeAfter(() => tf.variable(tf.randomNormal([64, 64], 0, 1, 'float32', 1), false))
    variables.push(weight)
    const start = weight.clone()
    const step = program.compile('bits', ({ x }) => {
      const y = tf.softmax(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor as tf.Tensor2D))
      weight.assign(tf.add(weight, tf.matMul(x as tf.Tensor2D, y, true)))
      return { loss: tf.mean(tf.square(y)) }
    })
    const x = tf.randomNormal([32, 64], 0, 1, 'float32', 2)
    const rounds = [0, 1].map(() => {
      weight.assign(start)
      program.writeState()
      const losses = [0, 1, 2].map(() => disposeAfter(() => step.run({ x }).loss!.dataSync()[0]))
      program.readState()
      return { losses, bits: Buffer.from(weight.dataSync().buffer.slice(0)).toString('base64') }
    })
    expect(rounds[1]).toEqual(rounds[0])
    tf.dispose([x, start])
  })
})

describe('steps of one program', () => {
  it('share variables, also when compiled later', () => {
    const state = variable(1)
    const add = program.compile('add', ({ by }) => {
      state.assign(tf.add(state, by!))
      return { state }
    })
    call(add.run, { by: 2 })
    const double = program.compile('double', () => {
      state.assign(tf.mul(state, 2))
      return { state }
    })
    expect(call(double.run, {})).toEqual({ state: 6 })
    expect(call(add.run, { by: 1 })).toEqual({ state: 7 })
    expect(call(double.run, {})).toEqual({ state: 14 })
    expect(() => program.compile('add', () => ({}))).toThrow('compiled before')
  })

  it('take over values from outside at writeState, also with a step compiled before it', () => {
    const state = variable(1)
    const add = program.compile('add', () => {
      state.assign(tf.add(state, 1))
      return { state }
    })
    call(add.run, {})
    disposeAfter(() => {
      state.assign(tf.scalar(50))
    })
    const read = program.compile('read', () => ({ doubled: tf.mul(state, 2) }))
    expect(call(read.run, {})).toEqual({ doubled: 100 })
    program.writeState()
    expect(call(add.run, {})).toEqual({ state: 51 })
    disposeAfter(() => {
      state.assign(tf.scalar(-1))
    })
    program.writeState()
    expect(call(add.run, {})).toEqual({ state: 0 })
    program.readState()
    expect(state.arraySync()).toBe(0)
  })

  it('refuse arguments of another shape or name', () => {
    const step = program.compile('shape', ({ x }) => ({ y: tf.add(x!, 1) }))
    call(step.run, { x: [1, 2] })
    expect(() => call(step.run, { x: [1, 2, 3] })).toThrow('other arguments')
    expect(() => call(step.run, { z: [1, 2] })).toThrow('other arguments')
  })
})

describe('a step that stands apart', () => {
  it('sees what other steps assign, what is written from outside, and no values of before', () => {
    const weight = variable(1)
    const other = variable(10)
    const grow = program.compile('grow', ({ by }) => {
      weight.assign(tf.add(weight, by!))
      return { weight: weight.clone() }
    })
    const look = program.compile('look', () => ({ both: tf.add(weight, other) }), { apart: true })
    const seen = (): unknown => call(look.run, {}).both
    expect(seen(), 'before any other step').toBe(11)
    call(grow.run, { by: 2 })
    expect(seen()).toBe(13)
    expect(seen()).toBe(13)
    call(grow.run, { by: 3 })
    tf.tidy(() => weight.assign(tf.scalar(100)))
    tf.tidy(() => other.assign(tf.scalar(20)))
    program.writeState()
    expect(seen()).toBe(120)
    call(grow.run, { by: 1 })
    expect(seen()).toBe(121)
    program.readState()
    expect(weight.dataSync()[0]).toBe(101)
  })

  it('leaves the graph of the others loaded, so that these are not optimised anew', () => {
    const weight = variable(1)
    const grow = program.compile('grow', ({ by }) => {
      weight.assign(tf.add(weight, by!))
      return {}
    })
    call(grow.run, { by: 1 })
    call(grow.run, { by: 1 })
    const before = binding.getNumOfSavedModels()
    const { deleteSavedModel } = binding
    let deleted = 0
    binding.deleteSavedModel = (id) => {
      deleted += 1
      deleteSavedModel(id)
    }
    const look = program.compile('look', () => ({ weight: weight.clone() }), { apart: true })
    expect(call(look.run, {}).weight).toBe(3)
    binding.deleteSavedModel = deleteSavedModel
    expect({ deleted, loaded: binding.getNumOfSavedModels() - before }).toEqual({ deleted: 0, loaded: 1 })
  })

  it('assigns nothing', () => {
    const weight = variable(1)
    const step = program.compile('step', () => (weight.assign(tf.add(weight, 1)), {}), { apart: true })
    expect(() => step.run({})).toThrow('The step "step" stands apart and assigns to')
  })
})

describe('what would be frozen is refused with its place', () => {
  function problem(step: StepFunction, args: Record<string, tf.TensorLike> = { x: [1, 2] }, calls = 1): unknown {
    const runner = program.compile('frozen', step)
    try {
      for (let index = 0; index < calls; index += 1) call(runner.run, args)
    } catch (error) {
      return error
    }
    return undefined
  }
  const here = expect.stringContaining('stepProgram.tf.test.ts') as string

  it('a captured tensor, uploaded or not', () => {
    const waiting = tf.tensor([1, 2])
    expect(problem(({ x }) => ({ y: tf.add(x!, waiting) }))).toMatchObject({
      message: expect.stringContaining('outside the step'),
      where: here,
    })
    program.dispose()
    program = createStepProgram({ mode: 'graph' })
    const computed = tf.add(waiting, 1)
    expect(problem(({ x }) => ({ y: tf.add(x!, computed) }))).toMatchObject({
      message: expect.stringContaining('outside the step'),
      where: here,
    })
    program.dispose()
    program = createStepProgram({ mode: 'graph' })
    expect(problem(() => ({ y: computed }))).toMatchObject({ message: expect.stringContaining('outside the step') })
    tf.dispose([waiting, computed])
  })

  it('the tensor that a variable was made from', () => {
    const initial = tf.tensor([1, 2])
    const state = tf.variable(initial, false)
    variables.push(state)
    expect(problem(({ x }) => ({ y: tf.add(x!, initial) }))).toMatchObject({
      message: expect.stringContaining('outside the step'),
    })
    initial.dispose()
  })

  it('a large tensor made on the host', () => {
    expect(
      problem(({ x }) => ({ y: tf.add(tf.sum(x!), tf.tensor(Array.from({ length: 2000 }, (_, index) => index))) })),
    ).toMatchObject({
      message: expect.stringContaining('large tensor'),
      where: here,
      got: expect.stringContaining('8000 bytes'),
    })
  })

  it('reading values on the host', () => {
    expect(problem(({ x }) => ({ y: tf.add(x!, tf.sum(x!).dataSync()[0] ?? 0) }))).toMatchObject({
      message: expect.stringContaining('on the host'),
      where: here,
    })
  })

  it('a new variable', () => {
    let made: tf.Variable | undefined
    expect(
      problem(({ x }) => {
        made = tf.variable(x!)
        return {}
      }),
    ).toMatchObject({ message: expect.stringContaining('makes or disposes') })
    made?.dispose()
  })

  it('a JavaScript number that changes', () => {
    let rate = 0.1
    expect(
      problem(
        ({ x }) => {
          rate *= 2
          return { y: tf.mul(x!, rate) }
        },
        { x: [1, 2] },
        2,
      ),
    ).toMatchObject({ message: expect.stringContaining('made on the host changed'), where: here })
  })

  it('a branch that changes', () => {
    let round = 0
    expect(
      problem(
        ({ x }) => {
          round += 1
          return { y: round === 1 ? tf.add(x!, 1) : tf.sub(x!, 1) }
        },
        { x: [1, 2] },
        2,
      ),
    ).toMatchObject({ message: expect.stringContaining('another operation'), where: here })
  })

  it('leaves the variables as they were', () => {
    const state = variable([1, 2])
    expect(
      problem(({ x }) => {
        state.assign(tf.add(state, x!))
        throw new Error('broken step')
      }),
    ).toMatchObject({ message: 'broken step' })
    expect(state.arraySync()).toEqual([1, 2])
    expect(
      tf.tidy(() => tf.add(state, 1).arraySync()),
      'operations go to TensorFlow again',
    ).toEqual([2, 3])
  })
})

it('an eager program runs the function and keeps its variables', () => {
  const eager = createStepProgram({ mode: 'eager' })
  const state = variable(1)
  const step = eager.compile('add', ({ x }) => {
    state.assign(tf.add(state, x!))
    return { x: x!, state }
  })
  expect(call(step.run, { x: 2 })).toEqual({ x: 2, state: 3 })
  expect(call(step.run, { x: 2 })).toEqual({ x: 2, state: 5 })
  expect(state.arraySync()).toBe(5)
})

/** Every number in nested arrays, in order. */
const numbersOf = (value: unknown): number[] => (Array.isArray(value) ? value.flatMap(numbersOf) : [Number(value)])

let stepCount = 0
function requireSameAsEager(
  step: StepFunction,
  args: Record<string, tf.TensorLike>,
  dtypes: Record<string, 'float32' | 'int32' | 'bool'> = {},
  tolerance = 0,
): void {
  stepCount += 1
  const runner = program.compile(`compared ${stepCount}`, step)
  const eager = call((tensors) => step(tensors), args, dtypes)
  for (let round = 0; round < 2; round += 1) {
    const captured = call(runner.run, args, dtypes)
    if (tolerance === 0) expect(captured).toEqual(eager)
    expect(Object.keys(captured)).toEqual(Object.keys(eager))
    for (const [name, value] of Object.entries(eager)) {
      const [wanted, found] = [numbersOf(value), numbersOf(captured[name])]
      expect(found).toHaveLength(wanted.length)
      wanted.forEach((number, index) => {
        expect(Math.abs((found[index] ?? NaN) - number)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(number)))
      })
    }
  }
}
