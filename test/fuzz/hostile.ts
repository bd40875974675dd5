/** Files that would cost a careless reader memory or time, each for the reader that must refuse it cheaply. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { dictOf, emptyDict, numbers, pickled, program, storage, tensor, text } from '../unit/importers/craft/pickle'
import { torchZip } from '../unit/importers/craft/files'
import { zipOf } from '../unit/importers/craft/zip'
import { npyOf, npzOf } from '../fixtures/npz'

const megabyte = 2 ** 20
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes)

function matElement(type: number, bytes: Uint8Array): Buffer {
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(type, 0)
  tag.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([tag, bytes, Buffer.alloc(type === 15 ? 0 : (8 - (bytes.length % 8)) % 8)])
}

/** As many packed matrices of zeros as are wanted, each of so many bytes. */
function matBomb(matrices: number, bytes: number): Buffer {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file')
  header.writeUInt16LE(0x100, 124)
  header.write('IM', 126)
  const packed = Array.from({ length: matrices }, (_, index) =>
    matElement(
      15,
      deflateSync(
        matElement(
          14,
          Buffer.concat([
            matElement(6, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])),
            matElement(5, Buffer.from(Int32Array.of(bytes, 1).buffer)),
            matElement(1, Buffer.from(`m${index}`)),
            matElement(2, zeros(bytes)),
          ]),
        ),
      ),
    ),
  )
  return Buffer.concat([header, ...packed])
}

function idxBomb(bytes: number): Buffer {
  const head = Buffer.alloc(16)
  head.writeUInt32BE(0x803, 0)
  head.writeUInt32BE(bytes / 784, 4)
  head.writeUInt32BE(28, 8)
  head.writeUInt32BE(28, 12)
  return gzipSync(Buffer.concat([head, zeros(bytes)]))
}

function manyTensors(count: number): Buffer {
  const header = Buffer.from(
    `{${Array.from({ length: count }, (_, index) => `"t${index}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`,
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header])
}

const packedEntry = (name: string, bytes: Buffer) => ({
  name,
  bytes: deflateRawSync(bytes),
  method: 8,
  uncompressed: bytes.length,
  crc: crc32(bytes),
})

const bitmap = (width: number, height: number): Buffer => {
  const bytes = Buffer.alloc(58)
  bytes.write('BM')
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  return bytes
}

const expanded = dictOf(text('w'), tensor({ from: storage({ count: 4 }), size: numbers(2 ** 31), stride: numbers(0) }))

export interface HostileFile {
  readonly reader: string
  readonly title: string
  make(): Buffer
}

export const hostileFiles: readonly HostileFile[] = [
  { reader: 'mat5', title: '20 packed matrices of 8 MB zeros', make: () => matBomb(20, 8 * megabyte) },
  { reader: 'mat5', title: 'one packed matrix of 128 MB zeros', make: () => matBomb(1, 128 * megabyte) },
  { reader: 'idx', title: 'a gzip of 157 MB zeros', make: () => idxBomb(784 * 200_000) },
  {
    reader: 'npz',
    title: 'an array of 128 MB zeros, packed',
    make: () => npzOf({ x_train: { dtype: '|u1', shape: [128 * megabyte], data: zeros(128 * megabyte) } }, true),
  },
  {
    reader: 'npy',
    title: 'a header that claims 10¹⁵ values',
    make: () => npyOf({ dtype: '<f8', shape: [10 ** 9, 10 ** 6], data: new Uint8Array(8) }),
  },
  { reader: 'torch-zip', title: 'a tensor of 2³¹ repetitions', make: () => torchZip(pickled(expanded)) },
  {
    reader: 'torch-zip',
    title: 'a packed entry of 128 MB zeros',
    make: () => zipOf([packedEntry('archive/data.pkl', zeros(128 * megabyte))]),
  },
  { reader: 'pickle', title: '40 MB of empty dictionaries', make: () => pickled(emptyDict.repeat(40 * megabyte)) },
  {
    reader: 'pickle',
    title: '40 MB of whole floating-point numbers',
    make: () => pickled(program('(', 'G\x40\x10\x00\x00\x00\x00\x00\x00'.repeat(4 * megabyte), 't')),
  },
  { reader: 'safetensors', title: 'a header of 120,000 empty tensors', make: () => manyTensors(120_000) },
  { reader: 'picture', title: 'a bitmap of 10⁹ pixels in 58 bytes', make: () => bitmap(40_000, 25_000) },
  {
    reader: 'picture',
    title: 'a plain PPM of 25 million pixels in 20 bytes',
    make: () => Buffer.from('P3 5000 5000 255 1 2'),
  },
  {
    reader: 'parquet',
    title: 'a level repeated 52 million times in 662 bytes',
    // From the project's folder, as the fuzzer found it.
    make: () => readFileSync('test/fuzz/corpus/parquet/found-b7e88ce2353e'),
  },
  {
    reader: 'abdrun',
    title: 'a description of 128 MB zeros, packed',
    make: () => zipOf([packedEntry('abdrun.json', zeros(128 * megabyte))]),
  },
  {
    reader: 'frames',
    title: 'nested claims of 4 billion entries',
    make: () => Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]))),
  },
  { reader: 'study', title: '140,000 brackets', make: () => Buffer.from('['.repeat(140_000)) },
  { reader: 'study', title: '140 kB of lines of a list', make: () => Buffer.from('- a\n'.repeat(35_000)) },
]

const folder = process.argv[2]
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true })
  const listed = hostileFiles.map(({ reader, title, make }, index) => {
    const file = join(folder, String(index))
    writeFileSync(file, make())
    return { reader, title, file }
  })
  process.stdout.write(JSON.stringify(listed))
}
