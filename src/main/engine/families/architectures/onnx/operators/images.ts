/** Operators on images: convolutions, pools, batch norm. */
import * as tf from '@tensorflow/tfjs-core'
import { isLeading, leadingBatch, productOf, type Axes } from '../../../../graph/axes'
import { averagePool, conv2d, depthwiseConv2d, maxPool, meanKept } from '../../../../maths/ops'
import type { OperatorCall } from '../call'
import { imageOrder, plannedBatch, type TensorValue } from '../plan'
import { both, first } from '../run'
import { float, int, only, plainRule, type OperatorRule } from './rule'
import {
  countAttribute,
  isPadded,
  padded,
  poolAttributes,
  windowAttributes,
  windowsOf,
  type Pair,
  type Windows,
} from './windows'

const imageAxes = (channels: number, [height, width]: Pair): Axes => ({
  shape: [plannedBatch, channels, height, width],
  order: imageOrder,
  batch: leadingBatch,
})

/** Tells that a stage ended before this node, where the image becomes smaller. */
function noteLevel(call: OperatorCall, image: TensorValue, output: Pair): void {
  const [, , height = 1, width = 1] = image.shape
  if (height * width > output[0] * output[1]) call.planner.levels.push({ slot: image.slot, height, width })
}

const sameAround = ({ pads: [top, left, bottom, right] }: Windows): boolean =>
  top === left && top === bottom && top === right

function filterOf(call: OperatorCall, depthwise: boolean): TensorValue {
  const value = call.needed(1)
  if (value.shape.length !== 4) call.refuse('filters [O, I, H, W]', `${value.shape.length} axes`)
  const layout = depthwise ? 'depthwise' : 'convolution'
  const filter = value.kind === 'weight' ? call.planner.weight(value, layout) : call.asTensor(value)
  return call.planner.arranged(filter, depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0])
}

const convolution: OperatorRule = {
  attributes: { ...windowAttributes, group: int },
  plan(call) {
    const image = call.image(0)
    const [, channels = 0, height = 0, width = 0] = image.shape
    const groups = call.int('group', 1)
    const [outputs = 0, inputs = 0, rows = 0, columns = 0] = call.needed(1).shape
    if (inputs * groups !== channels || outputs % groups !== 0)
      call.refuse(`filters for ${channels} channels in ${groups} groups`, `${outputs} × ${inputs}`, 'group')
    const depthwise = groups > 1 && groups === channels && outputs === channels
    const filter = filterOf(call, depthwise)
    const windows = windowsOf(call, [height, width], [rows, columns])
    noteLevel(call, image, windows.output)
    const { stride } = windows
    const result = call.step([image, filter], imageAxes(outputs, windows.output), (given) => {
      const [x, weights] = both(given) as [tf.Tensor4D, tf.Tensor4D]
      const convolve = depthwise ? depthwiseConv2d : conv2d
      return sameAround(windows)
        ? convolve(x, weights, { stride, padding: windows.pads[0] })
        : convolve(padded(x, windows), weights, { stride, padding: 0 })
    })
    call.planner.multiplyAdds += productOf([outputs, inputs, rows, columns, ...windows.output])
    return [withBias(call, result, outputs)]
  },
}

function withBias(call: OperatorCall, result: TensorValue, outputs: number): TensorValue {
  const given = call.input(2)
  if (given === undefined) return result
  if (productOf(given.shape) !== outputs) call.refuse(`a bias of ${outputs}`, given.shape.join(' × '))
  const bias = call.asTensor(given)
  return call.step([result, bias], result, (inputs) => tf.add(...both(inputs)))
}

/** The lowest number: what lies outside of an image is never the largest. */
const lowest = -3.4028234663852886e38

function kernelOf(call: OperatorCall): Pair {
  const [rows = 0, columns = 0] = call.ints('kernel_shape') ?? []
  if (rows < 1 || rows !== columns) call.refuse('a square window', `${rows} × ${columns}`, 'kernel_shape')
  return [rows, columns]
}

function pool(call: OperatorCall, run: (x: tf.Tensor4D, windows: Windows) => tf.Tensor): TensorValue {
  const image = call.image(0)
  const [, channels = 0, height = 0, width = 0] = image.shape
  const windows = windowsOf(call, [height, width], kernelOf(call))
  noteLevel(call, image, windows.output)
  return call.step([image], imageAxes(channels, windows.output), (inputs) => run(first(inputs) as tf.Tensor4D, windows))
}

