import type * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, flag, floatType, integers, single, text, withIntegers } from './kernels'
import type { KernelAttribute, Operation } from './kernels'

/** Geometry as PyTorch's Conv2d has it: the same padding on all four sides, dilation 1. */
export interface ConvolutionGeometry {
  readonly stride: number
  readonly padding: number
}

interface ConvolutionAttributes extends ConvolutionGeometry {
  readonly inputShape: readonly number[]
  readonly filterShape: readonly number[]
}

/**
 * TensorFlow's names for a padding. Its own SAME puts the odd pixel of a stride-2 convolution on one side only; PyTorch pads both.
 * Where the two agree SAME is said, since more kernels know it.
 */
function paddingAttributes({ padding, stride, filterShape }: ConvolutionAttributes): KernelAttribute[] {
  if (padding === 0) return [text('padding', 'VALID')]
  if (stride === 1 && filterShape[0] === 2 * padding + 1 && filterShape[1] === 2 * padding + 1) return [text('padding', 'SAME')]
  return [text('padding', 'EXPLICIT'), integers('explicit_paddings', [0, 0, padding, padding, padding, padding, 0, 0])]
}

const kernelAttributes = (attributes: ConvolutionAttributes): KernelAttribute[] => [
  floatType(), integers('strides', [1, attributes.stride, attributes.stride, 1]), ...paddingAttributes(attributes),
  text('data_format', 'NHWC'), integers('dilations', [1, 1, 1, 1]),
]
const fullAttributes = (attributes: ConvolutionAttributes): KernelAttribute[] => [...kernelAttributes(attributes), flag('use_cudnn_on_gpu', true)]

/** A convolution and its two backward kernels: it is bilinear, so the three are each other's gradients and every order of derivative follows. */
function defineConvolution(label: string, kernels: { forward: string; toInput: string; toFilter: string }, attributesOf: (attributes: ConvolutionAttributes) => KernelAttribute[]) {
  const forward: Operation<'x' | 'filter', ConvolutionAttributes> = defineOperation<'x' | 'filter', ConvolutionAttributes>({
    name: `Abd${label}`, saveInputs: ['x', 'filter'],
    run: ({ x, filter }, attributes) => execute(kernels.forward, attributesOf(attributes), [x, filter]),
    gradient: ([dy], [x, filter], attributes) => ({
      x: () => single(toInput({ dy: dy as tf.Tensor, filter: filter as tf.Tensor }, attributes)),
      filter: () => single(toFilter({ x: x as tf.Tensor, dy: dy as tf.Tensor }, attributes)),
    }),
  })
  const toInput: Operation<'dy' | 'filter', ConvolutionAttributes> = defineOperation<'dy' | 'filter', ConvolutionAttributes>({
    name: `Abd${label}ToInput`, saveInputs: ['dy', 'filter'],
    run: ({ dy, filter }, attributes) => withIntegers(attributes.inputShape, (shape) => execute(kernels.toInput, attributesOf(attributes), [shape, filter, dy])),
    gradient: ([upstream], [dy, filter], attributes) => ({
      dy: () => single(forward({ x: upstream as tf.Tensor, filter: filter as tf.Tensor }, attributes)),
      filter: () => single(toFilter({ x: upstream as tf.Tensor, dy: dy as tf.Tensor }, attributes)),
    }),
  })
  const toFilter: Operation<'x' | 'dy', ConvolutionAttributes> = defineOperation<'x' | 'dy', ConvolutionAttributes>({
    name: `Abd${label}ToFilter`, saveInputs: ['x', 'dy'],
    run: ({ x, dy }, attributes) => withIntegers(attributes.filterShape, (shape) => execute(kernels.toFilter, attributesOf(attributes), [x, shape, dy])),
    gradient: ([upstream], [x, dy], attributes) => ({
      x: () => single(toInput({ dy: dy as tf.Tensor, filter: upstream as tf.Tensor }, attributes)),
      dy: () => single(forward({ x: x as tf.Tensor, filter: upstream as tf.Tensor }, attributes)),
    }),
  })
  return forward
}

const convolution = defineConvolution('Convolution', { forward: 'Conv2D', toInput: 'Conv2DBackpropInput', toFilter: 'Conv2DBackpropFilter' }, fullAttributes)
const depthwise = defineConvolution('DepthwiseConvolution', {
  forward: 'DepthwiseConv2dNative', toInput: 'DepthwiseConv2dNativeBackpropInput', toFilter: 'DepthwiseConv2dNativeBackpropFilter',
}, kernelAttributes)

/**
 * Cross-correlation without bias, as torch.nn.functional.conv2d: out = ⌊(in + 2·padding − kernel) / stride⌋ + 1.
 * x [N, H, W, I], filter [kh, kw, I, O] → [N, H', W', O]. Differentiable to any order.
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
  return single<tf.Tensor4D>(convolution({ x, filter }, { ...geometry, inputShape: x.shape, filterShape: filter.shape }))
}

/** The same with one filter per channel (groups = channels). filter [kh, kw, C, 1]. Differentiable to any order. */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
  return single<tf.Tensor4D>(depthwise({ x, filter }, { ...geometry, inputShape: x.shape, filterShape: filter.shape }))
}
