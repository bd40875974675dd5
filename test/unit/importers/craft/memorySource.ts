import type { ByteSource } from '../../../../src/main/engine/weights/byteSource'
import { UserError } from '../../../../src/shared/errors'

/** The access that importers have to a file, over bytes in memory; as strict about reads outside. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  const inside = (offset: number, length: number): void => {
    if ([offset, length].every((value) => Number.isSafeInteger(value) && value >= 0) && offset + length <= bytes.length)
      return
    throw new UserError(`A read outside ${name} was asked for.`, {
      wanted: `bytes within 0 to ${bytes.length}`,
      got: `${length} bytes at ${offset}`,
    })
  }
  return {
    name,
    size: bytes.byteLength,
    read: async (offset, length) => {
      // Before the buffer is made: a length from the file may be absurd.
      inside(offset, length)
      const buffer = Buffer.from(new ArrayBuffer(length))
      buffer.set(bytes.subarray(offset, offset + length))
      return buffer
    },
    fill: async (target, offset) => {
      inside(offset, target.byteLength)
      target.set(bytes.subarray(offset, offset + target.byteLength))
    },
  }
}
