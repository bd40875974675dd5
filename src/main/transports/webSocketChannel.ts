/** A WebSocket as a frame channel, for both ends in Node. */
import { WebSocket } from 'ws'
import type { FrameChannel } from '../../shared/rpc'

/** Of an engine's answer: an image batch is well below this; what is larger is no frame of ours. */
const maximumFrameBytes = 64 << 20
/** Whoever has left so much unread is dropped: it connects again and asks for what it missed. */
export const mostUnreadBytes = 64 << 20

const toBytes = (data: unknown): Uint8Array => {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (Array.isArray(data)) return Buffer.concat(data as Buffer[])
  return data as Buffer
}

export function webSocketChannel(socket: WebSocket): FrameChannel {
  let reason: string | null = socket.readyState === WebSocket.CLOSED ? 'closed' : null
  const waiting: Uint8Array[] = []
  let listener: ((bytes: Uint8Array) => void) | null = null
  let closeListener: ((reason: string) => void) | null = null
  socket.on('message', (data, isBinary) => {
    if (!isBinary) return
    if (listener) listener(toBytes(data))
    else waiting.push(toBytes(data))
  })
  socket.on('close', (code, text) => {
    reason = text.toString() || `the connection ended (${code})`
    closeListener?.(reason)
  })
  // 'close' follows; without a listener an error would end the process.
  socket.on('error', () => undefined)
  return {
    send: (bytes) => {
      if (socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount > mostUnreadBytes) socket.terminate()
      else socket.send(bytes, { binary: true })
    },
    onMessage(next) {
      listener = next
      for (const bytes of waiting.splice(0)) next(bytes)
    },
    onClose(next) {
      closeListener = next
      if (reason !== null) next(reason)
    },
    close: () => socket.close(1000),
    bufferedBytes: () => socket.bufferedAmount,
  }
}

/** Where an engine listens and what it asks for. */
export interface EngineEndpoint {
  host: string
  port: number
  token: string
}

/** Connects to an engine; rejects when it does not answer within `timeout` milliseconds or refuses the token. */
export function connectWebSocket({ host, port, token }: EngineEndpoint, timeout = 5000): Promise<FrameChannel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host.includes(':') ? `[${host}]` : host}:${port}/rpc`, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: timeout,
      maxPayload: maximumFrameBytes,
      perMessageDeflate: false,
    })
    const channel = webSocketChannel(socket)
    socket.once('open', () => resolve(channel))
    socket.once('error', reject)
  })
}
