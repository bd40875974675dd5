import { checkSize, type RawPicture } from './types'

export const isNetpbm = (bytes: Buffer): boolean => /^P[1-6][\s#]/.test(bytes.toString('latin1', 0, 3))

interface Header {
  readonly kind: number
  readonly width: number
  readonly height: number
  readonly maximum: number
  /** Where the samples begin. */
  readonly start: number
}

/** Fields are divided by white space and comments; one white-space character ends the last. */
function parseHeader(bytes: Buffer): Header {
  const kind = Number(String.fromCharCode(bytes[1] ?? 0))
  const wanted = kind === 1 || kind === 4 ? 2 : 3
  const fields: number[] = []
  let offset = 2
  while (fields.length < wanted) {
    const gap = /^(?:\s|#[^\n]*\n)+/.exec(bytes.toString('latin1', offset, offset + 1024))?.[0]
    const digits =
      gap === undefined
        ? undefined
        : /^\d{1,9}/.exec(bytes.toString('latin1', offset + gap.length, offset + gap.length + 10))?.[0]
    if (gap === undefined || digits === undefined) throw new Error('a header without width, height and maximum')
    fields.push(Number(digits))
    offset += gap.length + digits.length
  }
  const [width = 0, height = 0, maximum = 1] = fields
  checkSize(width, height)
  if (maximum < 1 || maximum > 65_535) throw new Error(`a maximum of ${maximum}; 1 to 65535 is read`)
  return { kind, width, height, maximum, start: offset + 1 }
}

/** Samples written as decimal numbers; those of a bitmap may stand without a gap. */
function plainSamples(bytes: Buffer, { kind, start, maximum }: Header, count: number): Float64Array {
  // Before memory is taken for what a short file only claims.
  if (count > bytes.length) throw new Error(`${bytes.length} bytes in place of ${count} values of pixels`)
  const text = bytes.toString('latin1', start - 1).replace(/#[^\n]*/g, ' ')
  const words = text.matchAll(kind === 1 ? /[01]/g : /\d+/g)
  const samples = new Float64Array(count)
  let found = 0
  for (const [word] of words) {
    if (found === count) break
    samples[found++] = Math.min(maximum, Number(word))
  }
  if (found < count) throw new Error(`${found} values of pixels in place of ${count}`)
  return samples
}

/** How many bytes a binary row of `width` pixels has. */
function rowBytes({ kind, width, maximum }: Header): number {
  if (kind === 4) return Math.ceil(width / 8)
  return width * (kind === 6 ? 3 : 1) * (maximum > 255 ? 2 : 1)
}

/** Reads sample `place` of the picture. */
function sampleReader(bytes: Buffer, header: Header, channels: number): (place: number) => number {
  const { kind, width, height, maximum, start } = header
  if (kind <= 3) {
    const samples = plainSamples(bytes, header, width * height * channels)
    return (place) => samples[place] ?? 0
  }
  const size = rowBytes(header) * height
  if (bytes.length - start < size)
    throw new Error(`${Math.max(0, bytes.length - start)} bytes of pixels in place of ${size} for ${width}×${height}`)
  if (kind === 4) {
    const row = rowBytes(header)
    return (place) => {
      const column = place % width
      const byte = bytes[start + Math.floor(place / width) * row + (column >> 3)] ?? 0
      return (byte >> (7 - (column & 7))) & 1
    }
  }
  if (maximum > 255) return (place) => bytes.readUInt16BE(start + place * 2)
  return (place) => bytes[start + place] ?? 0
}

/** A half goes to the even neighbour, as Python's round() has it. */
function roundToEven(value: number): number {
  const below = Math.floor(value)
  return value - below === 0.5 ? below + (below & 1) : Math.round(value)
}

/**
 * PBM, PGM and PPM, plain and binary (P1 to P6), 1 to 16 bits; v = round(255 · sample / maximum), as Pillow has it for
 * colour. In bitmaps 1 is black. Source: netpbm.sourceforge.net/doc. @throws Error with what is wrong
 */
export function parseNetpbm(bytes: Buffer): RawPicture {
  const header = parseHeader(bytes)
  const { kind, width, height, maximum, start } = header
  const channels = kind === 3 || kind === 6 ? 3 : 1
  const count = width * height * channels
  const sample = sampleReader(bytes, header, channels)
  const size = { width, height, channels } as const
  if (kind >= 5 && maximum === 255) return { ...size, pixels: bytes.subarray(start, start + count) }
  const isBitmap = kind === 1 || kind === 4
  const pixels = Buffer.alloc(count)
  for (let place = 0; place < count; place++) {
    const value = sample(place)
    pixels[place] = isBitmap ? 255 * (1 - value) : roundToEven((Math.min(value, maximum) / maximum) * 255)
  }
  return { ...size, pixels }
}