/** Rows and columns beyond the last window are not read by kernels that pad nothing. */
const largest: OperatorRule = {
  attributes: { ...poolAttributes, storage_order: int },
  plan: (call) => [pool(call, (x, windows) => maxPool(padded(x, windows, lowest), windows.kernel[0], windows.stride))],
}

const average: OperatorRule = {
  attributes: { ...poolAttributes, ...countAttribute },
  plan(call) {
    const counted = call.int('count_include_pad', 0) === 1
    return [
      pool(call, (x, windows) => {
        const [size] = windows.kernel
        const sum = averagePool(padded(x, windows), size, windows.stride)
        if (counted || !isPadded(windows)) return sum
        // Pixels of the padding are no part of the mean.
        const inside = padded(tf.ones([1, x.shape[1], x.shape[2], 1]), windows)
        return tf.div(sum, averagePool(inside, size, windows.stride))
      }),
    ]
  },
}

const globalAverage: OperatorRule = plainRule((call) => {
  const image = call.image(0)
  noteLevel(call, image, [1, 1])
  return [call.step([image], imageAxes(image.shape[1] ?? 0, [1, 1]), (inputs) => meanKept(first(inputs), [1, 2]))]
})

/** The weights that a batch norm reads; anything computed is refused. */
function normWeight(call: OperatorCall, index: number, trainable: boolean): number {
  const value = call.needed(index)
  if (value.kind !== 'weight') return call.refuse(`input ${index + 1} as a tensor of the file`, 'a computed one')
  const { slot } = call.planner.weight(value, 'plain', trainable)
  return call.planner.parameters.findIndex((parameter) => parameter.slot === slot)
}

/** Over the second axis; images as [N, C, H, W], vectors as [N, C], tokens as [N, C, L]. */
const batchNorm: OperatorRule = {
  attributes: { epsilon: float, momentum: float, training_mode: only('int', 0), spatial: only('int', 1) },
  plan(call) {
    const { planner } = call
    const value = call.tensor(0)
    const rank = value.shape.length
    const channels = value.shape[1] ?? 0
    if (rank < 2 || !isLeading(value.batch)) call.refuse('values [N, C, …]', `${rank} axes`)
    const order = [0, ...value.shape.map((_, axis) => axis).slice(2), 1]
    const stored = planner.arranged(value, order)
    const index = planner.norms.length
    const [, scale] = [call.needed(0), call.needed(1)]
    if (productOf(scale.shape) !== channels) call.refuse(`a scale of ${channels}`, scale.shape.join(' × '))
    planner.norms.push({
      name: (scale.kind === 'weight' ? scale.name : call.node.name).replace(/\.weight$/, ''),
      channels,
      epsilon: call.float('epsilon', 1e-5),
      momentum: 1 - call.float('momentum', 0.9),
      parameters: {
        weight: normWeight(call, 1, true),
        bias: normWeight(call, 2, true),
        mean: normWeight(call, 3, false),
        variance: normWeight(call, 4, false),
      },
    })
    return [
      call.step([stored], { ...value, order }, (inputs, frame) => {
        const x = first(inputs)
        const places = productOf(x.shape.slice(1, -1))
        const image = rank === 4 ? x : tf.reshape(x, [frame.images, places, 1, channels])
        const normalized = frame.normalize(index, image)
        return rank === 4 ? normalized : tf.reshape(normalized, x.shape)
      }),
    ]
  },
}

/** Each channel of each image by its own mean and variance. */
const instanceNorm: OperatorRule = {
  attributes: { epsilon: float },
  plan(call) {
    const image = call.tensor(0)
    const rank = image.shape.length
    if (rank < 3 || !isLeading(image.batch)) call.refuse('values [N, C, …]', `${rank} axes`)
    const order = [0, ...image.shape.map((_, axis) => axis).slice(2), 1]
    const [scale, offset] = [call.tensor(1), call.tensor(2)]
    const epsilon = call.float('epsilon', 1e-5)
    const places = order.slice(1, -1).map((_, index) => index + 1)
    return [
      call.step([call.planner.arranged(image, order), scale, offset], { ...image, order }, (inputs) => {
        const [x, weight, bias] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor]
        const centered = tf.sub(x, meanKept(x, places))
        const variance = meanKept(tf.mul(centered, centered), places)
        return tf.add(tf.mul(tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))), weight), bias)
      }),
    ]
  },
}

export const imageOperators: Readonly<Record<string, OperatorRule>> = {
  Conv: convolution,
  MaxPool: largest,
  AveragePool: average,
  GlobalAveragePool: globalAverage,
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
}
