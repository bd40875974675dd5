import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { createBuilder } from '../../nn/builder'
import type { InitialStream } from '../../nn/initial'
import type { Generator } from '../../nn/types'
import { leakyRelu } from '../../ops'
import { createCostCounter } from '../cost'
import type { ArchitectureCost } from '../types'

export interface ZsktGeneratorOptions {
  /** Length of z; 100 in the reference. */
  readonly latent: number
  /** Channels of the first block; the second has half. 128 in the reference. */
  readonly width: number
  /** Channels of the images. */
  readonly channels: number
  /** Height of the images; a multiple of 4. */
  readonly height: number
  /** Width of the images; a multiple of 4. */
  readonly imageWidth: number
}

const slope = 0.2
const upsampling = 4

function startOf(options: ZsktGeneratorOptions): { height: number; width: number; half: number } {
  const { height, imageWidth, width } = options
  if (height % upsampling !== 0 || imageWidth % upsampling !== 0) {
    throw new RefusedInputError('The generator doubles its image twice, so both sides must be multiples of 4.', {
      wanted: 'image sides that are multiples of 4', got: `${height} × ${imageWidth}`, action: 'Choose another data set or image size.',
    })
  }
  return { height: height / upsampling, width: imageWidth / upsampling, half: Math.max(1, Math.floor(width / 2)) }
}

/**
 * ZSKT's generator: z → linear → [H/4, W/4, width] → BN → ×2 → conv 3×3 → BN → LeakyReLU .2 → ×2 → conv 3×3 (width/2) → BN → LeakyReLU .2 → conv 3×3 → affine BN.
 * The images lie in the teacher's normalised space, unbounded. Parameter names follow the positions in the reference's nn.Sequential.
 * Initial weights: PyTorch's defaults. Reference: Micaelli & Storkey 2019; ABD zskt/models/generator.py (target_size 32).
 */
export function createZsktGenerator(options: ZsktGeneratorOptions & { readonly stream: InitialStream }): Generator {
  const { latent, width, channels } = options
  const start = startOf(options)
  const build = createBuilder(options.stream)
  const linear = build.linear('layers.0', { inputs: latent, outputs: start.height * start.width * width, image: [start.height, start.width, width] })
  const bn2 = build.batchNorm('layers.2', width)
  const conv4 = build.convolution('layers.4', { inputs: width, outputs: width, kernel: 3, padding: 1, bias: true, upsampled: true })
  const bn5 = build.batchNorm('layers.5', width)
  const conv8 = build.convolution('layers.8', { inputs: width, outputs: start.half, kernel: 3, padding: 1, bias: true, upsampled: true })
  const bn9 = build.batchNorm('layers.9', start.half)
  const conv11 = build.convolution('layers.11', { inputs: start.half, outputs: channels, kernel: 3, padding: 1, bias: true })
  const bn12 = build.batchNorm('layers.12', channels)
  return {
    latent, parameters: build.parameters, buffers: build.buffers,
    forward(latentCodes, context) {
      const seed = tf.reshape(linear(latentCodes, context), [-1, start.height, start.width, width]) as tf.Tensor4D
      const coarse = leakyRelu(bn5(conv4(bn2(seed, context), context), context), slope)
      const fine = leakyRelu(bn9(conv8(coarse, context), context), slope)
      return bn12(conv11(fine, context), context)
    },
    dispose: () => build.dispose(),
  }
}

/** Parameters and multiply-adds per image, for estimates. */
export function zsktGeneratorCost(options: ZsktGeneratorOptions): ArchitectureCost {
  const { latent, width, channels, height, imageWidth } = options
  const start = startOf(options)
  const counter = createCostCounter()
  counter.linear(latent, start.height * start.width * width)
  counter.batchNorm(width)
  counter.convolution({ inputs: width, outputs: width, kernel: 3, height: height / 2, width: imageWidth / 2, bias: true, upsampled: true })
  counter.batchNorm(width)
  counter.convolution({ inputs: width, outputs: start.half, kernel: 3, height, width: imageWidth, bias: true, upsampled: true })
  counter.batchNorm(start.half)
  counter.convolution({ inputs: start.half, outputs: channels, kernel: 3, height, width: imageWidth, bias: true })
  counter.batchNorm(channels)
  return counter.total()
}
