/** Operations on images: convolutions, batch norm, pools. */
import { leadingBatch } from '../../../graph/axes'
import { float, imageOrder, int, ints, type Attributes, type Value } from './graph'
import type { Operation, Translate } from './translation'

type Pair = readonly [number, number]

const pair = (list: readonly number[]): Pair => [list[1] ?? 1, list[2] ?? 1]
const imageOf = (operation: Operation): Value => operation.graph.arranged(operation.value(0), imageOrder)

/** ONNX's padding of one window: begins, then ends. TensorFlow's SAME puts the odd pixel at the end. */
function padsOf(operation: Operation, window: Pair, strides: Pair, dilations: Pair): number[] {
  const padding = operation.text('padding')
  if (padding === 'VALID') return [0, 0, 0, 0]
  if (padding === 'EXPLICIT') {
    const explicit = operation.integerList('explicit_paddings')
    return [explicit[2] ?? 0, explicit[4] ?? 0, explicit[3] ?? 0, explicit[5] ?? 0]
  }
  const [, ...size] = operation.value(0).shape
  const totals = [0, 1].map((axis) => {
    const [extent = 1, wide = 1, stride = 1, dilation = 1] = [size[axis], window[axis], strides[axis], dilations[axis]]
    return Math.max(0, (Math.ceil(extent / stride) - 1) * stride + (wide - 1) * dilation + 1 - extent)
  })
  return [...totals.map((total) => Math.floor(total / 2)), ...totals.map((total) => Math.ceil(total / 2))]
}

function windowAttributes(operation: Operation, window: Pair): Attributes {
  const strides = pair(operation.integerList('strides'))
  const given = operation.integerList('dilations')
  const dilations: Pair = given.length === 4 ? pair(given) : [1, 1]
  return {
    kernel_shape: ints(window),
    strides: ints(strides),
    pads: ints(padsOf(operation, window, strides, dilations)),
    ...(dilations.some((dilation) => dilation !== 1) && { dilations: ints(dilations) }),
  }
}

const layerName = (weight: string | undefined): string | undefined => weight?.replace(/\.weight$/, '')

/** Filters HWIO, or [H, W, C, multiplier] of a depthwise convolution; ONNX has OIHW as PyTorch. */
const convolution =
  (depthwise: boolean): Translate =>
  (operation) => {
    const { graph, shape } = operation
    const image = imageOf(operation)
    const filter = operation.value(1)
    const [height = 1, width = 1, inputs = 1] = filter.shape
    const channels = image.shape[3] ?? 1
    const groups = depthwise ? channels : channels / inputs
    const stored = graph.arranged(filter, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1])
    const node = graph.add(
      'Conv',
      [image.name, stored.name],
      { ...windowAttributes(operation, [height, width]), ...(groups > 1 && { group: int(groups) }) },
      { name: layerName(operation.weight(1)?.name) ?? 'conv' },
    )
    return [{ name: node.outputs[0] ?? '', shape, order: imageOrder, batch: leadingBatch, layer: node }]
  }

const batchNorm: Translate = (operation) => {
  const { graph, shape } = operation
  if (operation.flag('is_training')) operation.refuse('batch statistics')
  const image = imageOf(operation)
  const parameters = [1, 2, 3, 4].map((input) => graph.plain(operation.value(input)).name)
  const name = graph.tensor(
    'BatchNormalization',
    [image.name, ...parameters],
    { epsilon: float(operation.number('epsilon', 1e-5)) },
    layerName(operation.weight(1)?.name),
  )
  return [{ name, shape, order: imageOrder, batch: leadingBatch }]
}

const pool =
  (operator: 'MaxPool' | 'AveragePool'): Translate =>
  (operation) => {
    const attributes = windowAttributes(operation, pair(operation.integerList('ksize')))
    const name = operation.graph.tensor(operator, [imageOf(operation).name], attributes)
    return [{ name, shape: operation.shape, order: imageOrder, batch: leadingBatch }]
  }

export const imageOperations: Readonly<Record<string, Translate>> = {
  Conv2D: convolution(false),
  DepthwiseConv2dNative: convolution(true),
  FusedBatchNormV3: batchNorm,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
}
