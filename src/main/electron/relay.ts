/** Carries frames between windows and the engine's socket, unopened. Main has no part in what they say. */
import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron'
import type { FrameChannel } from '../../shared/rpc'
import { channels } from './channels'

/** Whether a message comes from a page of ours. */
export type IsTrusted = (event: IpcMainEvent | IpcMainInvokeEvent) => boolean

export function startRelay(connect: () => Promise<FrameChannel>, isTrusted: IsTrusted): void {
  const open = new Map<WebContents, Map<number, FrameChannel>>()
  let nextId = 1

  const channelsOf = (contents: WebContents): Map<number, FrameChannel> => {
    const known = open.get(contents)
    if (known) return known
    const made = new Map<number, FrameChannel>()
    open.set(contents, made)
    const closeAll = (): void => {
      for (const channel of made.values()) channel.close()
      made.clear()
    }
    // A reload leaves the page's channels behind as well.
    contents.on('did-start-navigation', (_event, _url, isInPlace, isMainFrame) => {
      if (isMainFrame && !isInPlace) closeAll()
    })
    contents.once('destroyed', () => {
      closeAll()
      open.delete(contents)
    })
    return made
  }

  ipcMain.handle(channels.open, async (event) => {
    if (!isTrusted(event)) throw new Error('This page may not talk to the engine.')
    const { sender } = event
    const channel = await connect()
    const id = nextId++
    if (sender.isDestroyed()) {
      channel.close()
      return id
    }
    channelsOf(sender).set(id, channel)
    const send = (name: string, value: unknown): void => {
      if (!sender.isDestroyed()) sender.send(name, id, value)
    }
    // Frames that came with the connection must not overtake the answer to `open`: the page does not know the id yet.
    setImmediate(() => {
      // A copy: a Buffer is a view, and its whole slab would travel along.
      channel.onMessage((bytes) => send(channels.frame, new Uint8Array(bytes)))
      channel.onClose((reason) => {
        open.get(sender)?.delete(id)
        send(channels.closed, reason)
      })
    })
    return id
  })
  ipcMain.on(channels.frame, (event, id: number, bytes: Uint8Array) => {
    if (isTrusted(event)) open.get(event.sender)?.get(id)?.send(bytes)
  })
  ipcMain.on(channels.close, (event, id: number) => {
    const own = open.get(event.sender)
    own?.get(id)?.close()
    own?.delete(id)
  })
}
