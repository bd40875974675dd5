import { Readable } from 'node:stream'
import { RandomAccessReader } from 'yauzl'
import type { FileSource } from '../../../../weights/byteSource'

const blockBytes = 1 << 18
const blocksKept = 16

/**
 * Reads a .zip block by block for yauzl, which by itself reads twice from disk for every entry: a directory of a
 * hundred thousand pictures is listed in a second or two instead of twenty.
 */
export class BlockReader extends RandomAccessReader {
  private readonly blocks = new Map<number, Promise<Buffer>>()

  constructor(private readonly source: FileSource) {
    super()
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.fill(buffer.subarray(offset, offset + length), position).then(
      () => process.nextTick(callback, null),
      (error: unknown) => process.nextTick(callback, error),
    )
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.chunks(start, end), { objectMode: false })
  }

  override close(callback: (error: Error | null) => void): void {
    this.source.close().then(
      () => callback(null),
      (error: Error) => callback(error),
    )
  }

  private block(index: number): Promise<Buffer> {
    const kept = this.blocks.get(index)
    if (kept) return kept
    const start = index * blockBytes
    const read = this.source.read(start, Math.min(blockBytes, this.source.size - start))
    this.blocks.set(index, read)
    const [oldest] = this.blocks.keys()
    if (this.blocks.size > blocksKept && oldest !== undefined) this.blocks.delete(oldest)
    return read
  }

  private async *chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const index = Math.floor(at / blockBytes)
      const from = at - index * blockBytes
      const piece = (await this.block(index)).subarray(from, from + end - at)
      if (piece.length === 0) throw new Error('the file ends early')
      yield piece
      at += piece.length
    }
  }

  private async fill(target: Buffer, position: number): Promise<void> {
    let done = 0
    for await (const piece of this.chunks(position, position + target.length)) {
      piece.copy(target, done)
      done += piece.length
    }
  }
}
