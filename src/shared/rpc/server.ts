/**
 * The engine's end of a channel: answers calls, carries events, and sheds what may be shed when the carrier is slow.
 */
import type { EngineApi, EngineCallName, EngineEventFilter, EngineEventName, EngineEvents } from '../contract'
import { toCauses } from '../errors'
import { decodeClientFrame, encodeFrame, type ClientFrame, type FrameChannel, type ServerFrame } from './frames'

/** Above this many bytes in the carrier, live images stay behind (the step is still told). */
const previewLimit = 1 << 20
/** Above this many, the telling of image steps stays behind too. Metrics and states are never dropped. */
const imageEventLimit = 8 << 20

export interface ServeOptions {
  /** Sees errors that are faults of the program, with their stack, for the log. */
  onFault?: (name: string, error: unknown) => void
}

/** The event as it goes out with so many bytes waiting, or null when it does not. */
export function shed<K extends EngineEventName>(
  name: K,
  event: EngineEvents[K],
  bufferedBytes: number,
): EngineEvents[K] | null {
  if (name !== 'run.images' || bufferedBytes <= previewLimit) return event
  return bufferedBytes > imageEventLimit ? null : { ...event, images: null }
}

/** Serves an engine over a channel until the channel closes. */
export function serveEngine(engine: EngineApi, channel: FrameChannel, options: ServeOptions = {}): void {
  const session = new Session(engine, channel, options)
  channel.onMessage((bytes) => session.receive(bytes))
  channel.onClose(() => session.end())
}

class Session {
  private readonly calls = new Map<number, AbortController>()
  private readonly subscriptions = new Map<number, () => void>()
  private open = true

  constructor(
    private readonly engine: EngineApi,
    private readonly channel: FrameChannel,
    private readonly options: ServeOptions,
  ) {}

  receive(bytes: Uint8Array): void {
    let frame: ClientFrame
    try {
      frame = decodeClientFrame(bytes)
    } catch (error) {
      this.options.onFault?.('frame', error)
      this.channel.close()
      return
    }
    switch (frame.verb) {
      case 'call':
        void this.call(frame.id, frame.name, frame.args)
        break
      case 'cancel':
        this.calls.get(frame.id)?.abort()
        break
      case 'subscribe':
        this.subscribe(frame.id, frame.name, frame.filter)
        break
      case 'unsubscribe':
        this.unsubscribe(frame.id)
        break
    }
  }

  end(): void {
    this.open = false
    for (const controller of this.calls.values()) controller.abort()
    for (const id of [...this.subscriptions.keys()]) this.unsubscribe(id)
  }

  private async call(id: number, name: string, args: unknown): Promise<void> {
    const controller = new AbortController()
    this.calls.set(id, controller)
    try {
      // The engine itself refuses unknown names and bad arguments; the casts end at its door.
      const value: unknown = await this.engine.call(name as EngineCallName, args as never, controller.signal)
      this.send({ answer: 'result', id, value })
    } catch (error) {
      this.fail(id, name, error)
    } finally {
      this.calls.delete(id)
    }
  }

  private subscribe(id: number, name: string, filter: unknown): void {
    try {
      if (this.subscriptions.has(id)) throw new Error(`The subscription ${id} exists already.`)
      const end = this.engine.subscribe(name as EngineEventName, (filter ?? {}) as EngineEventFilter, (event) => {
        const value = shed(name as EngineEventName, event, this.channel.bufferedBytes())
        if (value !== null) this.send({ answer: 'event', id, value })
      })
      this.subscriptions.set(id, end)
    } catch (error) {
      this.fail(id, name, error)
    }
  }

  private unsubscribe(id: number): void {
    this.subscriptions.get(id)?.()
    this.subscriptions.delete(id)
  }

  private fail(id: number, name: string, error: unknown): void {
    const causes = toCauses(error)
    if (causes.some((cause) => !cause.forUser)) this.options.onFault?.(name, error)
    this.send({ answer: 'error', id, causes })
  }

  private send(frame: ServerFrame): void {
    if (this.open) this.channel.send(encodeFrame(frame))
  }
}
