/** Weights as a training stage leaves them: a layer, its statistics, a counter. */
import type { WeightMap } from '../../src/main/engine/weights/weightMap'

export const fakeWeights: WeightMap = new Map([
  ['layer.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 4, 1e-30, 6) }],
  ['layer.running_var', { dtype: 'float32', shape: [2], data: Float32Array.of(0.25, 1) }],
  ['layer.num_batches_tracked', { dtype: 'int64', shape: [], data: BigInt64Array.of(12n) }],
])
