/** MATLAB files of level 5, element by element. */
import { deflateSync } from 'node:zlib'

export function element(type: number, bytes: Uint8Array): Buffer {
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(type, 0)
  tag.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([tag, bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)])
}

/** An element of its own, packed: no padding behind it. */
export function packed(bytes: Uint8Array): Buffer {
  const data = deflateSync(bytes)
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(15, 0)
  tag.writeUInt32LE(data.length, 4)
  return Buffer.concat([tag, data])
}

/** An uncompressed matrix, of bytes unless told otherwise. */
export function matrix(name: string, shape: number[], data: Uint8Array, type = 2): Buffer {
  const flags = Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])
  const dimensions = Buffer.from(Int32Array.from(shape).buffer)
  return element(
    14,
    Buffer.concat([element(6, flags), element(5, dimensions), element(1, Buffer.from(name)), element(type, data)]),
  )
}

export function matFile(...matrices: Buffer[]): Buffer {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file')
  header.writeUInt16LE(0x100, 124)
  header.write('IM', 126)
  return Buffer.concat([header, ...matrices])
}
