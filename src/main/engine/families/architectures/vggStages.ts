/** The stages of VGG, which several code bases share; only names, pooling and what follows differ. */
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { relu } from '../../maths/ops'
import type { Size } from './residual'

export const stageChannels = [64, 128, 256, 512, 512] as const

/** Convolutions of each stage, by depth. */
export const convolutionCounts = {
  8: [1, 1, 1, 1, 1],
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
} as const

export interface StageOptions {
  readonly count: number
  readonly inputs: number
  readonly outputs: number
  readonly batchNorm: boolean
  readonly output: Size
  /** The name of a layer by its position in the stage: convolution, batch norm where there is one, ReLU. */
  readonly at: (position: number) => string
}

/** Positions that one convolution takes with what follows it. */
export const positionsPerConvolution = (batchNorm: boolean): number => (batchNorm ? 3 : 2)

/** conv 3×3 (with bias), BN, ReLU, `count` times. */
export function vggStage(
  build: NetworkBuilder,
  { count, inputs, outputs, batchNorm, output, at }: StageOptions,
): ImageLayer {
  const step = positionsPerConvolution(batchNorm)
  const layers = Array.from({ length: count }, (_, index) => {
    const convolution = build.convolution(at(index * step), {
      inputs: index === 0 ? inputs : outputs,
      outputs,
      kernel: 3,
      padding: 1,
      bias: true,
      initial: 'fanOut',
      output,
    })
    return { convolution, norm: batchNorm ? build.batchNorm(at(index * step + 1), outputs) : undefined }
  })
  return (x, context) =>
    layers.reduce((value, { convolution, norm }) => {
      const out = convolution(value, context)
      return relu(norm ? norm(out, context) : out)
    }, x)
}
