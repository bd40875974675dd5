import { bridgeName, type WindowBridge } from '@shared/contract'
import type { FrameChannel } from '@shared/rpc'

/** The desktop window's bridge; undefined in a browser. */
export const windowBridge = (): WindowBridge | undefined => (window as unknown as Partial<Record<typeof bridgeName, WindowBridge>>)[bridgeName]

interface Listeners { message: ((bytes: Uint8Array) => void) | null; close: ((reason: string) => void) | null; closed: string | null; waiting: Uint8Array[] }

/** Channels to the engine through the main process, which relays frames and reads none. */
export function createWindowChannels(bridge: WindowBridge): () => Promise<FrameChannel> {
  const open = new Map<number, Listeners>()
  const listenersOf = (channel: number): Listeners => {
    const known = open.get(channel)
    if (known) return known
    const made: Listeners = { message: null, close: null, closed: null, waiting: [] }
    open.set(channel, made)
    return made
  }
  bridge.onMessage((channel, bytes) => {
    const listeners = listenersOf(channel)
    if (listeners.message) listeners.message(bytes)
    else listeners.waiting.push(bytes)
  })
  bridge.onClose((channel, reason) => {
    const listeners = listenersOf(channel)
    listeners.closed = reason
    listeners.close?.(reason)
    open.delete(channel)
  })
  return async () => {
    const channel = await bridge.open()
    const listeners = listenersOf(channel)
    return {
      send: (bytes) => bridge.send(channel, bytes),
      onMessage(listener) {
        listeners.message = listener
        for (const bytes of listeners.waiting.splice(0)) listener(bytes)
      },
      onClose(listener) {
        listeners.close = listener
        if (listeners.closed !== null) listener(listeners.closed)
      },
      close() {
        open.delete(channel)
        bridge.close(channel)
      },
      bufferedBytes: () => 0,
    }
  }
}
