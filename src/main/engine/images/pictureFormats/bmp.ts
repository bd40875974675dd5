import { checkSize, type RawPicture } from './types'

export const isBmp = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 2) === 'BM'

const compressions = { none: 0, runLength8: 1, runLength4: 2, bitFields: 3, alphaBitFields: 6 } as const

interface Header {
  readonly width: number
  readonly height: number
  /** Rows lie from the bottom up unless the height is negative. */
  readonly topDown: boolean
  readonly bits: number
  readonly compression: number
  /** Where the pixels begin. */
  readonly start: number
  /** Red, green, blue of each entry; empty above 8 bits. */
  readonly palette: readonly (readonly [number, number, number])[]
  /** Bits of red, green and blue in a pixel of 16 or 32 bits. */
  readonly masks: readonly [number, number, number]
}

/** Pixels that two bytes of a run make at most. */
const longestRun = 255

/** The oldest header, of OS/2: 16-bit sizes and three bytes a colour. */
const coreHeaderBytes = 12

function parseHeader(bytes: Buffer): Header {
  if (bytes.length < 26) throw new Error(`a header of ${bytes.length} bytes`)
  const start = bytes.readUInt32LE(10)
  const headerBytes = bytes.readUInt32LE(14)
  const isCore = headerBytes === coreHeaderBytes
  if (!isCore && (headerBytes < 40 || headerBytes > 124 || bytes.length < 14 + headerBytes))
    throw new Error(`a header of ${headerBytes} bytes`)
  const width = isCore ? bytes.readUInt16LE(18) : bytes.readInt32LE(18)
  const signedHeight = isCore ? bytes.readUInt16LE(20) : bytes.readInt32LE(22)
  const bits = bytes.readUInt16LE(isCore ? 24 : 28)
  const compression = isCore ? compressions.none : bytes.readUInt32LE(30)
  const height = Math.abs(signedHeight)
  checkSize(width, height)
  const withMasks = compression === compressions.bitFields || compression === compressions.alphaBitFields
  return {
    width,
    height,
    bits,
    compression,
    start,
    topDown: signedHeight < 0,
    palette: bits <= 8 ? readPalette(bytes, { headerBytes, isCore, bits }) : [],
    masks: withMasks ? readMasks(bytes) : bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff],
  }
}

/** Behind the first 40 bytes of the header, be they part of a longer one or beside it. */
function readMasks(bytes: Buffer): [number, number, number] {
  if (bytes.length < 66) throw new Error('a header without its colour masks')
  return [bytes.readUInt32LE(54), bytes.readUInt32LE(58), bytes.readUInt32LE(62)]
}

function readPalette(
  bytes: Buffer,
  { headerBytes, isCore, bits }: { headerBytes: number; isCore: boolean; bits: number },
): [number, number, number][] {
  const size = isCore ? 3 : 4
  const stated = isCore ? 0 : bytes.readUInt32LE(46)
  const count = stated > 0 && stated <= 256 ? stated : 2 ** bits
  const at = 14 + headerBytes
  if (bytes.length < at + count * size) throw new Error(`a palette of fewer than ${count} colours`)
  return Array.from({ length: count }, (_, index) => {
    const from = at + index * size
    return [bytes[from + 2]!, bytes[from + 1]!, bytes[from]!]
  })
}

/** The value of a pixel's masked bits, spread to 0–255. */
function channelReader(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0
  const shift = 31 - Math.clz32(mask & -mask)
  const maximum = mask >>> shift
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 255) / maximum)
}

/** Rows of 24 or 32 bits in the usual order, which most pictures have. */
function copyRows(bytes: Buffer, { width, height, bits, start, topDown }: Header, pixels: Buffer): void {
  const step = bits / 8
  const row = rowBytes(width, bits)
  for (let y = 0; y < height; y++) {
    let from = start + (topDown ? y : height - 1 - y) * row
    for (let to = y * width * 3; to < (y + 1) * width * 3; to += 3, from += step) {
      pixels[to] = bytes[from + 2]!
      pixels[to + 1] = bytes[from + 1]!
      pixels[to + 2] = bytes[from]!
    }
  }
}

/** Each padded to four bytes. */
const rowBytes = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4

function checkRows(bytes: Buffer, { width, height, bits, start }: Header): void {
  if (bytes.length - start < rowBytes(width, bits) * (height - 1) + Math.ceil((width * bits) / 8))
    throw new Error(`${Math.max(0, bytes.length - start)} bytes of pixels for ${width}×${height} of ${bits} bits`)
}

