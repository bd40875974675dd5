/**
 * The engine's end of a channel: answers calls, carries events, and sheds what may be shed when the carrier is slow.
 */
import type { EngineApi, EngineCallName, EngineEventFilter, EngineEventName, EngineEvents } from '../contract'
import { UserError, isAllOurs, toCauses } from '../errors'
import { decodeClientFrame, encodeFrame, type ClientFrame, type FrameChannel, type ServerFrame } from './frames'
import { createTurns, type TurnTaker, type Turns } from './turns'

/** Above this many bytes in the carrier, live images stay behind (the step is still told). */
const previewLimit = 1 << 20
/** Above this many, the telling of image steps stays behind too. Metrics and states are never dropped. */
const imageEventLimit = 8 << 20

/** What one client may have at a time; the others' share is not touched by it. */
export const clientLimits = {
  /** Calls that are being answered. */
  atWork: 32,
  /** Calls that wait, and the bytes that they take. */
  waiting: 4096,
  waitingBytes: 16 << 20,
  /** Above this many bytes that it has not read yet, none of its calls begins. */
  unreadBytes: 8 << 20,
  subscriptions: 500,
} as const
/** How often a client with unread bytes is looked at again. Milliseconds. */
const unreadPause = 50

export interface ServeOptions {
  /** Sees errors that were not written for people, with their stack, for the log. */
  onFault?: (name: string, error: unknown) => void
  /** Shared by all clients of an engine; default: this one waits for no other. */
  turns?: Turns
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

interface WaitingCall {
  readonly id: number
  readonly name: string
  readonly args: unknown
  readonly bytes: number
}

class Session implements TurnTaker {
  private readonly calls = new Map<number, AbortController>()
  private readonly waiting = new Map<number, WaitingCall>()
  private waitingBytes = 0
  private atWork = 0
  private readonly subscriptions = new Map<number, () => void>()
  private readonly turns: Turns
  private pause: ReturnType<typeof setTimeout> | null = null
  private open = true

  constructor(
    private readonly engine: EngineApi,
    private readonly channel: FrameChannel,
    private readonly options: ServeOptions,
  ) {
    this.turns = options.turns ?? createTurns()
  }

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
        this.put({ id: frame.id, name: frame.name, args: frame.args, bytes: bytes.byteLength })
        break
      case 'cancel':
        this.forget(frame.id)
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
    this.turns.drop(this)
    if (this.pause) clearTimeout(this.pause)
    this.waiting.clear()
    for (const controller of this.calls.values()) controller.abort()
    for (const id of [...this.subscriptions.keys()]) this.unsubscribe(id)
  }

  takeTurn(): boolean {
    const [next] = this.waiting.values()
    if (!next || !this.mayBegin()) return false
    this.forget(next.id)
    void this.call(next.id, next.name, next.args)
    return this.waiting.size > 0
  }

  private put(call: WaitingCall): void {
    const { waiting, waitingBytes } = clientLimits
    if (this.waiting.size >= waiting || this.waitingBytes + call.bytes > waitingBytes)
      return this.fail(call.id, call.name, tooMany(this.waiting.size))
    this.forget(call.id)
    this.waiting.set(call.id, call)
    this.waitingBytes += call.bytes
    this.turns.want(this)
  }

  private forget(id: number): void {
    this.waitingBytes -= this.waiting.get(id)?.bytes ?? 0
    this.waiting.delete(id)
  }

  /** The end of a call, or of a pause, asks for the next turn. */
  private mayBegin(): boolean {
    if (this.atWork >= clientLimits.atWork) return false
    if (this.channel.bufferedBytes() <= clientLimits.unreadBytes) return true
    this.pause ??= setTimeout(() => {
      this.pause = null
      this.turns.want(this)
    }, unreadPause)
    return false
  }

  private async call(id: number, name: string, args: unknown): Promise<void> {
    const controller = new AbortController()
    this.calls.set(id, controller)
    this.atWork += 1
    try {
      // The engine itself refuses unknown names and bad arguments; the casts end at its door.
      const value: unknown = await this.engine.call(name as EngineCallName, args as never, controller.signal)
      this.send({ answer: 'result', id, value })
    } catch (error) {
      this.fail(id, name, error)
    } finally {
      this.calls.delete(id)
      this.atWork -= 1
      if (this.waiting.size > 0) this.turns.want(this)
    }
  }

  private subscribe(id: number, name: string, filter: unknown): void {
    try {
      if (this.subscriptions.has(id)) throw new Error(`The subscription ${id} exists already.`)
      if (this.subscriptions.size >= clientLimits.subscriptions) throw tooMany(this.subscriptions.size)
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
    if (!isAllOurs(error)) this.options.onFault?.(name, error)
    this.send({ answer: 'error', id, causes: toCauses(error) })
  }

  private send(frame: ServerFrame): void {
    if (this.open) this.channel.send(encodeFrame(frame))
  }
}

const tooMany = (held: number): UserError =>
  new UserError('This client asks for too much at once.', {
    wanted: `at most ${clientLimits.waiting} calls that wait, ${clientLimits.waitingBytes >> 20} MB of them, and ${clientLimits.subscriptions} subscriptions`,
    got: `one more than the ${held} that it has`,
    action: 'Wait for answers before asking for more.',
  })
