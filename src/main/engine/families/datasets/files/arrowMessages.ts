/**
 * The messages of an Arrow file: a schema, then record batches, each a table of places in the bytes behind it. The
 * tables are read by the format's own generated accessors; apache-arrow's reader builds as much as a damaged file
 * claims, until memory ends, so every count is held against a bound here.
 * Reference: the Arrow columnar format, "Serialization and Interprocess Communication", format/Message.fbs.
 */
import { Endianness } from 'apache-arrow/fb/endianness'
import { Field } from 'apache-arrow/fb/field'
import { Footer } from 'apache-arrow/fb/footer'
import { Int } from 'apache-arrow/fb/int'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { Type } from 'apache-arrow/fb/type'
import { ByteBuffer } from 'flatbuffers'
import { bytesText, type FileSource } from '../../../weights/byteSource'

const fileMagic = 'ARROW1'
/** Of a message's table: a schema with the names of a hundred thousand classes has some MB. */
const tableLimit = 16_000_000
const mostFields = 10_000
const deepest = 16
const mostNotes = 1000

/** Where the parts of a message lie, all in bytes of the file. */
interface ArrowMessage {
  readonly table: Message
  readonly bodyAt: number
  readonly bodyLength: number
}

async function* messagesOf(source: FileSource): AsyncGenerator<ArrowMessage> {
  const { size } = source
  let at = (await source.read(0, Math.min(size, fileMagic.length))).toString('latin1') === fileMagic ? 8 : 0
  for (;;) {
    if (at + 8 > size) throw new Error('the end of the file before that of its batches')
    const head = await source.read(at, 8)
    if (head.readInt32LE(0) !== -1) throw new Error(`no message at byte ${at.toLocaleString('en-US')}`)
    const length = head.readInt32LE(4)
    if (length === 0) return
    if (length < 0 || length > Math.min(tableLimit, size - at - 8)) throw new Error(`a message of ${bytesText(length)}`)
    const table = Message.getRootAsMessage(new ByteBuffer(await source.read(at + 8, length)))
    const bodyAt = at + 8 + length
    const bodyLength = Number(table.bodyLength())
    if (!(bodyLength >= 0 && bodyLength <= size - bodyAt)) throw new Error(`a batch of ${bytesText(bodyLength)}`)
    yield { table, bodyAt, bodyLength }
    at = bodyAt + bodyLength
  }
}

export interface ArrowField {
  readonly name: string
  readonly type: Type
  /** Of whole numbers. */
  readonly bits: number
  readonly isSigned: boolean
  /** Its values are places in a list of their own. */
  readonly isDictionary: boolean
  readonly children: readonly ArrowField[]
}

export interface ArrowSchema {
  readonly fields: readonly ArrowField[]
  readonly notes: ReadonlyMap<string, string>
}

function schemaOf(schema: Schema): ArrowSchema {
  if (schema.endianness() !== Endianness.Little) throw new Error('numbers of a big-endian machine')
  let left = mostFields
  const fieldOf = (field: Field | null, depth: number): ArrowField => {
    if (field === null || left-- <= 0 || depth > deepest) throw new Error('columns without end')
    const type = field.typeType()
    const int = type === Type.Int ? (field.type(new Int()) as Int | null) : null
    return {
      name: field.name() ?? '',
      type,
      bits: int?.bitWidth() ?? 0,
      isSigned: int?.isSigned() ?? false,
      isDictionary: field.dictionary() !== null,
      children: listed(field.childrenLength(), left, (at) => fieldOf(field.children(at, new Field()), depth + 1)),
    }
  }
  const fields = listed(schema.fieldsLength(), left, (at) => fieldOf(schema.fields(at, new Field()), 0))
  const notes = listed(schema.customMetadataLength(), mostNotes, (at): [string, string] => {
    const entry = schema.customMetadata(at)
    return [entry?.key() ?? '', entry?.value() ?? '']
  })
  return { fields, notes: new Map(notes) }
}

