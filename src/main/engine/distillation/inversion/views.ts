/** Random views of a batch as matrices: rows · image · columnsᵀ per image. The step stays a pure function, and gradients flow through the view. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../graph/types'
import type { RandomStream } from '../../random'

interface ImageSize { readonly height: number; readonly width: number }

/** [N, H, H] and [N, W, W]: out(i, j) = Σ rows(i, r) · columns(j, c) · image(r, c). */
export interface ViewMatrices { readonly rows: Float32Array; readonly columns: Float32Array }

/** Which source position an output position takes, per axis; null where it lies outside and stays black. */
type Take = (position: number) => number | null

/** Writes the interpolation matrix of one image and axis. */
function fill(out: Float32Array, image: number, extent: number, mirrored: boolean, take: Take): void {
  const start = image * extent * extent
  for (let position = 0; position < extent; position++) {
    const source = take(mirrored ? extent - 1 - position : position)
    if (source === null) continue
    const below = Math.floor(source)
    const share = source - below
    const row = start + position * extent
    if (below >= 0 && below < extent) out[row + below] = (out[row + below] ?? 0) + 1 - share
    if (share > 0 && below + 1 >= 0 && below + 1 < extent) out[row + below + 1] = (out[row + below + 1] ?? 0) + share
  }
}

function matrices(count: number, { height, width }: ImageSize, takes: (image: number) => { row: Take; column: Take; mirrored: boolean }): ViewMatrices {
  const rows = new Float32Array(count * height * height)
  const columns = new Float32Array(count * width * width)
  for (let image = 0; image < count; image++) {
    const { row, column, mirrored } = takes(image)
    fill(rows, image, height, false, row)
    fill(columns, image, width, mirrored, column)
  }
  return { rows, columns }
}

/** Pixels by which a crop may leave the image; outside is black. */
const cropPadding = 4

/** The global view: RandomCrop(padding 4) and a mirror image half of the time, drawn per image. */
export function shiftedView(count: number, size: ImageSize, stream: RandomStream): ViewMatrices {
  const draws = stream.uniform(count * 3)
  const offset = (draw: number): number => Math.floor(draw * (2 * cropPadding + 1)) - cropPadding
  return matrices(count, size, (image) => {
    const [first = 0, second = 0, third = 0] = draws.subarray(image * 3, image * 3 + 3)
    return { row: (position) => position + offset(first), column: (position) => position + offset(second), mirrored: third < 0.5 }
  })
}

const smallestArea = 0.25
const largestRatio = 4 / 3

/**
 * The local view: RandomResizedCrop (a box of 25 to 100 % of the area, sides in a ratio of 3:4 to 4:3, log-uniform, blown up bilinearly with aligned corners)
 * and a mirror image half of the time, drawn per image.
 */
export function zoomedView(count: number, size: ImageSize, stream: RandomStream): ViewMatrices {
  const draws = stream.uniform(count * 5)
  return matrices(count, size, (image) => {
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = draws.subarray(image * 5, image * 5 + 5)
    const area = smallestArea + (1 - smallestArea) * first
    const ratio = Math.exp((2 * second - 1) * Math.log(largestRatio))
    const extent = (whole: number, share: number): number => Math.max(2, Math.min(whole, Math.round(whole * share)))
    const axis = (whole: number, share: number, draw: number): Take => {
      const part = extent(whole, share)
      const start = Math.floor(draw * (whole - part + 1))
      return (position) => start + position * (part - 1) / (whole - 1)
    }
    return { row: axis(size.height, Math.sqrt(area / ratio), third), column: axis(size.width, Math.sqrt(area * ratio), fourth), mirrored: fifth < 0.5 }
  })
}

const jitterShare = 1 / 8

/** DeepInversion's jitter: the whole batch is rolled by up to an eighth of each side, and mirrored half of the time. */
export function rolledView(count: number, size: ImageSize, stream: RandomStream): ViewMatrices {
  const [first = 0, second = 0, third = 0] = stream.uniform(3)
  const roll = (extent: number, draw: number): Take => {
    const limit = Math.floor(extent * jitterShare)
    const shift = Math.floor(draw * (2 * limit + 1)) - limit
    return (position) => (position + shift + extent) % extent
  }
  const row = roll(size.height, first)
  const column = roll(size.width, second)
  return matrices(count, size, () => ({ row, column, mirrored: third < 0.5 }))
}

/** As arguments of a step, under `<name>Rows` and `<name>Columns`. */
export const viewArguments = (name: string, view: ViewMatrices, count: number, { height, width }: ImageSize): NamedTensors => ({
  [`${name}Rows`]: tf.tensor3d(view.rows, [count, height, height]), [`${name}Columns`]: tf.tensor3d(view.columns, [count, width, width]),
})

/** The images as the view shows them, [N, H, W, C]; differentiable by the images. */
export function applyView(images: tf.Tensor4D, args: NamedTensors, name: string): tf.Tensor4D {
  const [count, height, width, channels] = images.shape
  return tf.tidy(() => {
    const vertical = tf.matMul(args[`${name}Rows`] as tf.Tensor3D, tf.reshape(images, [count, height, width * channels]) as tf.Tensor3D)
    const turned = tf.transpose(tf.reshape(vertical, [count, height, width, channels]), [0, 2, 1, 3])
    const horizontal = tf.matMul(args[`${name}Columns`] as tf.Tensor3D, tf.reshape(turned, [count, width, height * channels]) as tf.Tensor3D)
    return tf.transpose(tf.reshape(horizontal, [count, width, height, channels]), [0, 2, 1, 3]) as tf.Tensor4D
  })
}
