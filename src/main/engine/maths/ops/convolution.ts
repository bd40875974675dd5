import * as tf from '@tensorflow/tfjs-core'
import { eachGroup, groupsOf, oneByOne } from './groups'
import {
  defineOperation,
  execute,
  flag,
  floatType,
  integers,
  single,
  text,
  withIntegers,
  type KernelAttribute,
  type Operation,
} from './kernels'

/** Geometry as PyTorch's Conv2d has it: the same padding on all four sides, dilation 1. */
export interface ConvolutionGeometry {
  readonly stride: number
  readonly padding: number
}

interface ConvolutionAttributes extends ConvolutionGeometry {
  readonly inputShape: readonly number[]
  readonly filterShape: readonly number[]
}

/** Whether TensorFlow's SAME pads as PyTorch does; of an odd number of pixels it puts one more at the end. */
function isSame({ padding, stride, inputShape, filterShape }: ConvolutionAttributes): boolean {
  return [0, 1].every((axis) => {
    const size = inputShape[axis + 1] ?? 0
    const kernel = filterShape[axis] ?? 0
    return (Math.ceil(size / stride) - 1) * stride + kernel - size === 2 * padding
  })
}

/**
 * TensorFlow's names for a padding. SAME wherever it means the same: oneDNN's backward kernels are up to four times
 * slower with explicit padding.
 */
function paddingAttributes(attributes: ConvolutionAttributes): KernelAttribute[] {
  const { padding } = attributes
  if (padding === 0) return [text('padding', 'VALID')]
  if (isSame(attributes)) return [text('padding', 'SAME')]
  return [text('padding', 'EXPLICIT'), integers('explicit_paddings', [0, 0, padding, padding, padding, padding, 0, 0])]
}

const kernelAttributes = (attributes: ConvolutionAttributes): KernelAttribute[] => [
  floatType(),
  integers('strides', [1, attributes.stride, attributes.stride, 1]),
  ...paddingAttributes(attributes),
  text('data_format', 'NHWC'),
  integers('dilations', [1, 1, 1, 1]),
]
const fullAttributes = (attributes: ConvolutionAttributes): KernelAttribute[] => [
  ...kernelAttributes(attributes),
  flag('use_cudnn_on_gpu', true),
]

/** Whether a convolution over an image that holds its padding is another one for TensorFlow. */
const padsExplicitly = (attributes: ConvolutionAttributes): boolean => attributes.padding > 0 && !isSame(attributes)

/**
 * The same convolution over an image that holds its padding: for the filter's gradient of a stride-2 convolution,
 * padding first takes half the time.
 */
function withoutExplicitPadding(
  x: tf.Tensor,
  attributes: ConvolutionAttributes,
): { x: tf.Tensor; attributes: ConvolutionAttributes } {
  const { padding } = attributes
  if (!padsExplicitly(attributes)) return { x, attributes }
  const around: [number, number] = [padding, padding]
  const padded = tf.pad(x, [[0, 0], around, around, [0, 0]])
  return { x: padded, attributes: { ...attributes, padding: 0, inputShape: padded.shape } }
}

const groupsIn = ({ inputShape, filterShape }: ConvolutionAttributes): number =>
  groupsOf(inputShape[3] ?? 1, filterShape)

function ofOneGroup(attributes: ConvolutionAttributes): ConvolutionAttributes {
  const groups = groupsIn(attributes)
  const divided = (shape: readonly number[]): number[] => [...shape.slice(0, 3), (shape[3] ?? 0) / groups]
  return { ...attributes, inputShape: divided(attributes.inputShape), filterShape: divided(attributes.filterShape) }
}

interface ConvolutionKernels {
  readonly forward: string
  readonly toInput: string
  readonly toFilter: string
}
type AttributesOf = (attributes: ConvolutionAttributes) => KernelAttribute[]

