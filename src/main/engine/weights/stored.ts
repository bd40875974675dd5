/** Tensors that still lie in their file: described by place, shape and strides, read one by one or piece by piece. */
import type { ByteSource } from './byteSource'
import {
  bytesPer,
  elementCount,
  viewAs,
  type WeightData,
  type WeightDtype,
  type WeightMap,
  type WeightTensor,
} from './weightMap'

/** A tensor's place in the file. */
export interface StoredTensor {
  readonly dtype: WeightDtype
  readonly shape: readonly number[]
  /** Steps between neighbours along each axis, in elements. */
  readonly strides: readonly number[]
  /** Byte of the file where the first element lies. */
  readonly at: number
}

export type StoredMap = Map<string, StoredTensor>

interface Axis {
  readonly extent: number
  readonly stride: number
}
/** A part of a tensor whose bytes are read at once. */
interface Piece {
  readonly at: number
  readonly axes: readonly Axis[]
}

const pieceBytes = 1 << 20

/** Strides of a tensor that lies in row-major order without gaps. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
}

/** Elements from the first to the last one, gaps included; 0 for an empty tensor. */
export function spanOf({ shape, strides }: Pick<StoredTensor, 'shape' | 'strides'>): number {
  return shape.includes(0) ? 0 : spanOfAxes(shape.map((extent, axis) => ({ extent, stride: strides[axis] ?? 0 })))
}

/** Says which elements of the file a tensor is: tied weights, several names of one view, say the same. */
export const placeOf = ({ dtype, shape, strides, at }: StoredTensor): string =>
  `${dtype} ${at} [${shape.join()}] [${strides.join()}]`

/** The whole tensor, contiguous, in row-major order. */
export async function readTensor(
  source: ByteSource,
  { dtype, shape, strides, at }: StoredTensor,
): Promise<WeightTensor> {
  const size = bytesPer(dtype)
  const stored = viewAs(dtype, await source.read(at, spanOf({ shape, strides }) * size))
  const axes = shape.map((extent, axis) => ({ extent, stride: strides[axis] ?? 0 })).filter(({ extent }) => extent > 1)
  if (isWithoutGaps(axes)) return { dtype, shape, data: stored }
  const data = viewAs(dtype, new Uint8Array(elementCount(shape) * size))
  gather(axes, stored, data)
  return { dtype, shape, data }
}

/** All of them, in their order; those of one place share their values. */
export async function readTensors(source: ByteSource, stored: StoredMap): Promise<WeightMap> {
  const read = new Map<string, WeightTensor>()
  const tensors: WeightMap = new Map()
  for (const [name, tensor] of stored) {
    const place = placeOf(tensor)
    const values = read.get(place) ?? (await readTensor(source, tensor))
    read.set(place, values)
    tensors.set(name, values)
  }
  return tensors
}

/**
 * Reads tensors' values in pieces of at most 1 MB, in the order of the file; a value that the tensor repeats (stride 0)
 * comes once.
 * One buffer serves all: a piece holds until the next is asked for.
 */
export function createPieceReader(source: ByteSource): (tensor: StoredTensor) => AsyncGenerator<WeightData> {
  const scratch = new Uint8Array(pieceBytes)
  return async function* pieces({ dtype, shape, strides, at }) {
    if (shape.includes(0)) return
    const size = bytesPer(dtype)
    for (const piece of piecesOf({ at, axes: distinctAxes(shape, strides) }, size)) {
      const bytes = scratch.subarray(0, spanOfAxes(piece.axes) * size)
      await source.fill(bytes, piece.at)
      const stored = viewAs(dtype, bytes)
      // Without gaps the order does not matter, and nothing has to be picked out.
      if (isWithoutGaps(piece.axes)) {
        yield stored
        continue
      }
      const data = viewAs(dtype, new Uint8Array(countOfAxes(piece.axes) * size))
      gather(piece.axes, stored, data)
      yield data
    }
  }
}

/** Axes along which the place changes, the longest step first. */
function distinctAxes(shape: readonly number[], strides: readonly number[]): Axis[] {
  return shape
    .map((extent, axis) => ({ extent, stride: strides[axis] ?? 0 }))
    .filter(({ extent, stride }) => extent > 1 && stride > 0)
    .sort((left, right) => right.stride - left.stride)
}

const spanOfAxes = (axes: readonly Axis[]): number =>
  axes.reduce((span, { extent, stride }) => span + (extent - 1) * stride, 1)

const countOfAxes = (axes: readonly Axis[]): number => axes.reduce((product, { extent }) => product * extent, 1)

/** Of axes with more than one element, the outermost first. */
const isWithoutGaps = (axes: readonly Axis[]): boolean =>
  axes.every(({ stride }, index) => stride === countOfAxes(axes.slice(index + 1)))

/** Halves the outermost axis until a part fits: what is read of it, and what it holds where its windows overlap. */
function* piecesOf(piece: Piece, size: number): Generator<Piece> {
  const [outer, ...inner] = piece.axes
  if (!outer || Math.max(spanOfAxes(piece.axes), countOfAxes(piece.axes)) * size <= pieceBytes) {
    yield piece
    return
  }
  const first = Math.floor(outer.extent / 2)
  const part = (extent: number): Axis[] => (extent > 1 ? [{ extent, stride: outer.stride }, ...inner] : inner)
  yield* piecesOf({ at: piece.at, axes: part(first) }, size)
  yield* piecesOf({ at: piece.at + first * outer.stride * size, axes: part(outer.extent - first) }, size)
}

/** Copies elements in row-major order of `axes`, with an odometer over their strides. */
function gather(axes: readonly Axis[], source: WeightData, target: WeightData): void {
  const position = axes.map(() => 0)
  let from = 0
  for (let index = 0; index < target.length; index++) {
    target[index] = source[from] ?? 0
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { extent = 1, stride = 0 } = axes[axis] ?? {}
      const next = (position[axis] ?? 0) + 1
      from += stride
      if (next < extent) {
        position[axis] = next
        break
      }
      from -= next * stride
      position[axis] = 0
    }
  }
}
