/**
 * The protocol-buffer wire format of a file that nobody has vouched for. A message is a list of fields; the contents of
 * large ones stay in the file, as places. Work and memory grow with the number of fields, which is bounded.
 */
import { Reader } from 'protobufjs/minimal.js'
import { RefusedInputError } from '../../../../../shared/errors'
import type { ByteSource } from '../../../weights/byteSource'

export interface WireField {
  readonly number: number
  /** Of a varint. */
  readonly value: number
  /** Place of the contents in the file. */
  readonly at: number
  readonly length: number
  /** The contents; null where they are large, and of a varint. */
  readonly bytes: Uint8Array | null
}

/** Larger contents are left in the file. */
const windowBytes = 1 << 16
const mostFields = 200_000

const wires = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

export class WireFile {
  private fields = 0

  constructor(private readonly source: ByteSource) {}

  /** Fields of the whole file. */
  root(): Promise<WireField[]> {
    return this.fieldsFrom(0, this.source.size)
  }

  /** Fields of a message that is a field. */
  message({ at, length, bytes }: WireField): Promise<WireField[]> {
    return bytes ? Promise.resolve(this.fieldsIn(bytes, at)) : this.fieldsFrom(at, length)
  }

  /** The contents of a field that must be small. */
  small(field: WireField, what: string): Uint8Array {
    if (field.bytes) return field.bytes
    throw new RefusedInputError('A part of this ONNX file is larger than it can be.', {
      wanted: `${what} of at most ${windowBytes} bytes`,
      got: field.length === 0 ? 'a number' : `${field.length} bytes`,
      where: `byte ${field.at}`,
    })
  }

  read(at: number, length: number): Promise<Uint8Array> {
    return this.source.read(at, length)
  }

  private fieldsIn(bytes: Uint8Array, at: number): WireField[] {
    const reader = Reader.create(bytes)
    const fields: WireField[] = []
    while (reader.pos < reader.len) {
      const field = this.next(reader, bytes, at)
      if (!field?.bytes && field?.length !== 0) throw damaged(at + reader.pos, 'contents that end after their message')
      fields.push(field)
    }
    return fields
  }

  /** The same for a message that does not fit into memory: window after window. */
  private async fieldsFrom(at: number, length: number): Promise<WireField[]> {
    const end = at + length
    const fields: WireField[] = []
    for (let place = at; place < end;) {
      const window = await this.source.read(place, Math.min(windowBytes, end - place))
      const reader = Reader.create(window)
      let done = 0
      while (reader.pos < window.length) {
        const field = this.next(reader, window, place, end - place)
        const stays = field?.bytes === null && field.length > 0 && field.length <= windowBytes - 32
        // Cut off by the window's end: it is read again at the start of the next.
        if (!field || (stays && done > 0)) break
        if (stays) throw damaged(place, 'contents that end after the file')
        fields.push(field)
        done = field.at + field.length - place
        if (done > window.length) break
      }
      if (done === 0) throw damaged(place, 'a field that is cut off')
      place += done
    }
    return fields
  }

  /**
   * One field; undefined where the bytes end within it.
   * @param available bytes that there are from the start of `bytes` on, beyond them in the file
   */
  private next(reader: Reader, bytes: Uint8Array, base: number, available = bytes.length): WireField | undefined {
    const start = reader.pos
    this.fields += 1
    if (this.fields > mostFields)
      throw new RefusedInputError('This ONNX file has more parts than any network here.', {
        wanted: `at most ${mostFields} fields`,
        got: 'more',
        where: `byte ${base + start}`,
      })
    try {
      return fieldAt(reader, bytes, base, available)
    } catch (error) {
      if (error instanceof RefusedInputError) throw error
      // The reader ran over the end.
      if (available > bytes.length && bytes.length - start < 32) {
        reader.pos = bytes.length
        return undefined
      }
      throw damaged(base + start, error instanceof Error ? error.message : 'other bytes')
    }
  }
}

function fieldAt(reader: Reader, bytes: Uint8Array, base: number, available: number): WireField {
  const tag = reader.uint32()
  const number = tag >>> 3
  if (number === 0) throw damaged(base + reader.pos, 'a field without a number')
  const place = { number, value: 0, at: base + reader.pos, length: 0, bytes: null }
  switch (tag & 7) {
    case wires.varint:
      // A whole number beyond 2^53 is only ever a bound ("to the end").
      return { ...place, value: Number(String(reader.int64())), at: base + reader.pos }
    case wires.fixed64:
    case wires.fixed32: {
      const length = (tag & 7) === wires.fixed64 ? 8 : 4
      const from = reader.pos
      reader.skip(length)
      return { ...place, length, bytes: bytes.subarray(from, from + length) }
    }
    case wires.bytes: {
      const length = reader.uint32()
      const from = reader.pos
      if (from + length > available) throw damaged(base + from, `${length} bytes where ${available - from} are left`)
      if (from + length > bytes.length) return { ...place, at: base + from, length }
      reader.skip(length)
      return { ...place, at: base + from, length, bytes: bytes.subarray(from, from + length) }
    }
    default:
      throw damaged(base + reader.pos, `wire type ${tag & 7}`)
  }
}

const damaged = (at: number, got: string): RefusedInputError =>
  new RefusedInputError('The file is no ONNX file, or is damaged.', {
    wanted: 'protocol-buffer fields',
    got,
    where: `byte ${at}`,
  })

const decoder = new TextDecoder()
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Repeated whole numbers, packed or one by one. */
export function integersIn(fields: readonly WireField[], most: number, what: string): number[] {
  const values: number[] = []
  for (const { value, bytes, length, at } of fields) {
    if (bytes === null && length === 0) values.push(value)
    else if (bytes === null) throw tooMany(what, most, at)
    else {
      const reader = Reader.create(bytes)
      while (reader.pos < reader.len && values.length <= most) values.push(integerAt(reader, at))
    }
    if (values.length > most) throw tooMany(what, most, at)
  }
  return values
}

function integerAt(reader: Reader, at: number): number {
  try {
    return Number(String(reader.int64()))
  } catch (error) {
    throw damaged(at + reader.pos, error instanceof Error ? error.message : 'other bytes')
  }
}

/** Repeated float32 values, packed or one by one. */
export function floatsIn(fields: readonly WireField[], most: number, what: string): number[] {
  return fields.flatMap(({ bytes, length, at }) => {
    if (bytes === null || length / 4 > most) throw tooMany(what, most, at)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getFloat32(4 * index, true))
  })
}

const tooMany = (what: string, most: number, at: number): RefusedInputError =>
  new RefusedInputError('A list in this ONNX file is longer than it can be.', {
    wanted: `at most ${most} ${what}`,
    got: 'more',
    where: `byte ${at}`,
  })
