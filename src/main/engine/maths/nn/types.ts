import type * as tf from '@tensorflow/tfjs-core'

/** How a tensor in memory maps to PyTorch's layout in files. */
export type ParameterLayout =
  /** HWIO in memory, OIHW in files. */
  | 'convolution'
  /** One filter per channel: [kh, kw, C, 1] in memory, [C, 1, kh, kw] in files. */
  | 'depthwise'
  /** [in, out] in memory, [out, in] in files. */
  | 'linear'
  /** The generator's first layer: [in, H·W·C] in memory (NHWC order), [C·H·W, in] in files. */
  | 'linearToImage'
  /** The bias of such a layer: [H·W·C] in memory, [C·H·W] in files. */
  | 'biasToImage'
  /** A layer that reads an image: [H·W·C, out] in memory (NHWC order), [out, C·H·W] in files. */
  | 'linearFromImage'
  | 'plain'
  /** `num_batches_tracked`: float32 scalar in memory, int64 in files. */
  | 'count'

/** One entry of a PyTorch state_dict. */
export interface Parameter {
  /** The state_dict key, e.g. `block1.layer.0.conv1.weight`. */
  readonly name: string
  readonly layout: ParameterLayout
  readonly variable: tf.Variable
  /** Of the image-shaped layouts: [height, width, channels]. */
  readonly image?: readonly [number, number, number]
}

/** A change of state that a forward pass asks for (running statistics); the step applies it once, at its end. */
export interface StateUpdate {
  readonly variable: tf.Variable
  readonly value: tf.Tensor
}

/** Statistics of the input of one batch-norm layer over the current batch: [C] each; `variance` is the biased one. */
export interface BatchStatistics {
  readonly layer: string
  readonly mean: tf.Tensor1D
  readonly variance: tf.Tensor1D
  readonly runningMean: tf.Tensor1D
  readonly runningVariance: tf.Tensor1D
}

export interface ForwardContext {
  /** Batch statistics and running-statistics updates (PyTorch's train()), or stored statistics (eval()). */
  readonly training: boolean
  /** Filled by batch norm in training mode. */
  readonly updates?: StateUpdate[]
  /** When given, every batch-norm layer appends the statistics of its input (DeepInversion-style losses). */
  readonly statistics?: BatchStatistics[]
  /**
   * When given, every contrastive point of the network appends the mean of what passes it over each image: [N, C]
   * (contrastive inversion).
   */
  readonly instanceMeans?: tf.Tensor2D[]
  /** Use kernels that can be differentiated twice (Self-Retrospection); slower. */
  readonly twiceDifferentiable?: boolean
  /**
   * int32 [2]; layers with dropout apply it when training and given this. An argument of the step, never a constant.
   */
  readonly dropoutSeed?: tf.Tensor1D
  /** Tensors to use in place of some parameters, e.g. channel-shuffled filters. */
  readonly substitutes?: ReadonlyMap<tf.Variable, tf.Tensor>
  /**
   * When given, what each convolution and each batch norm puts out passes through it under the layer's name, and the
   * network goes on with what it answers: activations are read, masked or added to there. For analyses alone.
   */
  readonly through?: (layer: string, output: tf.Tensor4D) => tf.Tensor4D
  /**
   * Activations of a pass over the same images in the same mode without the substitutes. The architecture may start
   * from the last of them
   * that lies before every substituted parameter, instead of computing it again.
   */
  readonly prefix?: readonly tf.Tensor4D[]
}

export interface ClassifierOutput {
  /** [N, classes] */
  readonly logits: tf.Tensor2D
  /** Block outputs that attention transfer reads, NHWC; empty where the architecture has none. */
  readonly activations: readonly tf.Tensor4D[]
  /** What the last linear layer sees, [N, d]; absent where an architecture does not say. */
  readonly features?: tf.Tensor2D
}

/** A model whose parameters carry PyTorch's names and semantics. Images are NHWC float32. */
export interface NetworkState {
  /** Trainable, in PyTorch's named_parameters order. */
  readonly parameters: readonly Parameter[]
  /** Running statistics and counters. */
  readonly buffers: readonly Parameter[]
  dispose(): void
}
export interface Classifier extends NetworkState {
  readonly classes: number
  /**
   * Channels at each point whose means `instanceMeans` collects, in order; where it is absent, the points are the
   * inputs of all batch-norm layers.
   */
  readonly contrastivePoints?: readonly number[]
  forward(images: tf.Tensor4D, context: ForwardContext): ClassifierOutput
}
export interface Generator extends NetworkState {
  /** Length of the latent code. */
  readonly latent: number
  /** [N, latent] → [N, H, W, C] */
  forward(latentCodes: tf.Tensor2D, context: ForwardContext): tf.Tensor4D
}
