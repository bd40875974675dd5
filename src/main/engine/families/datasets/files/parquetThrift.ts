/**
 * Headers of Parquet files are in Thrift's compact protocol. hyparquet takes memory for as many elements as a list
 * claims, and numbers of any length: what it is to read is walked first.
 */
import { bytesText } from '../../../weights/byteSource'

/** Headers nest six deep. */
const deepest = 32
/** Of 64 bits, seven in a byte. */
const longestNumber = 10

/** Positions in bytes; what lies beyond their end is refused. */
class Walk {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  get left(): number {
    return this.bytes.length - this.at
  }

  byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new Error('a header that ends early')
    return byte
  }

  skip(length: number): void {
    if (!(length >= 0 && length <= this.left)) throw new Error(`a header that claims ${bytesText(length)} more`)
    this.at += length
  }

  /** As hyparquet reads it: 32 bits of it. */
  number(): number {
    let value = 0
    for (let place = 0; place < longestNumber; place++) {
      const byte = this.byte()
      value |= (byte & 0x7f) << (7 * place)
      if (byte < 0x80) return value
    }
    throw new Error(`a number of more than ${longestNumber} bytes`)
  }
}

function walkList(walk: Walk, depth: number): void {
  const head = walk.byte()
  const type = head & 15
  const size = head >> 4 === 15 ? walk.number() : head >> 4
  // Each element has a byte at least.
  if (!(size >= 0 && size <= walk.left)) throw new Error(`a list that claims ${size.toLocaleString('en-US')} elements`)
  for (let index = 0; index < size; index++) {
    if (type === 1 || type === 2) walk.skip(1)
    else walkElement(walk, type, depth)
  }
}

function walkElement(walk: Walk, type: number, depth: number): void {
  switch (type) {
    case 1:
    case 2:
      return
    case 3:
      return walk.skip(1)
    case 4:
    case 5:
    case 6:
      return void walk.number()
    case 7:
      return walk.skip(8)
    case 8:
      return walk.skip(walk.number())
    case 9:
      return walkList(walk, depth + 1)
    case 12:
      return walkStruct(walk, depth + 1)
    default:
      throw new Error(`a header with a value of type ${type}`)
  }
}

function walkStruct(walk: Walk, depth: number): void {
  if (depth > deepest) throw new Error(`a header more than ${deepest} deep`)
  for (let head = walk.byte(); (head & 15) !== 0; head = walk.byte()) {
    if (head >> 4 === 0) walk.number()
    walkElement(walk, head & 15, depth)
  }
}

/** @returns where the structure that begins at `start` ends. @throws Error where it claims what is not there */
export function endOfStruct(bytes: Uint8Array, start = 0): number {
  const walk = new Walk(bytes, start)
  walkStruct(walk, 0)
  return walk.at
}