type PutPixel = (place: number, red: number, green: number, blue: number) => void

/** Rows without compression. */
function readRows(bytes: Buffer, header: Header, put: PutPixel): void {
  const { width, height, bits, start, palette, masks } = header
  const row = rowBytes(width, bits)
  const [red, green, blue] = masks.map(channelReader) as [
    (pixel: number) => number,
    (pixel: number) => number,
    (pixel: number) => number,
  ]
  const perByte = 8 / bits
  for (let y = 0; y < height; y++) {
    const at = start + y * row
    for (let x = 0; x < width; x++) {
      const place = y * width + x
      if (bits > 8) {
        const pixel = bits === 16 ? bytes.readUInt16LE(at + x * 2) : bytes.readUInt32LE(at + x * 4)
        put(place, red(pixel), green(pixel), blue(pixel))
      } else {
        const byte = bytes[at + Math.floor(x / perByte)]!
        const index = (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1)
        put(place, ...(palette[index] ?? black))
      }
    }
  }
}

const black = [0, 0, 0] as const

/** Runs of equal pixels, of 8 bits or of two halves; what is not written stays as entry 0. */
function readRuns(bytes: Buffer, header: Header, put: PutPixel): void {
  const { width, height, compression, start, palette } = header
  const nibbles = compression === compressions.runLength4
  for (let place = 0; place < width * height; place++) put(place, ...(palette[0] ?? black))
  let [x, y, at] = [0, 0, start]
  const write = (index: number): void => {
    if (x < width && y < height) put(y * width + x, ...(palette[index] ?? black))
    x += 1
  }
  const half = (byte: number, index: number): number => (index % 2 === 0 ? byte >> 4 : byte & 15)
  while (at + 1 < bytes.length) {
    const [count, value] = [bytes[at]!, bytes[at + 1]!]
    at += 2
    if (count > 0) {
      for (let index = 0; index < count; index++) write(nibbles ? half(value, index) : value)
    } else if (value === 0) {
      ;[x, y] = [0, y + 1]
    } else if (value === 1) {
      return
    } else if (value === 2) {
      ;[x, y] = [x + (bytes[at] ?? 0), y + (bytes[at + 1] ?? 0)]
      at += 2
    } else {
      const size = nibbles ? Math.ceil(value / 2) : value
      if (at + size > bytes.length) throw new Error('pixels that end early')
      for (let index = 0; index < value; index++)
        write(nibbles ? half(bytes[at + (index >> 1)]!, index) : bytes[at + index]!)
      at += size + (size % 2)
    }
    if (y >= height) return
  }
  throw new Error('pixels that end early')
}

/**
 * Windows and OS/2 bitmaps: 1, 4, 8, 16, 24 and 32 bits, bit fields, both run-length compressions; alpha is dropped, as
 * Pillow's convert('RGB') does. Source: the BITMAPFILEHEADER to BITMAPV5HEADER pages of Microsoft's documentation.
 * @throws Error with what is wrong
 */
export function parseBmp(bytes: Buffer): RawPicture {
  const header = parseHeader(bytes)
  const { width, height, bits, compression, topDown } = header
  if (width * height > bytes.length * longestRun) throw new Error(`${bytes.length} bytes for ${width}×${height} pixels`)
  const pixels = Buffer.alloc(width * height * 3)
  const put: PutPixel = (place, red, green, blue) => {
    const row = Math.floor(place / width)
    const at = ((topDown ? row : height - 1 - row) * width + (place % width)) * 3
    pixels[at] = red
    pixels[at + 1] = green
    pixels[at + 2] = blue
  }
  const runs =
    (compression === compressions.runLength8 && bits === 8) || (compression === compressions.runLength4 && bits === 4)
  const plain = [compressions.none, compressions.bitFields, compressions.alphaBitFields].some(
    (known) => known === compression,
  )
  if (runs) readRuns(bytes, header, put)
  else if (!plain || ![1, 4, 8, 16, 24, 32].includes(bits))
    throw new Error(`a BMP of ${bits} bits with compression ${compression}`)
  else {
    checkRows(bytes, header)
    if (bits === 24 || (bits === 32 && compression === compressions.none)) copyRows(bytes, header, pixels)
    else readRows(bytes, header, put)
  }
  return { width, height, channels: 3, pixels }
}
