import * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, flag, floatType, integers, single, text, withIntegers } from './kernels'

/** From [N, rows, columns, C] to [N, height, width, C]. */
interface Resampling {
  readonly rows: number
  readonly columns: number
  readonly height: number
  readonly width: number
}

const upsampleOperation = defineOperation<'x', Resampling>({
  name: 'AbdUpsample',
  run: ({ x }, { height, width }) =>
    withIntegers([height, width], (size) =>
      execute(
        'ResizeNearestNeighbor',
        [floatType(), flag('align_corners', false), flag('half_pixel_centers', false)],
        [x, size],
      ),
    ),
  gradient: ([dy], _saved, resampling) => ({ x: () => single(sumCopiesOperation({ x: dy as tf.Tensor }, resampling)) }),
})

/**
 * The adjoint: each pixel gets the sum over its copies. Unlike ResizeNearestNeighborGrad it adds in a fixed order on
 * every device.
 */
const sumCopiesOperation = defineOperation<'x', Resampling>({
  name: 'AbdSumCopies',
  run: ({ x }, { rows, columns, height, width }) =>
    tf.tidy(() => {
      if (height !== 2 * rows || width !== 2 * columns) return sumCopiesAlong(2, columns, sumCopiesAlong(1, rows, x))
      // Four times the mean: exact.
      return tf.mul(
        execute(
          'AvgPool',
          [
            floatType(),
            integers('ksize', [1, 2, 2, 1]),
            integers('strides', [1, 2, 2, 1]),
            text('padding', 'VALID'),
            text('data_format', 'NHWC'),
          ],
          [x],
        ),
        4,
      )
    }),
  gradient: ([dy], _saved, { height, width }) => ({ x: () => upsampleNearest(dy as tf.Tensor4D, { height, width }) }),
})

/**
 * The pixel that each place of `size` copies out of `from`: ⌊place · from/size⌋ in single precision, as PyTorch and
 * TensorFlow compute it.
 */
function sourcesOf(from: number, size: number): number[] {
  const scale = Math.fround(from / size)
  return Array.from({ length: size }, (_, place) => Math.min(from - 1, Math.floor(Math.fround(place * scale))))
}

/**
 * Per source the sum over its copies, which lie side by side: the first of each, plus the second of each that has two,
 * and so on.
 */
function sumCopiesAlong(axis: 1 | 2, from: number, x: tf.Tensor): tf.Tensor {
  const sources = sourcesOf(from, x.shape[axis] ?? 0)
  const first = Array.from({ length: from }, (_, source) => sources.indexOf(source))
  const counts = Array.from({ length: from }, (_, source) => sources.lastIndexOf(source) - sources.indexOf(source) + 1)
  return Array.from({ length: Math.max(...counts) }, (_, copy) => {
    const places = first.map((place, source) => place + Math.min(copy, (counts[source] ?? 1) - 1))
    const part = tf.gather(x, tf.tensor1d(places, 'int32'), axis)
    return copy === 0
      ? part
      : tf.mul(
          part,
          tf.tensor(
            counts.map((count) => (copy < count ? 1 : 0)),
            axis === 1 ? [1, from, 1, 1] : [1, 1, from, 1],
          ),
        )
  }).reduce((total, part) => tf.add(total, part))
}

/**
 * [N, h, w, C] → [N, height, width, C], no side smaller than before: output (i, j) copies pixel (⌊i·h/height⌋,
 * ⌊j·w/width⌋) (torch.nn.Upsample(size=…), nearest).
 * Differentiable to any order.
 */
export function upsampleNearest(
  x: tf.Tensor4D,
  { height, width }: { readonly height: number; readonly width: number },
): tf.Tensor4D {
  const [, rows, columns] = x.shape
  if (height < rows || width < columns)
    throw new Error(`Upsampling cannot shrink: ${rows}×${columns} to ${height}×${width}.`)
  return single<tf.Tensor4D>(upsampleOperation({ x }, { rows, columns, height, width }))
}
