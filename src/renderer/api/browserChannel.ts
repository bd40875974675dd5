import { protocolsWith, rpcPath, tokenPath, type FrameChannel } from '@shared/rpc'
import { refusedReason } from './connection'
import { forgetToken, keptToken } from './pageToken'

/** A WebSocket to the engine that served this page, with the token that the page keeps. */
export async function openBrowserChannel(): Promise<FrameChannel> {
  const token = keptToken()
  if (token === null || !/^\w+$/.test(token)) throw new Error(refusedReason)
  try {
    return await openSocket(token)
  } catch (error) {
    // A browser does not tell why a WebSocket was refused.
    throw (await isRefused(token)) ? new Error(refusedReason) : error
  }
}

function openSocket(token: string): Promise<FrameChannel> {
  const address = new URL(rpcPath, location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  address.hash = ''
  const socket = new WebSocket(address, protocolsWith(token))
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(channelOf(socket))
    socket.onclose = () => reject(new Error('the engine does not answer'))
  })
}

async function isRefused(token: string): Promise<boolean> {
  const answer = await fetch(tokenPath, {
    headers: { authorization: `Bearer ${token}` },
    cache: 'no-store',
    credentials: 'omit',
  }).catch(() => null)
  if (answer?.status !== 401) return false
  forgetToken(token)
  return true
}

function channelOf(socket: WebSocket): FrameChannel {
  let closed: string | null = null
  const listeners: ((reason: string) => void)[] = []
  socket.onclose = ({ reason }) => {
    closed = reason || 'the connection broke'
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
