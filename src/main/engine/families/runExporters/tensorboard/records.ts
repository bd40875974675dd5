/**
 * Event files: records of a length (8 bytes), its masked CRC-32C, the event, and its masked CRC-32C. An event that was
 * cut off by a kill is where reading ends.
 */
import { open } from 'node:fs/promises'
import { maskedCrc32c } from './crc32c'

const headBytes = 12
const tailBytes = 4
/** The largest event that is read; ours hold one picture at most. */
const largestEvent = 64 * 1024 * 1024

/** An event as it stands in a file. */
export function recordOf(event: Uint8Array): Buffer {
  const record = Buffer.alloc(headBytes + event.byteLength + tailBytes)
  record.writeBigUInt64LE(BigInt(event.byteLength), 0)
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8)
  record.set(event, headBytes)
  record.writeUInt32LE(maskedCrc32c(event), headBytes + event.byteLength)
  return record
}

/**
 * The whole events of a file.
 * @returns how many bytes they take; less than the file has where its end is cut off or damaged
 */
export async function readRecords(file: string, take: (event: Uint8Array) => void | Promise<void>): Promise<number> {
  const handle = await open(file, 'r')
  try {
    const head = Buffer.alloc(headBytes)
    for (let at = 0; ;) {
      if ((await handle.read(head, 0, headBytes, at)).bytesRead < headBytes) return at
      const length = Number(head.readBigUInt64LE(0))
      if (head.readUInt32LE(8) !== maskedCrc32c(head.subarray(0, 8)) || length > largestEvent) return at
      const rest = Buffer.alloc(length + tailBytes)
      if ((await handle.read(rest, 0, rest.length, at + headBytes)).bytesRead < rest.length) return at
      const event = rest.subarray(0, length)
      if (rest.readUInt32LE(length) !== maskedCrc32c(event)) return at
      await take(event)
      at += headBytes + rest.length
    }
  } finally {
    await handle.close()
  }
}
