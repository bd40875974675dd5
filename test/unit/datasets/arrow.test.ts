/** Pictures and labels in Arrow files, as save_to_disk of Hugging Face's library writes them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { Endianness } from 'apache-arrow/fb/endianness'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { Schema } from 'apache-arrow/fb/schema'
import { Builder } from 'flatbuffers'
import sharp from 'sharp'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

const id = 'parquet_files'
const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../fixtures/datasets', name))
let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
})
afterEach(() => scratch.remove())

const side = 8
/** Pictures of one colour: red is their number. */
let pictures: Buffer[] = []
beforeAll(async () => {
  const flat = (red: number): Promise<Buffer> =>
    sharp({ create: { width: side, height: side, channels: 3, background: { r: red, g: 100, b: 7 } } })
      .png()
      .toBuffer()
  pictures = await Promise.all(Array.from({ length: 6 }, (_, red) => flat(red)))
})

interface Row {
  readonly picture: number
  readonly label: number
}
const rowsOf = (...labels: number[]): Row[] => labels.map((label, picture) => ({ picture, label }))
const names = ['apple', 'bear', 'cloud']
const note = JSON.stringify({
  info: { features: { img: { _type: 'Image' }, label: { names, _type: 'ClassLabel' } } },
})

/** A batch for each list of rows. */
function tableOf(...batches: Row[][]): arrow.Table {
  const image = new arrow.Struct([
    new arrow.Field('bytes', new arrow.Binary(), true),
    new arrow.Field('path', new arrow.Utf8(), true),
  ])
  const fields = [new arrow.Field('img', image, true), new arrow.Field('label', new arrow.Int64(), true)]
  const schema = new arrow.Schema(fields, new Map([['huggingface', note]]))
  const made = batches.map((rows) => {
    const columns = {
      img: arrow.vectorFromArray(
        rows.map(({ picture }) => ({ bytes: pictures[picture], path: null })),
        image,
      ),
      label: arrow.vectorFromArray(
        rows.map(({ label }) => BigInt(label)),
        new arrow.Int64(),
      ),
    }
    return new arrow.RecordBatch(schema, new arrow.Table(columns).batches[0]!.data)
  })
  return new arrow.Table(schema, made)
}
const stream = (...batches: Row[][]): Buffer => Buffer.from(arrow.tableToIPC(tableOf(...batches), 'stream'))
const withFooter = (...batches: Row[][]): Buffer => Buffer.from(arrow.tableToIPC(tableOf(...batches), 'file'))

describe('Arrow files as the hub’s library has them', () => {
  it('a folder of save_to_disk: shards and batches in order, with the classes’ names', async () => {
    scratch.write('train/data-00000-of-00002.arrow', stream(rowsOf(0, 1, 2), rowsOf(0)))
    scratch.write('train/data-00001-of-00002.arrow', stream(rowsOf(1, 2)))
    scratch.write('test/data-00000-of-00001.arrow', stream(rowsOf(2, 1)))
    scratch.write('dataset_dict.json', '{"splits": ["train", "test"]}')
    scratch.write('train/state.json', '{}')
    expect(await recognizeDataset(datasets, scratch.folder)).toEqual({
      id,
      params: { folder: scratch.folder, size: 32, colour: 'rgb' },
    })
    const { train, test, classNames } = await scratch.load(id, { size: side })
    expect([[...train.labels], [...test.labels], classNames]).toEqual([[0, 1, 2, 0, 1, 2], [2, 1], names])
    const reds = Array.from({ length: 6 }, (_, at) => train.pixels[at * side * side * 3])
    expect(reds).toEqual([0, 1, 2, 0, 0, 1])
  })

  it('the library’s cache, and Parquet files before it where both lie there', async () => {
    scratch.write('plain_text/0.0.0/abc/cifar10-train.arrow', stream(rowsOf(0, 1, 2)))
    scratch.write('plain_text/0.0.0/abc/cifar10-test.arrow', stream(rowsOf(1)))
    const { train, test } = await scratch.load(id, { size: side })
    expect([train.count, test.count]).toEqual([3, 1])
    for (const split of ['train', 'test'])
      scratch.write(`plain_text/0.0.0/abc/tiny-${split}.parquet`, fixture(`tiny-${split}.parquet`))
    const both = await scratch.load(id, { size: side })
    expect([both.train.count, both.test.count]).toEqual([6, 2])
  })

  it('a file with a footer, a share of which becomes the test set', async () => {
    const path = scratch.write('all.feather', withFooter(rowsOf(0, 1, 2, 0, 1, 2)))
    expect((await recognizeDataset(datasets, path)).id).toBe(id)
    const { train, test } = await scratch.load(id, { folder: path, size: side })
    expect(train.count + test.count).toBe(6)
  })
})

describe('refused', () => {
  it('a stream that was cut off between two batches', async () => {
    const whole = stream(rowsOf(0, 1, 2), rowsOf(0))
    scratch.write('train.arrow', whole.subarray(0, whole.length - 8))
    expect(await scratch.refusal(id)).toMatchObject({
      message: '"train.arrow" cannot be read as an Arrow file.',
      got: 'the end of the file before that of its batches',
    })
  })

  it('numbers of a big-endian machine', async () => {
    const builder = new Builder()
    Schema.startSchema(builder)
    Schema.addEndianness(builder, Endianness.Big)
    const schema = Schema.endSchema(builder)
    builder.finish(Message.createMessage(builder, MetadataVersion.V5, MessageHeader.Schema, schema, 0n, 0))
    const table = builder.asUint8Array()
    const head = Buffer.from('ffffffff00000000', 'hex')
    head.writeInt32LE(table.length, 4)
    const bytes = Buffer.concat([head, table, Buffer.from('ffffffff00000000', 'hex')])
    scratch.write('train.arrow', bytes)
    expect((await scratch.refusal(id)).got).toBe('numbers of a big-endian machine')
  })

  it('a batch that claims more rows than it holds', async () => {
    const bytes = stream(rowsOf(0, 1, 2))
    const claimed = Buffer.alloc(8)
    claimed.writeBigInt64LE(3n)
    // The lengths of batch, columns and their parts: all that say three.
    for (let at = bytes.indexOf(claimed); at >= 0; at = bytes.indexOf(claimed, at + 8))
      bytes.writeBigInt64LE(1_000_000_000n, at)
    scratch.write('train.arrow', bytes)
    expect((await scratch.refusal(id)).where).toContain('train.arrow')
  })

  it.each([
    ['no Arrow file', Buffer.from('some other bytes that are long enough')],
    ['an empty file', Buffer.alloc(0)],
    ['an end alone', Buffer.from('ffffffff00000000', 'hex')],
  ])('%s', async (_what, bytes) => {
    scratch.write('train.arrow', bytes)
    expect((await scratch.refusal(id)).where).toContain('train.arrow')
  })

  it('bytes that chance has changed are refused, or read as other pictures, and nothing else', async () => {
    const whole = stream(rowsOf(0, 1, 2), rowsOf(1, 2))
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole)
      bytes[at] = bytes[at]! ^ 0xff
      scratch.write('train.arrow', bytes)
      await scratch.load(id, { size: side }).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'RefusedInputError' })
      })
    }
  })
})
