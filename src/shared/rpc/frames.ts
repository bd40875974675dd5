/** The frames of the wire and their encoding: MessagePack, typed arrays kept, no shared state between frames. */
import type { Packr as PackrClass } from 'msgpackr'
import msgpackr from 'msgpackr/index-no-eval'
import { RefusedInputError, type ErrorCause } from '../errors'

/** Four verbs, nothing else. `id` is the caller's: of a call, or of a subscription. */
export type ClientFrame =
  | { verb: 'call'; id: number; name: string; args: unknown }
  | { verb: 'cancel'; id: number }
  | { verb: 'subscribe'; id: number; name: string; filter: unknown }
  | { verb: 'unsubscribe'; id: number }

export type ServerFrame =
  | { answer: 'result'; id: number; value: unknown }
  | { answer: 'error'; id: number; causes: ErrorCause[] }
  | { answer: 'event'; id: number; value: unknown }

/** Carries whole frames, in order, between two ends: WebSocket, Electron IPC, memory. */
export interface FrameChannel {
  send(bytes: Uint8Array): void
  onMessage(listener: (bytes: Uint8Array) => void): void
  /** Called once; at once when the channel is closed already. */
  onClose(listener: (reason: string) => void): void
  close(): void
  /** Bytes handed over and not yet on their way; 0 where the carrier does not tell. */
  bufferedBytes(): number
}

const codec: PackrClass = new msgpackr.Packr({ moreTypes: true, useRecords: false, encodeUndefinedAsNil: false })

/** A frame as bytes of their own (never a view of a slab that a later frame reuses). */
export function encodeFrame(frame: ClientFrame | ServerFrame): Uint8Array {
  const packed = codec.pack(frame)
  return new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength).slice()
}

const noFrame = (wanted: string, got: string, cause?: unknown): RefusedInputError =>
  new RefusedInputError('A message that is no frame came in.', { wanted, got, where: 'message', cause })

function decode(bytes: Uint8Array): unknown {
  try {
    return codec.unpack(bytes)
  } catch (error) {
    throw noFrame('MessagePack', error instanceof Error ? error.message : String(error), error)
  }
}

const isFrame = (value: unknown): value is Record<string, unknown> & { id: number } =>
  typeof value === 'object' && value !== null && 'id' in value && Number.isSafeInteger(value.id)

/** @throws RefusedInputError when the bytes are no frame of a client */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame {
  const value = decode(bytes)
  if (isFrame(value)) {
    const { verb, id, name } = value
    if (verb === 'cancel' || verb === 'unsubscribe') return { verb, id }
    if (verb === 'call' && typeof name === 'string') return { verb, id, name, args: value.args }
    if (verb === 'subscribe' && typeof name === 'string') return { verb, id, name, filter: value.filter }
  }
  throw noFrame('call, cancel, subscribe or unsubscribe with an id', 'something else')
}

/** @throws RefusedInputError when the bytes are no frame of a server */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame {
  const value = decode(bytes)
  if (isFrame(value)) {
    const { answer, id } = value
    if (answer === 'result' || answer === 'event') return { answer, id, value: value.value }
    if (answer === 'error' && Array.isArray(value.causes)) return { answer, id, causes: value.causes as ErrorCause[] }
  }
  throw noFrame('result, event or error with an id', 'something else')
}