function listed<T>(count: number, most: number, one: (at: number) => T): T[] {
  if (!(count >= 0 && count <= most)) throw new Error(`${String(count)} parts`)
  return Array.from({ length: count }, (_, at) => one(at))
}

/** How many buffers a column has before those of its parts. @throws Error for kinds whose number is not fixed */
function buffersOf({ type, isDictionary }: ArrowField): number {
  if (isDictionary) return 2
  switch (type) {
    case Type.Null:
      return 0
    case Type.Struct_:
    case Type.FixedSizeList:
      return 1
    case Type.Binary:
    case Type.Utf8:
    case Type.LargeBinary:
    case Type.LargeUtf8:
      return 3
    case Type.Int:
    case Type.FloatingPoint:
    case Type.Bool:
    case Type.Decimal:
    case Type.Date:
    case Type.Time:
    case Type.Timestamp:
    case Type.Interval:
    case Type.Duration:
    case Type.FixedSizeBinary:
    case Type.List:
    case Type.LargeList:
    case Type.Map:
      return 2
    default:
      throw new Error(`a column of the kind ${Type[type] ?? String(type)}`)
  }
}

/** A column, or a part of one, with its buffers; all in bytes of the file. */
export interface ArrowColumn {
  readonly field: ArrowField
  readonly buffers: readonly { readonly at: number; readonly length: number }[]
  readonly children: readonly ArrowColumn[]
}

export interface ArrowBatch {
  readonly rows: number
  readonly columns: readonly ArrowColumn[]
}

function batchOf(batch: RecordBatch, { bodyAt, bodyLength }: ArrowMessage, { fields }: ArrowSchema): ArrowBatch {
  if (batch.compression() !== null) throw new Error('compressed batches')
  let [node, buffer] = [0, 0]
  const rows = Number(batch.length())
  const columnOf = (field: ArrowField): ArrowColumn => {
    if (node++ >= batch.nodesLength()) throw new Error(`no column ${field.name}`)
    const buffers = Array.from({ length: buffersOf(field) }, () => {
      const place = buffer < batch.buffersLength() ? batch.buffers(buffer++) : null
      const [offset, length] = [Number(place?.offset() ?? -1), Number(place?.length() ?? -1)]
      if (!(offset >= 0 && length >= 0 && offset + length <= bodyLength))
        throw new Error(`bytes of ${field.name} beyond those of its batch`)
      return { at: bodyAt + offset, length }
    })
    // The parts of a list of values that lies by itself are there, not here.
    return { field, buffers, children: field.isDictionary ? [] : field.children.map(columnOf) }
  }
  return { rows, columns: fields.map(columnOf) }
}

/** Some writers of files leave the schema to the footer. */
async function footerSchema(source: FileSource): Promise<ArrowSchema> {
  const end = await source.read(Math.max(0, source.size - 10), Math.min(10, source.size))
  const length = end.readInt32LE(0)
  if (end.toString('latin1', 4) !== fileMagic || !(length > 0 && length <= Math.min(tableLimit, source.size - 10)))
    throw new Error('a batch before its schema')
  const bytes = await source.read(source.size - 10 - length, length)
  const schema = Footer.getRootAsFooter(new ByteBuffer(bytes)).schema()
  if (schema === null) throw new Error('a footer without a schema')
  return schemaOf(schema)
}

/** The schema, then each batch with the places of its columns; no value is read. */
export async function* partsOf(source: FileSource): AsyncGenerator<ArrowSchema | ArrowBatch> {
  let schema: ArrowSchema | undefined
  for await (const message of messagesOf(source)) {
    const { table } = message
    const kind = table.headerType()
    if (kind === MessageHeader.Schema) {
      if (schema) throw new Error('two schemas')
      yield (schema = schemaOf(table.header(new Schema()) as Schema))
    } else if (kind === MessageHeader.RecordBatch) {
      if (!schema) yield (schema = await footerSchema(source))
      yield batchOf(table.header(new RecordBatch()) as RecordBatch, message, schema)
    } else if (kind !== MessageHeader.DictionaryBatch) throw new Error(`a message of the kind ${String(kind)}`)
  }
  if (!schema) throw new Error('no schema')
}
