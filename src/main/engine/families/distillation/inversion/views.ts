/**
 * Random views of a batch as matrices: rows · image · columnsᵀ per image. The step stays a pure function, and gradients
 * flow through the view.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { RandomStream } from '../../../maths/random'

interface ImageSize {
  readonly height: number
  readonly width: number
}

/** [N, H, H] and [N, W, W]: out(i, j) = Σ rows(i, r) · columns(j, c) · image(r, c). */
export interface ViewMatrices {
  readonly rows: Float32Array
  readonly columns: Float32Array
}

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

function matrices(
  count: number,
  { height, width }: ImageSize,
  takes: (image: number) => { row: Take; column: Take; mirrored: boolean },
): ViewMatrices {
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
    return {
      row: (position) => position + offset(first),
      column: (position) => position + offset(second),
      mirrored: third < 0.5,
    }
  })
}

const smallestArea = 0.25
const smallestRatio = 3 / 4
/** Boxes drawn per image; the first that fits is taken. */
const attempts = 10
/** Draws that a box takes, in [0, 1): areas, ratios, column, row. */
export const boxDraws = 2 * attempts + 2

export interface CropBox {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * The box of RandomResizedCrop: area a ~ U(25 %, 100 %) of the image, ratio r log-uniform in 3:4 to 4:3, height round
 * √(a·r), width round √(a/r);
 * the first of ten that is smaller than the image on both sides. So a box never spans the whole image. Where none fits,
 * three quarters of it.
 * Reference: kornia 0.6 augmentation RandomResizedCrop (scale [0.25, 1]), of ABD's time; later versions also accept a
 * box as large as the image.
 * @param draws `boxDraws` numbers in [0, 1)
 */
export function cropBox(draws: Float32Array, size: ImageSize): CropBox {
  const at = (index: number): number => draws[index] ?? 0
  const place = ({ height, width }: ImageSize): CropBox => ({
    height,
    width,
    left: Math.floor(at(2 * attempts) * (size.width - width + 1)),
    top: Math.floor(at(2 * attempts + 1) * (size.height - height + 1)),
  })
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = (smallestArea + (1 - smallestArea) * at(attempt)) * size.height * size.width
    const ratio = Math.exp((1 - 2 * at(attempts + attempt)) * Math.log(smallestRatio))
    const [height, width] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))]
    if (height > 0 && height < size.height && width > 0 && width < size.width) return place({ height, width })
  }
  return place(
    size.height / size.width < smallestRatio
      ? { height: size.height, width: Math.round(size.height / smallestRatio) }
      : { height: Math.round(size.width * smallestRatio), width: size.width },
  )
}

/**
 * The local view: a box (see `cropBox`) blown up bilinearly with aligned corners, and a mirror image half of the time,
 * drawn per image.
 */
export function zoomedView(count: number, size: ImageSize, stream: RandomStream): ViewMatrices {
  const perImage = boxDraws + 1
  const draws = stream.uniform(count * perImage)
  const axis =
    (whole: number, part: number, start: number): Take =>
    (position) =>
      start + (position * (part - 1)) / (whole - 1)
  return matrices(count, size, (image) => {
    const own = draws.subarray(image * perImage, (image + 1) * perImage)
    const { top, left, height, width } = cropBox(own, size)
    return {
      row: axis(size.height, height, top),
      column: axis(size.width, width, left),
      mirrored: (own[boxDraws] ?? 0) < 0.5,
    }
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
export const viewArguments = (
  name: string,
  view: ViewMatrices,
  count: number,
  { height, width }: ImageSize,
): NamedTensors => ({
  [`${name}Rows`]: tf.tensor3d(view.rows, [count, height, height]),
  [`${name}Columns`]: tf.tensor3d(view.columns, [count, width, width]),
})

/** The images as the view shows them, [N, H, W, C]; differentiable by the images. */
export function applyView(images: tf.Tensor4D, args: NamedTensors, name: string): tf.Tensor4D {
  const [count, height, width, channels] = images.shape
  return tf.tidy(() => {
    const vertical = tf.matMul(
      args[`${name}Rows`] as tf.Tensor3D,
      tf.reshape(images, [count, height, width * channels]) as tf.Tensor3D,
    )
    const turned = tf.transpose(tf.reshape(vertical, [count, height, width, channels]), [0, 2, 1, 3])
    const horizontal = tf.matMul(
      args[`${name}Columns`] as tf.Tensor3D,
      tf.reshape(turned, [count, width, height * channels]) as tf.Tensor3D,
    )
    return tf.transpose(tf.reshape(horizontal, [count, width, height, channels]), [0, 2, 1, 3]) as tf.Tensor4D
  })
}
