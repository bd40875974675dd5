/**
 * What the door allows, in one place. Before the token a connection gets a request line and headers, answered with
 * files of the interface alone; no WebSocket is made, so nothing larger is ever read. docs/security.md says what was
 * measured with these.
 */
import { maximumMessageBytes } from '../../shared/rpc'

export interface DoorLimits {
  /** Bytes of a request's line and headers. */
  readonly headerBytes: number
  /** Milliseconds in which a request has to be whole, from the connection's first moment on. */
  readonly requestMilliseconds: number
  /** Milliseconds between two looks at that. */
  readonly checkMilliseconds: number
  /** Milliseconds that a connection is kept for another request. */
  readonly keepAliveMilliseconds: number
  /** Milliseconds without a byte read or written, e.g. of a file that the other side does not take. */
  readonly silentMilliseconds: number
  /** Milliseconds that a connection without token lives in all. */
  readonly strangerMilliseconds: number
  /** Connections without token at a time; the oldest gives way to a new one. */
  readonly strangers: number
  /** WebSockets with a token at a time. */
  readonly clients: number
  /** Bytes of one message of a client. */
  readonly messageBytes: number
  /** Milliseconds that the answer to a wrong token takes, on one of few connections; a right one never waits. */
  readonly refusalMilliseconds: number
  /** Milliseconds between two signs of life that a client is asked for. */
  readonly pingMilliseconds: number
  /** A page that has left so many unanswered is gone. Owners may be stopped (Ctrl+Z) and go on. */
  readonly missedPings: number
}

export const doorLimits: DoorLimits = {
  headerBytes: 8 << 10,
  requestMilliseconds: 5000,
  checkMilliseconds: 1000,
  keepAliveMilliseconds: 5000,
  silentMilliseconds: 15_000,
  strangerMilliseconds: 60_000,
  strangers: 64,
  clients: 64,
  messageBytes: maximumMessageBytes,
  refusalMilliseconds: 500,
  pingMilliseconds: 20_000,
  missedPings: 3,
}
