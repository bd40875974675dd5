/** A channel that is made anew when it breaks, and what its user sees of that. */
import { UserError } from '../errors'
import type { FrameChannel } from './frames'

/** 'connecting' also between two connections; 'closed' for good. */
export type ConnectionState = 'connecting' | 'connected' | 'closed'
export type ConnectionListener = (state: ConnectionState, reason: string | null) => void

export interface ConnectionOptions {
  /** Wait before the first new attempt; doubles up to `maximumDelay`. Milliseconds. */
  firstDelay: number
  maximumDelay: number
  /** How long `whenOpen` waits. Milliseconds. */
  connectionTimeout: number
  /** false: one channel, and when it ends the connection is closed. */
  reconnect: boolean
}

export interface ConnectionEvents {
  /** A new channel is there, and nothing has gone over it. */
  onOpen(): void
  onMessage(bytes: Uint8Array): void
  /** The channel is gone, for now or for good. */
  onLost(error: UserError): void
}

export const connectionLost = (reason: string): UserError =>
  new UserError('The connection to the engine was lost.', {
    got: reason,
    action: 'Wait until it is back; runs go on meanwhile.',
  })

export class Connection {
  state: ConnectionState = 'connecting'
  private channel: FrameChannel | null = null
  private delay: number
  private readonly listeners = new Set<ConnectionListener>()

  constructor(
    private readonly connect: () => Promise<FrameChannel>,
    private readonly options: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.delay = options.firstDelay
    void this.open()
  }

  get isOpen(): boolean {
    return this.channel !== null
  }

  /** Sent, or lost with the channel. */
  send(bytes: Uint8Array): void {
    this.channel?.send(bytes)
  }

  onState(listener: ConnectionListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Ends the channel; another one follows where that is wanted. */
  drop(): void {
    this.channel?.close()
  }

  close(): void {
    if (this.state === 'closed') return
    const { channel } = this
    this.channel = null
    this.change('closed', null)
    this.events.onLost(connectionLost('this side closed it'))
    channel?.close()
  }

  /** Resolves once a channel is there. */
  whenOpen(signal?: AbortSignal): Promise<void> {
    if (this.isOpen) return Promise.resolve()
    if (this.state === 'closed') return Promise.reject(connectionLost('closed'))
    return new Promise((resolve, reject) => {
      const finish = (error?: unknown): void => {
        clearTimeout(timer)
        stop()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = (): void => finish(signal?.reason)
      const timer = setTimeout(() => finish(connectionLost('no connection in time')), this.options.connectionTimeout)
      const stop = this.onState((state, reason) => {
        if (state === 'connected') finish()
        else if (state === 'closed') finish(connectionLost(reason ?? 'closed'))
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  private async open(): Promise<void> {
    try {
      const channel = await this.connect()
      if (this.state === 'closed') channel.close()
      else this.adopt(channel)
    } catch (error) {
      this.retry(error instanceof Error ? error.message : String(error))
    }
  }

  private adopt(channel: FrameChannel): void {
    this.channel = channel
    this.delay = this.options.firstDelay
    channel.onMessage((bytes) => this.events.onMessage(bytes))
    channel.onClose((reason) => {
      if (this.channel !== channel) return
      this.channel = null
      this.events.onLost(connectionLost(reason))
      this.retry(reason)
    })
    this.events.onOpen()
    this.change('connected', null)
  }

  private retry(reason: string): void {
    if (this.state === 'closed') return
    if (!this.options.reconnect) return this.change('closed', reason)
    this.change('connecting', reason)
    setTimeout(() => void (this.state === 'closed' ? undefined : this.open()), this.delay)
    this.delay = Math.min(this.delay * 2, this.options.maximumDelay)
  }

  private change(state: ConnectionState, reason: string | null): void {
    this.state = state
    for (const listener of [...this.listeners]) listener(state, reason)
  }
}
