/**
 * What zstd's frames can unpack to, told from their headers and those of their blocks (RFC 8878): fzstd, which
 * hyparquet's compressors are made of, takes memory as they claim it and knows no bound.
 */
import { bytesText } from '../../../weights/byteSource'

const magic = 0xfd2fb528
/** Frames with sixteen numbers, to be passed over. */
const skippable = 0x184d2a50
const largestBlock = 1 << 17
/** Where a frame does not say its size; what every decoder is to support. */
const largestWindow = 1 << 23
/** Writers split blocks where it saves bytes: each counts as a large one. */
const splitRatio = 64
const splitFloor = 128 * largestBlock

/** @throws Error where they claim, or could come to, much more than `length` bytes */
export function checkZstd(packed: Uint8Array, length: number): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  let most = 0
  for (let at = 0; at < packed.length;) {
    const number = view.getUint32(at, true)
    if ((number & ~15) === skippable) {
      at += 8 + view.getUint32(at + 4, true)
      continue
    }
    if (number !== magic) throw new Error('a page that is no zstd frame')
    const frame = readFrame(view, at)
    most += frame.most
    at = frame.end
    if (frame.size > length || most > splitFloor + splitRatio * length)
      throw new Error(`a zstd frame of ${bytesText(Math.max(frame.size, most))} in a page of ${bytesText(length)}`)
  }
}

interface Frame {
  readonly end: number
  /** As it says; 0 where it does not. */
  readonly size: number
  readonly most: number
}

function readFrame(view: DataView, start: number): Frame {
  const flags = view.getUint8(start + 4)
  const single = (flags & 32) !== 0
  const sizeBytes = flags >> 6 === 0 ? Number(single) : 1 << (flags >> 6)
  const sizeAt = start + 5 + Number(!single) + ([0, 1, 2, 4][flags & 3] ?? 0)
  const size = readSize(view, sizeAt, sizeBytes)
  if (size === 0 && !single) {
    const window = view.getUint8(start + 5)
    const base = 2 ** (10 + (window >> 3))
    if (base + (base / 8) * (window & 7) > largestWindow) throw new Error('a zstd frame of a large window')
  }
  const { end, most } = readBlocks(view, sizeAt + sizeBytes)
  return { end: end + ((flags & 4) === 0 ? 0 : 4), size, most: size > 0 ? size : most }
}

function readSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 8) return Number(view.getBigUint64(at, true))
  if (bytes === 4) return view.getUint32(at, true)
  if (bytes === 2) return view.getUint16(at, true) + 256
  return bytes === 1 ? view.getUint8(at) : 0
}

function readBlocks(view: DataView, start: number): { end: number; most: number } {
  let [at, most, last] = [start, 0, false]
  while (!last) {
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const size = head >> 3
    const [raw, repeated] = [(head & 6) === 0, (head & 6) === 2]
    most += raw || repeated ? size : largestBlock
    at += 3 + (repeated ? 1 : size)
    last = (head & 1) === 1
  }
  return { end: at, most }
}
