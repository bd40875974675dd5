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
import { ExhaustiveError, fromCauses } from '../errors'
import { Connection, type ConnectionListener, type ConnectionOptions, type ConnectionState } from './connection'
import { decodeServerFrame, encodeFrame, type ClientFrame, type FrameChannel, type ServerFrame } from './frames'

export type { ConnectionState } from './connection'

export interface EngineClient extends EngineApi {
  readonly connection: ConnectionState
  /**
   * Called at every change; a second 'connected' means that the engine may have missed nothing but this client may
   * have: fetch again.
   */
  onConnection(listener: ConnectionListener): () => void
  close(): void
}

export type ClientOptions = Partial<ConnectionOptions>

interface PendingCall {
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
interface Subscription {
  name: EngineEventName
  filter: EngineEventFilter
  listener: (event: never) => void
}

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
  private readonly line: Connection
  private nextId = 1
  private readonly calls = new Map<number, PendingCall>()
  private readonly subscriptions = new Map<number, Subscription>()

  constructor(connect: () => Promise<FrameChannel>, options: ConnectionOptions) {
    this.line = new Connection(connect, options, {
      onOpen: () => {
        for (const [id, { name, filter }] of this.subscriptions) this.send({ verb: 'subscribe', id, name, filter })
      },
      onMessage: (bytes) => this.receive(bytes),
      onLost: (error) => {
        for (const call of this.calls.values()) call.reject(error)
        this.calls.clear()
      },
    })
  }

  get connection(): ConnectionState {
    return this.line.state
  }

  async call<K extends EngineCallName>(name: K, args: CallArgs<K>, signal?: AbortSignal): Promise<CallResult<K>> {
    signal?.throwIfAborted()
    if (!this.line.isOpen) await this.line.whenOpen(signal)
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
    // Without a channel, the next one begins with every subscription.
    this.send({ verb: 'subscribe', id, name, filter })
    return () => {
      if (this.subscriptions.delete(id)) this.send({ verb: 'unsubscribe', id })
    }
  }

  onConnection(listener: ConnectionListener): () => void {
    return this.line.onState(listener)
  }

  close(): void {
    this.line.close()
  }

  private receive(bytes: Uint8Array): void {
    let frame: ServerFrame
    try {
      frame = decodeServerFrame(bytes)
    } catch {
      this.line.drop()
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
      default:
        throw new ExhaustiveError(frame)
    }
  }

  private cancel(id: number, reason: unknown): void {
    this.send({ verb: 'cancel', id })
    this.calls.get(id)?.reject(reason)
  }

  private send(frame: ClientFrame): void {
    if (this.line.isOpen) this.line.send(encodeFrame(frame))
  }
}
