import type { FrameChannel } from '@shared/rpc'
import { refusedReason } from './connection'

/** The code with which the engine closes a socket that brought no right token. */
const tokenCode = 4401

/** A WebSocket to the engine that served this page; the page's cookie stands for the token. */
export function openBrowserChannel(): Promise<FrameChannel> {
  const address = new URL('rpc', location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  address.hash = ''
  const socket = new WebSocket(address)
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(channelOf(socket))
    socket.onclose = () => reject(new Error('the engine does not answer'))
  })
}

function channelOf(socket: WebSocket): FrameChannel {
  let closed: string | null = null
  const listeners: ((reason: string) => void)[] = []
  socket.onclose = ({ code, reason }) => {
    closed = code === tokenCode ? refusedReason : reason || 'the connection broke'
    for (const listener of listeners) listener(closed)
  }
  return {
    send: (bytes) => {
      if (closed === null) socket.send(new Uint8Array(bytes))
    },
    onMessage: (listener) => {
      socket.onmessage = ({ data }) => {
        if (data instanceof ArrayBuffer) listener(new Uint8Array(data))
      }
    },
    onClose: (listener) => {
      if (closed === null) listeners.push(listener)
      else listener(closed)
    },
    close: () => socket.close(),
    bufferedBytes: () => socket.bufferedAmount,
  }
}
