/** Two channel ends in one process. Frames arrive in a later microtask. */
import type { FrameChannel } from '../../src/shared/rpc'

class MemoryEnd implements FrameChannel {
  other: MemoryEnd | null = null
  /** What the other side is told is waiting; tests set it to play a slow carrier. */
  waitingBytes = 0
  private readonly queue: Uint8Array[] = []
  private listener: ((bytes: Uint8Array) => void) | null = null
  private closeListener: ((reason: string) => void) | null = null
  private reason: string | null = null

  send(bytes: Uint8Array): void {
    const { other } = this
    if (this.reason === null && other) queueMicrotask(() => other.deliver(bytes))
  }

  onMessage(listener: (bytes: Uint8Array) => void): void {
    this.listener = listener
    for (const bytes of this.queue.splice(0)) listener(bytes)
  }

  onClose(listener: (reason: string) => void): void {
    this.closeListener = listener
    if (this.reason !== null) listener(this.reason)
  }

  close(): void {
    this.end('closed here')
    const { other } = this
    queueMicrotask(() => other?.end('closed by the other side'))
  }

  bufferedBytes(): number {
    return this.waitingBytes
  }

  private deliver(bytes: Uint8Array): void {
    if (this.reason !== null) return
    if (this.listener) this.listener(bytes)
    else this.queue.push(bytes)
  }

  private end(reason: string): void {
    if (this.reason !== null) return
    this.reason = reason
    this.closeListener?.(reason)
  }
}

export type MemoryChannel = FrameChannel & { waitingBytes: number }

export function memoryChannelPair(): [MemoryChannel, MemoryChannel] {
  const first = new MemoryEnd()
  const second = new MemoryEnd()
  first.other = second
  second.other = first
  return [first, second]
}
