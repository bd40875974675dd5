/**
 * Event files: records of a length (8 bytes), its masked CRC-32C, the event, and its masked CRC-32C. An event that was
 * cut off by a kill is where reading ends.
 */
import { createReadStream } from 'node:fs'
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
  let left: Buffer = Buffer.alloc(0)
  let end = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    left = Buffer.concat([left, chunk as Buffer])
    let at = 0
    for (;;) {
      const length = lengthAt(left, at)
      if (length === 'damaged') return end
      if (length === null) break
      const event = left.subarray(at + headBytes, at + headBytes + length)
      at += headBytes + length + tailBytes
      if (left.readUInt32LE(at - tailBytes) !== maskedCrc32c(event)) return end
      await take(event)
      end += headBytes + length + tailBytes
    }
    left = left.subarray(at)
  }
  return end
}

/** Of the event whose record begins there; null where the record is not whole yet. */
function lengthAt(bytes: Buffer, at: number): number | null | 'damaged' {
  if (bytes.length - at < headBytes) return null
  const length = Number(bytes.readBigUInt64LE(at))
  if (bytes.readUInt32LE(at + 8) !== maskedCrc32c(bytes.subarray(at, at + 8)) || length > largestEvent) return 'damaged'
  return bytes.length - at < headBytes + length + tailBytes ? null : length
}
