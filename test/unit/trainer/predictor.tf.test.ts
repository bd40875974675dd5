/** Predictions of several sets in one pass over batches. */
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { wrn } from '../../../src/main/engine/families/architectures/wrn'
import { createStepProgram } from '../../../src/main/engine/graph'
import type { ImageSet } from '../../../src/main/engine/images/types'
import { tensorflowBackend } from '../../../src/main/engine/maths/ops/kernels'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createPredictor } from '../../../src/main/engine/trainer/evaluation'

const [side, classes] = [8, 4]
const normalization = { mean: [0.5, 0.5, 0.5], standardDeviation: [0.2, 0.2, 0.2] }

beforeAll(async () => {
  await startTensorFlow()
})
afterEach(() => {
  vi.restoreAllMocks()
  tensorflowBackend().isUsingGpuDevice = false
})

function images(count: number, name: string): ImageSet {
  const pixels = Uint8Array.from(createStream(1, name).integers(count * side * side * 3, 256))
  return { count, height: side, width: side, channels: 3, pixels, labels: new Int32Array(count) }
}
const classifier = () =>
  wrn.create(
    { depth: 10, width: 1 },
    { classes, channels: 3, height: side, width: side, stream: createStream(1, 'model') },
  )

/** What the images of each slice get, and the sizes of the batches that were run. */
function predictions(slices: Parameters<ReturnType<typeof createPredictor>>[0]) {
  const program = createStepProgram({ mode: 'eager' })
  const sizes: number[] = []
  const compile: typeof program.compile = (name, step) =>
    program.compile(name, (args) => {
      sizes.push(args.images?.shape[0] ?? 0)
      return step(args)
    })
  const predict = createPredictor({ ...program, compile }, 'predict', classifier(), normalization)
  const before = tf.memory().numTensors
  const found = predict(slices)
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before)
  return { found: found.map((answers) => [...answers]), sizes }
}

describe('a predictor', () => {
  const [clean, triggered] = [images(130, 'clean'), images(90, 'triggered')]

  it('gives each set what it gets alone, and the sets share batches', () => {
    const alone = [clean, triggered].map((set) => predictions([{ set }]))
    const both = predictions([{ set: clean }, { set: triggered }])
    expect(both.found).toEqual(alone.map(({ found }) => found[0]))
    expect(new Set(both.found.flat()).size, 'the images differ').toBeGreaterThan(1)
    expect(alone.flatMap(({ sizes }) => sizes)).toEqual([100, 100, 100])
    expect(both.sizes).toEqual([100, 100, 100])
    expect(
      predictions([
        { set: clean, from: 20, to: 60 },
        { set: triggered, from: 0, to: 40 },
      ]),
    ).toEqual({
      found: [both.found[0]?.slice(20, 60), both.found[1]?.slice(0, 40)],
      sizes: [100],
    })
  })

  it('takes larger batches on a GPU, as far as there are images', () => {
    const onCpu = predictions([{ set: clean }, { set: triggered }])
    tensorflowBackend().isUsingGpuDevice = true
    expect(predictions([{ set: clean }, { set: triggered }])).toEqual({ found: onCpu.found, sizes: [300] })
  })

  it('gives no class where a logit is not finite', () => {
    const model = classifier()
    const { forward } = model
    model.forward = (input, pass) => {
      const output = forward.call(model, input, pass)
      const logits = tf.concat([output.logits.slice([0, 0], [100, 3]), tf.fill([100, 1], NaN)], 1) as tf.Tensor2D
      return { ...output, logits }
    }
    const predict = createPredictor(createStepProgram({ mode: 'eager' }), 'nan', model, normalization)
    expect([...(predict([{ set: triggered, to: 3 }])[0] ?? [])]).toEqual([-1, -1, -1])
  })
})