/** How the backward kernels are called. */
function backwardRuns(kernels: ConvolutionKernels, attributesOf: AttributesOf) {
  const runToInput = (dy: tf.Tensor, filter: tf.Tensor, attributes: ConvolutionAttributes): tf.Tensor => {
    const groups = groupsIn(attributes)
    if (oneByOne(groups, filter.shape))
      return eachGroup(groups, [dy, filter], (part, own) => runToInput(part, own, ofOneGroup(attributes)))
    if (groups > 1 && padsExplicitly(attributes)) return croppedToInput(dy, filter, attributes)
    return withIntegers(attributes.inputShape, (shape) =>
      execute(kernels.toInput, attributesOf(attributes), [shape, filter, dy]),
    )
  }
  /** oneDNN's kernel of all groups takes no explicit padding. */
  const croppedToInput = (dy: tf.Tensor, filter: tf.Tensor, attributes: ConvolutionAttributes): tf.Tensor => {
    const { padding, inputShape } = attributes
    const [images = 0, height = 0, width = 0, channels = 0] = inputShape
    const whole = [images, height + 2 * padding, width + 2 * padding, channels]
    return tf.tidy(() => {
      const padded = runToInput(dy, filter, { ...attributes, padding: 0, inputShape: whole })
      return tf.slice(padded, [0, padding, padding, 0], [...inputShape])
    })
  }
  const runToFilter = (x: tf.Tensor, dy: tf.Tensor, attributes: ConvolutionAttributes): tf.Tensor => {
    const groups = groupsIn(attributes)
    if (oneByOne(groups, attributes.filterShape))
      return eachGroup(groups, [x, dy], (part, own) => runToFilter(part, own, ofOneGroup(attributes)))
    const padded = withoutExplicitPadding(x, attributes)
    const filter = withIntegers(attributes.filterShape, (shape) =>
      execute(kernels.toFilter, attributesOf(padded.attributes), [padded.x, shape, dy]),
    )
    if (padded.x !== x) padded.x.dispose()
    return filter
  }
  return { runToInput, runToFilter }
}

/**
 * A convolution and its two backward kernels: it is bilinear, so the three are each other's gradients and every order
 * of derivative follows.
 */
function defineConvolution(label: string, kernels: ConvolutionKernels, attributesOf: AttributesOf) {
  const { runToInput, runToFilter } = backwardRuns(kernels, attributesOf)
  const forward: Operation<'x' | 'filter', ConvolutionAttributes> = defineOperation<
    'x' | 'filter',
    ConvolutionAttributes
  >({
    name: `Abd${label}`,
    saveInputs: ['x', 'filter'],
    run: ({ x, filter }, attributes) => execute(kernels.forward, attributesOf(attributes), [x, filter]),
    gradient: ([dy], [x, filter], attributes) => ({
      x: () => single(toInput({ dy: dy as tf.Tensor, filter: filter as tf.Tensor }, attributes)),
      filter: () => single(toFilter({ x: x as tf.Tensor, dy: dy as tf.Tensor }, attributes)),
    }),
  })
  const toInput: Operation<'dy' | 'filter', ConvolutionAttributes> = defineOperation<
    'dy' | 'filter',
    ConvolutionAttributes
  >({
    name: `Abd${label}ToInput`,
    saveInputs: ['dy', 'filter'],
    run: ({ dy, filter }, attributes) => runToInput(dy, filter, attributes),
    gradient: ([upstream], [dy, filter], attributes) => ({
      dy: () => single(forward({ x: upstream as tf.Tensor, filter: filter as tf.Tensor }, attributes)),
      filter: () => single(toFilter({ x: upstream as tf.Tensor, dy: dy as tf.Tensor }, attributes)),
    }),
  })
  const toFilter: Operation<'x' | 'dy', ConvolutionAttributes> = defineOperation<'x' | 'dy', ConvolutionAttributes>({
    name: `Abd${label}ToFilter`,
    saveInputs: ['x', 'dy'],
    run: ({ x, dy }, attributes) => runToFilter(x, dy, attributes),
    gradient: ([upstream], [x, dy], attributes) => ({
      x: () => single(toInput({ dy: dy as tf.Tensor, filter: upstream as tf.Tensor }, attributes)),
      dy: () => single(forward({ x: x as tf.Tensor, filter: upstream as tf.Tensor }, attributes)),
    }),
  })
  return { forward, toInput }
}

