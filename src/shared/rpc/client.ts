/**
 * The caller's end: an EngineApi over a channel that may break. Subscriptions survive a new connection; calls in flight
 * do not.
 */
import type {
  CallArgs,
  CallResult,
  EngineApi,
  EngineCallName,
  EngineEventFilter,
  EngineEventName,
  EngineEvents,
} from '../contract'
import { UserError, fromCauses } from '../errors'
import { decodeServerFrame, encodeFrame, type ClientFrame, type FrameChannel, type ServerFrame } from './frames'

/** 'connecting' also between two connections; 'closed' for good. */
export type ConnectionState = 'connecting' | 'connected' | 'closed'

export interface EngineClient extends EngineApi {
  readonly connection: ConnectionState
  /**
   * Called at every change; a second 'connected' means that the engine may have missed nothing but this client may
   * have: fetch again.
   */
  onConnection(listener: (state: ConnectionState, reason: string | null) => void): () => void
  close(): void
}

export interface ClientOptions {
  /** Wait before the first new attempt; doubles up to `maximumDelay`. Milliseconds. */
  firstDelay?: number
  maximumDelay?: number
  /** How long a call waits for a connection before it fails. Milliseconds. */
  connectionTimeout?: number
  /** false: one connection, and when it ends the client is closed. */
  reconnect?: boolean
}

interface PendingCall {
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
interface Subscription {
  name: EngineEventName
  filter: EngineEventFilter
  listener: (event: never) => void
}

const lost = (reason: string): UserError =>
  new UserError('The connection to the engine was lost.', {
    got: reason,
    action: 'Wait until it is back; runs go on meanwhile.',
  })

/** An engine behind channels that `connect` makes, one after another. */
export function createEngineClient(connect: () => Promise<FrameChannel>, options: ClientOptions = {}): EngineClient {
  return new Client(connect, {
    firstDelay: 250,
    maximumDelay: 5000,
    connectionTimeout: 15_000,
    reconnect: true,
    ...options,
  })
}

class Client implements EngineClient {
  connection: ConnectionState = 'connecting'
  private channel: FrameChannel | null = null
  private nextId = 1
  private delay: number
  private readonly calls = new Map<number, PendingCall>()
  private readonly subscriptions = new Map<number, Subscription>()
  private readonly listeners = new Set<(state: ConnectionState, reason: string | null) => void>()

  constructor(
    private readonly connect: () => Promise<FrameChannel>,
    private readonly options: Required<ClientOptions>,
  ) {
    this.delay = options.firstDelay
    void this.open()
  }

  async call<K extends EngineCallName>(name: K, args: CallArgs<K>, signal?: AbortSignal): Promise<CallResult<K>> {
    signal?.throwIfAborted()
    if (this.channel === null) await this.connected(signal)
    const id = this.nextId++
    const answer = new Promise<unknown>((resolve, reject) => {
      this.calls.set(id, { resolve, reject })
      this.send({ verb: 'call', id, name, args })
    })
    const cancel = () => this.cancel(id, signal?.reason)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return (await answer) as CallResult<K>
    } finally {
      signal?.removeEventListener('abort', cancel)
      this.calls.delete(id)
    }
  }

  subscribe<K extends EngineEventName>(
    name: K,
    filter: EngineEventFilter,
    listener: (event: EngineEvents[K]) => void,
  ): () => void {
    const id = this.nextId++
    this.subscriptions.set(id, { name, filter, listener: listener as (event: never) => void })
    if (this.channel) this.send({ verb: 'subscribe', id, name, filter })
    return () => {
      if (this.subscriptions.delete(id) && this.channel) this.send({ verb: 'unsubscribe', id })
    }
  }

  onConnection(listener: (state: ConnectionState, reason: string | null) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  close(): void {
    if (this.connection === 'closed') return
    const channel = this.channel
    this.channel = null
    this.change('closed', null)
    this.rejectAll(lost('this side closed it'))
    channel?.close()
  }

  private async open(): Promise<void> {
    try {
      const channel = await this.connect()
      if (this.connection === 'closed') {
        channel.close()
        return
      }
      this.adopt(channel)
    } catch (error) {
      this.retry(error instanceof Error ? error.message : String(error))
    }
  }

  private adopt(channel: FrameChannel): void {
    this.channel = channel
    this.delay = this.options.firstDelay
    channel.onMessage((bytes) => this.receive(bytes))
    channel.onClose((reason) => {
      if (this.channel !== channel) return
      this.channel = null
      this.rejectAll(lost(reason))
      this.retry(reason)
    })
    for (const [id, { name, filter }] of this.subscriptions) this.send({ verb: 'subscribe', id, name, filter })
    this.change('connected', null)
  }

  private retry(reason: string): void {
    if (this.connection === 'closed') return
    if (!this.options.reconnect) {
      this.change('closed', reason)
      return
    }
    this.change('connecting', reason)
    setTimeout(() => void (this.connection === 'closed' ? undefined : this.open()), this.delay)
    this.delay = Math.min(this.delay * 2, this.options.maximumDelay)
  }

  private connected(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.connection === 'closed') {
        reject(lost('closed'))
        return
      }
      const finish = (error?: unknown) => {
        clearTimeout(timer)
        stop()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = () => finish(signal?.reason)
      const timer = setTimeout(() => finish(lost('no connection in time')), this.options.connectionTimeout)
      const stop = this.onConnection((state, reason) => {
        if (state === 'connected') finish()
        else if (state === 'closed') finish(lost(reason ?? 'closed'))
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  private receive(bytes: Uint8Array): void {
    let frame: ServerFrame
    try {
      frame = decodeServerFrame(bytes)
    } catch {
      this.channel?.close()
      return
    }
    switch (frame.answer) {
      case 'result':
        this.calls.get(frame.id)?.resolve(frame.value)
        break
      case 'error':
        this.calls.get(frame.id)?.reject(fromCauses(frame.causes))
        break
      case 'event':
        this.subscriptions.get(frame.id)?.listener(frame.value as never)
        break
    }
  }

  private cancel(id: number, reason: unknown): void {
    if (this.channel) this.send({ verb: 'cancel', id })
    this.calls.get(id)?.reject(reason)
  }

  private rejectAll(error: UserError): void {
    for (const call of this.calls.values()) call.reject(error)
    this.calls.clear()
  }

  private change(state: ConnectionState, reason: string | null): void {
    this.connection = state
    for (const listener of [...this.listeners]) listener(state, reason)
  }

  private send(frame: ClientFrame): void {
    this.channel?.send(encodeFrame(frame))
  }
}
