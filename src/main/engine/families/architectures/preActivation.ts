/** Pre-activation residual units: batch norm and ReLU come before each convolution, and nothing after the sum. */
import * as tf from '@tensorflow/tfjs-core'
import type { ConvolutionOptions, ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { relu } from '../../maths/ops'
import { numberedNames, type Size, type UnitNames } from './residual'

export interface PreActivationOptions {
  readonly inputs: number
  readonly outputs: number
  readonly stride: number
  readonly input: Size
  readonly output: Size
  /** The unit's convolutions, in order: how many channels come out, of which kernel, and whether the stride is here. */
  readonly convolutions: readonly { readonly outputs: number; readonly kernel: number; readonly strides?: boolean }[]
  readonly bias?: boolean
  /** Default: `numberedNames`. */
  readonly names?: UnitNames
  /** What the convolution in the shortcut is called. */
  readonly shortcut: string
  /** The shortcut's convolution reads x itself, not what the first convolution reads. */
  readonly rawShortcut?: boolean
  /** Acts on what is added to the shortcut; made after the shortcut, as PyTorch registers it. */
  readonly excite?: () => ImageLayer
}

/** BN, ReLU, convolution, as often as there are convolutions; added to x, or to a 1×1 convolution of relu(bn1(x)). */
export function preActivationUnit(build: NetworkBuilder, name: string, options: PreActivationOptions): ImageLayer {
  const { inputs, outputs, stride, input, output, bias = false, names = numberedNames, rawShortcut = false } = options
  let channels = inputs
  let size = input
  const convolution = (path: string, given: ConvolutionOptions): ImageLayer =>
    build.convolution(`${name}.${path}`, { ...given, padding: (given.kernel - 1) / 2, bias })
  const parts = options.convolutions.map((part, place) => {
    const [convolutionName, normName] = names(place)
    if (part.strides === true) size = output
    const norm = build.batchNorm(`${name}.${normName}`, channels)
    const layer = convolution(convolutionName, {
      inputs: channels,
      outputs: part.outputs,
      kernel: part.kernel,
      stride: part.strides === true ? stride : 1,
      output: size,
    })
    channels = part.outputs
    return { norm, layer }
  })
  const side =
    stride !== 1 || inputs !== outputs
      ? convolution(options.shortcut, { inputs, outputs, kernel: 1, stride, output })
      : undefined
  const excite = options.excite?.()
  return (x, context) => {
    const activated = relu(parts[0]?.norm(x, context) ?? x)
    const out = parts.reduce(
      (value, { norm, layer }, place) => layer(place === 0 ? activated : relu(norm(value, context)), context),
      x,
    )
    const beside = side ? side(rawShortcut ? x : activated, context) : x
    return tf.add(excite ? excite(out, context) : out, beside)
  }
}
