/**
 * Backward kernels of grouped convolutions, in which each of G groups of output channels sees its own group of input
 * channels: filter [kh, kw, I/G, O].
 */
import * as tf from '@tensorflow/tfjs-core'

/** TensorFlow's own CPU kernels have the forward pass alone; the gradients are oneDNN's, or cuDNN's. */
const withoutGradients = (): boolean => ['0', 'false'].includes(process.env.TF_ENABLE_ONEDNN_OPTS ?? '')

/**
 * From so many channels a group on, a convolution per group is faster than oneDNN's kernels of all groups: 8 groups of
 * 64 channels take 114 ms instead of 317, 2 groups 44 instead of 53, but 32 groups of 4, 8, 16 channels 79 instead of
 * 63, 45 instead of 18, 29 instead of 10 (both passes, 2 cores).
 */
const wideGroup = 32

/** Groups of a convolution over so many channels. */
export const groupsOf = (channels: number, filterShape: readonly number[]): number =>
  channels / (filterShape[2] ?? channels)

/** Whether the backward kernels shall take one group after the other. */
export const oneByOne = (groups: number, filterShape: readonly number[]): boolean =>
  groups > 1 && (withoutGradients() || (filterShape[2] ?? 1) >= wideGroup)

/** `run` for the channels of each group, the results beside each other; inside an operation's `run`. */
export function eachGroup(
  groups: number,
  tensors: readonly [tf.Tensor, tf.Tensor],
  run: (left: tf.Tensor, right: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const [left, right] = tensors.map((tensor) => tf.split(tensor, groups, 3))
    return tf.concat(
      (left ?? []).map((part, group) => run(part, right?.[group] ?? part)),
      3,
    )
  })
}
