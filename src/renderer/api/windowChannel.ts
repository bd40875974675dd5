import { bridgeName, type WindowBridge } from '@shared/contract/window'
import type { FrameChannel } from '@shared/rpc'

/** The preload script's bridge, or null in a browser tab. */
export const windowBridge = (): WindowBridge | null =>
  ((window as unknown as Record<string, unknown>)[bridgeName] as WindowBridge | undefined) ?? null

interface Ends {
  message: ((bytes: Uint8Array) => void) | null
  early: Uint8Array[]
  close: ((reason: string) => void)[]
  closed: string | null
}

/** Opens channels over a window's bridge, which has one listener for all of them. */
export function createWindowConnector(bridge: WindowBridge): () => Promise<FrameChannel> {
  const open = new Map<number, Ends>()
  bridge.onMessage((id, bytes) => {
    const ends = open.get(id)
    if (ends?.message) ends.message(bytes)
    else ends?.early.push(bytes)
  })
  bridge.onClose((id, reason) => {
    const ends = open.get(id)
    open.delete(id)
    if (!ends) return
    ends.closed = reason
    for (const listener of ends.close) listener(reason)
  })
  return async () => {
    const id = await bridge.open()
    const ends: Ends = { message: null, early: [], close: [], closed: null }
    open.set(id, ends)
    return {
      send: (bytes) => {
        if (ends.closed === null) bridge.send(id, bytes)
      },
      onMessage(listener) {
        ends.message = listener
        ends.early.splice(0).forEach(listener)
      },
      onClose(listener) {
        if (ends.closed === null) ends.close.push(listener)
        else listener(ends.closed)
      },
      close() {
        open.delete(id)
        bridge.close(id)
      },
      // IPC tells nothing about what is still under way.
      bufferedBytes: () => 0,
    }
  }
}
