import type * as tf from '@tensorflow/tfjs-core'

/** Arguments or outputs of a step by name. */
export type NamedTensors = Record<string, tf.Tensor>
