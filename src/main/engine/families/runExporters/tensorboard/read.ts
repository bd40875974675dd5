/** What an event file holds: step, time and tags of each event. For going on where a file ends, and for tests. */
import { Reader } from 'protobufjs/minimal'
import { readRecords } from './records'

export interface ReadValue {
  readonly tag: string
  readonly number?: number
  readonly image?: { readonly width: number; readonly height: number; readonly png: Uint8Array }
  /** Of a plugin's record. */
  readonly plugin?: { readonly name: string; readonly content: Uint8Array }
}

export interface ReadEvent {
  /** Seconds since 1970. */
  readonly time: number
  readonly step: number
  readonly version?: string
  /** What came before with this step or a later one is recorded anew. */
  readonly restarts: boolean
  readonly values: readonly ReadValue[]
}

type Take = (reader: Reader) => void

/** Reads the fields that are asked for and skips the others. */
function readFields(bytes: Uint8Array, takes: Readonly<Record<number, Take>>): void {
  const reader = Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const take = takes[tag >>> 3]
    if (take) take(reader)
    else reader.skipType(tag & 7)
  }
}

export function readEvent(bytes: Uint8Array): ReadEvent {
  let [time, step, restarts] = [0, 0, false]
  let version: string | undefined
  const values: ReadValue[] = []
  readFields(bytes, {
    1: (reader) => (time = reader.double()),
    2: (reader) => (step = Number(reader.int64())),
    3: (reader) => (version = reader.string()),
    5: (reader) => readFields(reader.bytes(), { 1: (value) => values.push(readValue(value.bytes())) }),
    7: (reader) => readFields(reader.bytes(), { 1: (status) => (restarts = status.int32() === 1) }),
  })
  return { time, step, restarts, values, ...(version === undefined ? {} : { version }) }
}

function readValue(bytes: Uint8Array): ReadValue {
  let value: { -readonly [Key in keyof ReadValue]: ReadValue[Key] } = { tag: '' }
  readFields(bytes, {
    1: (reader) => (value = { ...value, tag: reader.string() }),
    2: (reader) => (value = { ...value, number: reader.float() }),
    4: (reader) => (value = { ...value, image: readImage(reader.bytes()) }),
    9: (reader) =>
      readFields(reader.bytes(), { 1: (data) => (value = { ...value, plugin: readPlugin(data.bytes()) }) }),
  })
  return value
}

function readImage(bytes: Uint8Array): { width: number; height: number; png: Uint8Array } {
  const found = { height: 0, width: 0, png: new Uint8Array(0) }
  readFields(bytes, {
    1: (reader) => (found.height = reader.int32()),
    2: (reader) => (found.width = reader.int32()),
    4: (reader) => (found.png = Uint8Array.from(reader.bytes())),
  })
  return found
}

function readPlugin(bytes: Uint8Array): { name: string; content: Uint8Array } {
  const found = { name: '', content: new Uint8Array(0) }
  readFields(bytes, {
    1: (reader) => (found.name = reader.string()),
    2: (reader) => (found.content = Uint8Array.from(reader.bytes())),
  })
  return found
}

/** The events of a file in their order. @returns see readRecords */
export const readEventFile = (file: string, take: (event: ReadEvent) => void | Promise<void>): Promise<number> =>
  readRecords(file, (bytes) => take(readEvent(bytes)))
