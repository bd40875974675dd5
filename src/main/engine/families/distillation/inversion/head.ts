import type * as tf from '@tensorflow/tfjs-core'
import { unitRows } from '../../../maths/losses/contrastive'
import { createBuilder } from '../../../maths/nn/builder'
import type { InitialStream } from '../../../maths/nn/initial'
import type { Classifier, ForwardContext, NetworkState } from '../../../maths/nn/types'
import { relu } from '../../../maths/ops'
import { passes } from '../types'

export interface ContrastiveHead extends NetworkState {
  /** [n, features] → unit vectors [n, outputs] */
  forward(features: tf.Tensor2D): tf.Tensor2D
}

/**
 * So many numbers does the teacher show of each image: a mean per channel of each of its contrastive points. Reference:
 * ABD cmi/datafree_kd.py feature_layers.
 */
export function instanceFeatureCount(teacher: Classifier): number {
  const channels =
    teacher.contrastivePoints ??
    teacher.buffers.filter(({ name }) => name.endsWith('running_mean')).map(({ variable }) => variable.size)
  return channels.reduce((total, count) => total + count, 0)
}

/**
 * Multiply-adds of one synthesis step's comparison of `rows` images: their local vectors with gradients, their global
 * ones without, each with each.
 * @param features see {@link instanceFeatureCount}
 */
export function contrastCost({ features, outputs, rows }: { features: number; outputs: number; rows: number }): number {
  return rows * features * (features + outputs) * (passes.training + 1) + rows * rows * outputs * passes.toImages
}

/**
 * linear → ReLU → linear → length 1; the hidden layer is as wide as its input. Reference: ABD
 * cmi/datafree/synthesis/contrastive.py MLPHead.
 */
export function createContrastiveHead(features: number, outputs: number, stream: InitialStream): ContrastiveHead {
  const build = createBuilder(stream)
  const first = build.linear('head.0', { inputs: features, outputs: features })
  const second = build.linear('head.2', { inputs: features, outputs })
  const context: ForwardContext = { training: true }
  return {
    parameters: build.parameters,
    buffers: build.buffers,
    forward: (x) => unitRows(second(relu(first(x, context)), context)),
    dispose: () => build.dispose(),
  }
}
