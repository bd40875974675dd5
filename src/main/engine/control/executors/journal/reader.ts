/**
 * Reads what has been appended to a journal, whole lines alone. The file is opened anew each time: on a network file
 * system that is what makes another machine's writes visible.
 */
import { close, open, read } from 'node:fs'
import { promisify } from 'node:util'

// Descriptors cost half of what file handles do, and this is done some hundred times a second.
const fs = { open: promisify(open), close: promisify(close), read: promisify(read) }

/** What is appended between two looks fits; so small a buffer comes from Node's pool and costs nothing to let go. */
const firstBytes = 2 * 1024
/** Of a journal that has more. */
const chunkBytes = 64 * 1024
/** A line above this is no line of ours. */
const lineLimit = 64 * 1024 * 1024
/** Milliseconds of work after which others get their turn. */
const turn = 5

export interface ReadLine {
  readonly text: string
  /** Of the byte behind its end. */
  readonly end: number
}

/**
 * Hands over the whole lines behind `offset` as they are now, a few milliseconds' worth at a time.
 * @param take false ends the reading
 * @throws the file system's errors
 */
export async function readLines(file: string, offset: number, take: (line: ReadLine) => boolean): Promise<void> {
  const descriptor = await fs.open(file, 'r')
  try {
    await readFrom(descriptor, offset, take)
  } finally {
    await fs.close(descriptor)
  }
}

async function readFrom(descriptor: number, offset: number, take: (line: ReadLine) => boolean): Promise<void> {
  let buffer: Buffer = Buffer.allocUnsafe(firstBytes)
  /** Bytes at the buffer's beginning that belong to a line whose end has not been read. */
  let kept = 0
  let position = offset
  let began = performance.now()
  for (;;) {
    if (kept === buffer.length) buffer = grown(buffer, kept)
    const { bytesRead } = await fs.read(descriptor, buffer, kept, buffer.length - kept, position + kept)
    if (bytesRead === 0) return
    const wasFilled = kept + bytesRead === buffer.length
    const filled = kept + bytesRead
    let start = 0
    for (let end = buffer.indexOf(10, kept); end >= 0 && end < filled; end = buffer.indexOf(10, start)) {
      const line = { text: buffer.toString('utf8', start, end), end: position + end + 1 }
      start = end + 1
      if (!take(line)) return
      if (performance.now() - began > turn) {
        await new Promise((resolve) => setImmediate(resolve))
        began = performance.now()
      }
    }
    buffer.copyWithin(0, start, filled)
    position += start
    kept = filled - start
    // What was appended meanwhile is read the next time.
    if (!wasFilled) return
    if (buffer.length < chunkBytes) buffer = grown(buffer, kept)
  }
}

function grown(buffer: Buffer, filled: number): Buffer {
  if (filled >= lineLimit) throw new Error(`a line of more than ${lineLimit} bytes`)
  const larger = Buffer.allocUnsafe(Math.min(lineLimit, Math.max(chunkBytes, 2 * buffer.length)))
  buffer.copy(larger, 0, 0, filled)
  return larger
}