const { forward: convolution, toInput: convolutionToInput } = defineConvolution(
  'Convolution',
  { forward: 'Conv2D', toInput: 'Conv2DBackpropInput', toFilter: 'Conv2DBackpropFilter' },
  fullAttributes,
)
const { forward: depthwise } = defineConvolution(
  'DepthwiseConvolution',
  {
    forward: 'DepthwiseConv2dNative',
    toInput: 'DepthwiseConv2dNativeBackpropInput',
    toFilter: 'DepthwiseConv2dNativeBackpropFilter',
  },
  kernelAttributes,
)

/**
 * Cross-correlation without bias, as torch.nn.functional.conv2d: out = ⌊(in + 2·padding − kernel) / stride⌋ + 1.
 * x [N, H, W, I], filter [kh, kw, I/groups, O] → [N, H', W', O]; the filter's shape tells the groups. Differentiable to
 * any order.
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
  return single<tf.Tensor4D>(
    convolution({ x, filter }, { ...geometry, inputShape: x.shape, filterShape: filter.shape }),
  )
}

/** The same with one filter per channel (groups = channels). filter [kh, kw, C, 1]. Differentiable to any order. */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
  return single<tf.Tensor4D>(depthwise({ x, filter }, { ...geometry, inputShape: x.shape, filterShape: filter.shape }))
}

/**
 * Where a tap of a 3×3 filter lands in the 4×4 filter of {@link upsampledConv2d}, [16, 9]. Along one axis, output 2u −
 * 1 + a sees input u through
 * the taps t with a + t − 2 ∈ {0, 1}: those that fall on one of the two copies of pixel u.
 */
const upsampledTaps: readonly (readonly number[])[] = [0, 1, 2, 3].flatMap((row) =>
  [0, 1, 2, 3].map((column) => {
    const meets = (place: number, tap: number): number => (place + tap === 2 || place + tap === 3 ? 1 : 0)
    return [0, 1, 2].flatMap((tapRow) => [0, 1, 2].map((tapColumn) => meets(row, tapRow) * meets(column, tapColumn)))
  }),
)

/**
 * conv2d(upsampleNearest2(x), filter) with a 3×3 filter and padding 1, without the upsampled image: [N, H, W, I] → [N,
 * 2H, 2W, O].
 * Of the nine taps over copied pixels several meet the same pixel; added up beforehand they are a 4×4 transposed
 * convolution of stride 2, with
 * 4 multiply-adds per output pixel instead of 9. Differs from the two operations in the order of sums alone.
 * Differentiable to any order.
 */
export function upsampledConv2d(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [height, width, inputs, outputs] = filter.shape
  if (height !== 3 || width !== 3)
    throw new Error(`The convolution of an upsampled image takes 3×3 filters, got ${height}×${width}.`)
  const [images, rows, columns] = x.shape
  return tf.tidy(() => {
    const spread = tf.matMul(tf.tensor2d(upsampledTaps as number[][]), tf.reshape(filter, [9, inputs * outputs]))
    const transposed = tf.transpose(tf.reshape(spread, [4, 4, inputs, outputs]), [0, 1, 3, 2])
    return single<tf.Tensor4D>(
      convolutionToInput(
        { dy: x, filter: transposed },
        {
          stride: 2,
          padding: 1,
          inputShape: [images, rows * 2, columns * 2, outputs],
          filterShape: [4, 4, outputs, inputs],
        },
      ),
    )
  })
}
