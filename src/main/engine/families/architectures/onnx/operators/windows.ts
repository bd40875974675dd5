/** Where windows (filters, pools) lie over an image: padding, strides, and what comes out. */
import * as tf from '@tensorflow/tfjs-core'
import type { OperatorCall } from '../call'
import { int, ints, only, type AttributeRule } from './rule'

export const windowAttributes: Readonly<Record<string, AttributeRule>> = {
  auto_pad: only('text', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
  dilations: only('ints', 1),
  kernel_shape: ints,
  pads: ints,
  strides: ints,
}
export const poolAttributes = { ...windowAttributes, ceil_mode: only('int', 0, 1) }
export const countAttribute = { count_include_pad: int }

export type Pair = readonly [number, number]

export interface Windows {
  readonly kernel: Pair
  readonly stride: number
  /** Pixels around the image: rows before, columns before, rows after, columns after. */
  readonly pads: readonly [number, number, number, number]
  readonly output: Pair
}

const pairOf = (call: OperatorCall, values: readonly number[], name: string): Pair => {
  const [first, second] = values
  if (values.length !== 2 || first === undefined || second === undefined || !(first >= 1 && second >= 1))
    return call.refuse('two numbers from 1', values.join(', '), name)
  return [first, second]
}

/** @param size of the image */
export function windowsOf(call: OperatorCall, size: Pair, kernel: Pair): Windows {
  const given = call.ints('kernel_shape')
  if (given && given.join() !== kernel.join()) call.refuse(kernel.join(' × '), given.join(' × '), 'kernel_shape')
  const strides = pairOf(call, call.ints('strides') ?? [1, 1], 'strides')
  const [stride] = strides
  if (strides[1] !== stride) call.refuse('the same stride along both sides', strides.join(', '), 'strides')
  const ceil = call.int('ceil_mode', 0) === 1
  const sides = ([0, 1] as const).map((axis) =>
    sideOf(call, { extent: size[axis], kernel: kernel[axis], stride, axis, ceil }),
  )
  const [rows, columns] = sides as [Side, Side]
  return {
    kernel,
    stride,
    pads: [rows.before, columns.before, rows.after, columns.after],
    output: [rows.output, columns.output],
  }
}

interface Side {
  readonly before: number
  readonly after: number
  readonly output: number
}

function sideOf(
  call: OperatorCall,
  {
    extent,
    kernel,
    stride,
    axis,
    ceil,
  }: { extent: number; kernel: number; stride: number; axis: 0 | 1; ceil: boolean },
): Side {
  const { before, after } = paddingOf(call, extent, kernel, stride, axis)
  const steps = (extent + before + after - kernel) / stride
  if (steps < 0) call.refuse(`a window of at most ${extent + before + after} pixels`, String(kernel), 'kernel_shape')
  if (!ceil) return { before, after, output: Math.floor(steps) + 1 }
  // The last window begins within the image or its padding in front.
  const output = Math.ceil(steps) + 1
  const kept = (output - 1) * stride >= extent + before ? output - 1 : output
  return { before, after: Math.max(after, (kept - 1) * stride + kernel - extent - before), output: kept }
}

function paddingOf(
  call: OperatorCall,
  extent: number,
  kernel: number,
  stride: number,
  axis: 0 | 1,
): Pick<Side, 'before' | 'after'> {
  const automatic = call.text('auto_pad', 'NOTSET')
  if (automatic === 'VALID') return { before: 0, after: 0 }
  if (automatic === 'NOTSET') {
    const pads = call.ints('pads') ?? [0, 0, 0, 0]
    const [before = 0, after = 0] = [pads[axis], pads[axis + 2]]
    if (pads.length !== 4 || pads.some((pad) => pad < 0 || pad > 1_024))
      call.refuse('four numbers from 0', pads.join(', '), 'pads')
    return { before, after }
  }
  const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + kernel - extent)
  const less = Math.floor(total / 2)
  return automatic === 'SAME_UPPER' ? { before: less, after: total - less } : { before: total - less, after: less }
}

export const isPadded = ({ pads }: Windows): boolean => pads.some((pad) => pad > 0)

/** [N, H, W, C] with the windows' padding around it. */
export function padded(x: tf.Tensor4D, { pads: [top, left, bottom, right] }: Windows, value = 0): tf.Tensor4D {
  if (top + left + bottom + right === 0) return x
  return tf.pad(
    x,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  )
}
