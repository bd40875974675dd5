import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Parameter } from '../../../src/main/engine/maths/nn'
import { createAdam, createSgd, type Optimizer } from '../../../src/main/engine/families/optimizers'
import { clipByGlobalNorm } from '../../../src/main/engine/maths/nn/gradients'
import { startTensorFlow } from '../../../src/main/engine/runtime'

beforeAll(async () => {
  await startTensorFlow()
})

/** Two parameters, so that the order in the flat vector is tested too. */
const makeParameters = (): Parameter[] =>
  tf.tidy(() =>
    [tf.tensor2d([[1], [-2]]), tf.tensor1d([3, 0.5])].map((value, index) => ({
      name: `p${index}`,
      layout: 'plain' as const,
      variable: tf.variable(value as tf.Tensor),
    })),
  )
const gradients = [
  [0.5, -1e-6, 1e-9, 2],
  [0.1, 3e-6, -1e-9, -1],
  [-0.7, 0, 2e-9, 0.3],
  [0.2, 1e-6, 0, 0],
]

function trajectory(make: (parameters: Parameter[]) => Optimizer): number[][] {
  const parameters = makeParameters()
  const optimizer = make(parameters)
  const before = tf.memory().numTensors
  const path = gradients.map((gradient) =>
    tf.tidy(() => {
      optimizer.apply([tf.tensor2d(gradient.slice(0, 2), [2, 1]), tf.tensor1d(gradient.slice(2))], tf.scalar(0.1))
      return parameters.flatMap(({ variable }) => [...variable.dataSync()])
    }),
  )
  expect(tf.memory().numTensors).toBe(before)
  optimizer.dispose()
  tf.dispose(parameters.map(({ variable }) => variable))
  return path
}

const expectPath = (got: readonly number[][], wanted: readonly number[][]): void =>
  wanted.forEach((row, step) =>
    row.forEach((value, index) =>
      expect(Math.abs((got[step]?.[index] ?? NaN) - value), `step ${step}, element ${index}`).toBeLessThan(2e-6),
    ),
  )

// Wanted values: PyTorch 2.15, lr 0.1; gradients near Adam's ε tell where ε stands.
describe('optimizers against PyTorch', () => {
  it('Adam', () => {
    expectPath(
      trajectory((parameters) => createAdam(parameters)),
      [
        [0.9000000357627869, -1.9009901285171509, 2.9909090995788574, 0.4000000059604645],
        [0.8196959495544434, -1.9501891136169434, 2.9913876056671143, 0.3733662962913513],
        [0.8348226547241211, -1.9881820678710938, 2.985213041305542, 0.34445953369140625],
        [0.833808422088623, -2.035269260406494, 2.980759859085083, 0.320780873298645],
      ],
    )
  })
  it('Adam with coupled weight decay', () => {
    expectPath(
      trajectory((parameters) => createAdam(parameters, { weightDecay: 0.01 })),
      [
        [0.9000000357627869, -1.9000000953674316, 2.9000000953674316, 0.4000000059604645],
        [0.8189151883125305, -1.800167441368103, 2.800102710723877, 0.3731156289577484],
        [0.8322373032569885, -1.700624704360962, 2.7003815174102783, 0.343927264213562],
        [0.8292496800422668, -1.6015065908432007, 2.6009135246276855, 0.3199293613433838],
      ],
    )
  })
  it('SGD with momentum and coupled weight decay', () => {
    expectPath(
      trajectory((parameters) => createSgd(parameters, { momentum: 0.9, weightDecay: 0.01 })),
      [
        [0.9490000009536743, -1.997999906539917, 2.996999979019165, 0.2994999885559082],
        [0.8921509981155396, -1.9942021369934082, 2.991302967071533, 0.2187504768371582],
        [0.9100947380065918, -1.9887899160385132, 2.983184337615967, 0.11585716903209686],
        [0.9053339958190918, -1.9819302558898926, 2.9728944301605225, 0.02313733845949173],
      ],
    )
  })
  it('plain SGD has no slots', () => {
    const parameters = makeParameters()
    const optimizer = createSgd(parameters)
    expect(optimizer.slots).toEqual({})
    tf.tidy(() => optimizer.apply([tf.tensor2d([[1], [1]]), tf.tensor1d([1, 1])], tf.scalar(0.5)))
    expect(parameters.flatMap(({ variable }) => [...variable.dataSync()])).toEqual([0.5, -2.5, 2.5, 0])
    tf.dispose(parameters.map(({ variable }) => variable))
  })
  it('clips to a global norm over all gradients', () => {
    tf.tidy(() => {
      const { gradients: clipped, norm } = clipByGlobalNorm([tf.tensor1d([3, 4]), tf.tensor2d([[12]])], 5)
      expect(norm.dataSync()[0]).toBeCloseTo(13, 5)
      expect([...clipped.dataSync()].map((value) => value.toFixed(4))).toEqual(['1.1538', '1.5385', '4.6154'])
      expect([...clipByGlobalNorm([tf.tensor1d([3, 4])], 6).gradients.dataSync()]).toEqual([3, 4])
    })
  })
})
