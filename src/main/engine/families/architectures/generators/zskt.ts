import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../../shared/errors'
import { createBuilder, type NetworkBuilder } from '../../../maths/nn/builder'
import type { InitialStream } from '../../../maths/nn/initial'
import type { ForwardContext, Generator } from '../../../maths/nn/types'
import { leakyRelu, upsampleNearest } from '../../../maths/ops'
import { costOf } from '../network'
import type { ArchitectureCost } from '../types'

export interface ZsktGeneratorOptions {
  /** Length of z; 100 in the reference. */
  readonly latent: number
  /** Channels of the first block; each further one has half of its predecessor's. 128 in the reference. */
  readonly width: number
  /** Channels of the images. */
  readonly channels: number
  /** Height of the images; up to 128 a multiple of 4. */
  readonly height: number
  /** Width of the images; up to 128 a multiple of 4. */
  readonly imageWidth: number
}

interface Size {
  readonly height: number
  readonly width: number
}
interface Layout {
  /** Of the image that the linear layer makes. */
  readonly start: Size
  /** Of each block's output. */
  readonly blocks: readonly Size[]
}

const slope = 0.2
/**
 * Images whose sides are all larger than this begin at 8×8 and are doubled up to it; a last block brings them to their
 * size.
 */
const largestDoubled = 128
const square = (side: number): Size => ({ height: side, width: side })

function layoutOf({ height, imageWidth }: ZsktGeneratorOptions): Layout {
  const image = { height, width: imageWidth }
  if (Math.min(height, imageWidth) > largestDoubled)
    return { start: square(8), blocks: [square(16), square(32), square(64), square(largestDoubled), image] }
  if (height % 4 !== 0 || imageWidth % 4 !== 0) {
    throw new RefusedInputError('The generator doubles its image twice, so both sides must be multiples of 4.', {
      wanted: `image sides that are multiples of 4, or larger than ${largestDoubled}`,
      got: `${height} × ${imageWidth}`,
      action: 'Choose another data set or image size.',
    })
  }
  return {
    start: { height: height / 4, width: imageWidth / 4 },
    blocks: [{ height: height / 2, width: imageWidth / 2 }, image],
  }
}

/**
 * Upsampling, conv 3×3 with bias, BN, LeakyReLU .2; `position` is that of the upsampling in the reference's
 * nn.Sequential.
 */
function createBlock(
  build: NetworkBuilder,
  position: number,
  { inputs, outputs, from, to }: { inputs: number; outputs: number; from: Size; to: Size },
) {
  const doubled = to.height === 2 * from.height && to.width === 2 * from.width
  const convolution = build.convolution(`layers.${position + 1}`, {
    inputs,
    outputs,
    kernel: 3,
    padding: 1,
    bias: true,
    upsampled: doubled,
    output: to,
  })
  const norm = build.batchNorm(`layers.${position + 2}`, outputs)
  return (x: tf.Tensor4D, context: ForwardContext): tf.Tensor4D =>
    leakyRelu(norm(convolution(doubled ? x : upsampleNearest(x, to), context), context), slope)
}

/** Asks the builder for all layers, in PyTorch's order of registration, and says how they are joined. */
function define(build: NetworkBuilder, options: ZsktGeneratorOptions): Generator['forward'] {
  const { latent, width, channels } = options
  const { start, blocks } = layoutOf(options)
  const linear = build.linear('layers.0', {
    inputs: latent,
    outputs: start.height * start.width * width,
    image: [start.height, start.width, width],
  })
  const firstNorm = build.batchNorm('layers.2', width)
  const firstBlock = 3
  const layersPerBlock = 4
  let inputs = width
  let from = start
  const steps = blocks.map((to, index) => {
    const outputs = Math.max(1, Math.floor(width / 2 ** index))
    const block = createBlock(build, firstBlock + layersPerBlock * index, { inputs, outputs, from, to })
    inputs = outputs
    from = to
    return block
  })
  const end = firstBlock + layersPerBlock * blocks.length
  const toImage = build.convolution(`layers.${end}`, {
    inputs,
    outputs: channels,
    kernel: 3,
    padding: 1,
    bias: true,
    output: from,
  })
  const lastNorm = build.batchNorm(`layers.${end + 1}`, channels)
  return (latentCodes, context) => {
    const seed = tf.reshape(linear(latentCodes, context), [-1, start.height, start.width, width]) as tf.Tensor4D
    const features = steps.reduce((x, block) => block(x, context), firstNorm(seed, context))
    return lastNorm(toImage(features, context), context)
  }
}

/**
 * ZSKT's generator: z → linear → start image of `width` channels → BN → blocks of (upsampling, conv 3×3, BN, LeakyReLU
 * .2) → conv 3×3 → affine BN.
 * The size of the images chooses the blocks:
 * - up to 128 pixels: start [H/4, W/4], two doublings, `width` and width/2 channels (the reference's target_size 32);
 * - both sides larger than 128: start [8, 8], doublings to 16, 32, 64 and 128 pixels, then nearest neighbours to H × W;
 * `width`, width/2 … width/16 channels
 *   (its target_size 224 and 256).
 * The images lie in the teacher's normalised space, unbounded. Parameter names follow the positions in the reference's
 * nn.Sequential.
 * Initial weights: PyTorch's defaults. Reference: Micaelli & Storkey 2019; ABD zskt/models/generator.py, which knows
 * the sides 32, 224 and 256 alone.
 * @throws RefusedInputError where a side up to 128 is no multiple of 4
 */
export function createZsktGenerator(options: ZsktGeneratorOptions & { readonly stream: InitialStream }): Generator {
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
export const zsktGeneratorCost = (options: ZsktGeneratorOptions): ArchitectureCost =>
  costOf((build) => define(build, options))
