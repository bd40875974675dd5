import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../../shared/errors'
import { createBuilder, type NetworkBuilder } from '../../../maths/nn/builder'
import type { InitialStream } from '../../../maths/nn/initial'
import type { Generator, Parameter } from '../../../maths/nn/types'
import { leakyRelu } from '../../../maths/ops'
import { costOf } from '../network'
import type { ArchitectureCost } from '../types'

export interface CmiGeneratorOptions {
  /** Length of z; 256 in the reference (DAFL 512). */
  readonly latent: number
  /** Channels of the last hidden layer; the first have 2× or, `large`, 4× as many. 64 in the reference. */
  readonly width: number
  /** The reference's LargeGenerator, which DAFL, DFQ, DFAD and ZSKT-in-this-setting use. */
  readonly large: boolean
  /** Channels of the images. */
  readonly channels: number
  /** Height and width of the images; multiples of 4. */
  readonly height: number
  readonly imageWidth: number
}

const slope = 0.2
const upsampling = 4

function define(build: NetworkBuilder, options: CmiGeneratorOptions): Generator['forward'] {
  const { latent, width, channels, height, imageWidth } = options
  if (height % upsampling !== 0 || imageWidth % upsampling !== 0) {
    throw new RefusedInputError('The generator doubles its image twice, so both sides must be multiples of 4.', {
      wanted: 'image sides that are multiples of 4',
      got: `${height} × ${imageWidth}`,
      action: 'Choose another data set or image size.',
    })
  }
  const start = {
    height: height / upsampling,
    width: imageWidth / upsampling,
    channels: width * (options.large ? 4 : 2),
  }
  const half = { height: height / 2, width: imageWidth / 2 }
  const full = { height, width: imageWidth }
  const linear = build.linear('l1.0', {
    inputs: latent,
    outputs: start.height * start.width * start.channels,
    image: [start.height, start.width, start.channels],
  })
  const bn0 = build.batchNorm('conv_blocks.0', start.channels)
  const conv2 = build.convolution('conv_blocks.2', {
    inputs: start.channels,
    outputs: 2 * width,
    kernel: 3,
    padding: 1,
    upsampled: true,
    output: half,
  })
  const bn3 = build.batchNorm('conv_blocks.3', 2 * width)
  const conv6 = build.convolution('conv_blocks.6', {
    inputs: 2 * width,
    outputs: width,
    kernel: 3,
    padding: 1,
    upsampled: true,
    output: full,
  })
  const bn7 = build.batchNorm('conv_blocks.7', width)
  const conv9 = build.convolution('conv_blocks.9', {
    inputs: width,
    outputs: channels,
    kernel: 3,
    padding: 1,
    bias: true,
    output: full,
  })
  return (latentCodes, context) => {
    const seed = tf.reshape(linear(latentCodes, context), [
      -1,
      start.height,
      start.width,
      start.channels,
    ]) as tf.Tensor4D
    const coarse = leakyRelu(bn3(conv2(bn0(seed, context), context), context), slope)
    const fine = leakyRelu(bn7(conv6(coarse, context), context), slope)
    return tf.sigmoid(conv9(fine, context))
  }
}

/**
 * Generator of the CMI family: z → linear → [H/4, W/4, 2·width or 4·width] → BN → ×2 → conv 3×3 (2·width) → BN →
 * LeakyReLU .2 → ×2 → conv 3×3 (width) → BN →
 * LeakyReLU .2 → conv 3×3 (with bias) → sigmoid. The images lie in [0, 1] and are normalised afterwards.
 * Initial weights: PyTorch's defaults. Reference: ABD cmi/datafree/models/generator.py Generator and LargeGenerator.
 */
export function createCmiGenerator(options: CmiGeneratorOptions & { readonly stream: InitialStream }): Generator {
  const build = createBuilder(options.stream)
  const forward = define(build, options)
  return {
    latent: options.latent,
    parameters: build.parameters,
    buffers: build.buffers,
    forward,
    dispose: () => build.dispose(),
  }
}

/** Parameters and multiply-adds per image, for estimates. */
export const cmiGeneratorCost = (options: CmiGeneratorOptions): ArchitectureCost =>
  costOf((build) => define(build, options))

const resetDeviation = 0.02

/**
 * The weights that each synthesis call begins with: convolutions and linear layers N(0, 0.02²), batch-norm scales N(1,
 * 0.02²), biases 0; one vector in parameter order.
 * Reference: ABD cmi/datafree/synthesis/contrastive.py reset_model.
 */
export function freshGeneratorWeights(parameters: readonly Parameter[], stream: InitialStream): Float32Array {
  const out = new Float32Array(parameters.reduce((total, { variable }) => total + variable.size, 0))
  let offset = 0
  for (const { name, layout, variable } of parameters) {
    const isBias = layout === 'biasToImage' || name.endsWith('.bias')
    if (!isBias) {
      const middle = layout === 'plain' ? 1 : 0
      out.set(
        stream.normal(variable.size).map((value) => middle + resetDeviation * value),
        offset,
      )
    }
    offset += variable.size
  }
  return out
}
