/** Carries frames between windows and the engine's socket, unopened. Main has no part in what they say. */
import type { WebContents } from 'electron'
import type { FrameChannel } from '../../shared/rpc'
import { toPage } from './channels'
import type { PageIpc } from './pageIpc'

/** The page has one, and for a moment two while it connects again. */
const mostChannels = 8

export function startRelay(connect: () => Promise<FrameChannel>, ipc: PageIpc): void {
  const open = new Map<WebContents, Map<number, FrameChannel>>()
  const connecting = new WeakMap<WebContents, number>()
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

  ipc.answer('open', async (sender) => {
    const waiting = connecting.get(sender) ?? 0
    if (channelsOf(sender).size + waiting >= mostChannels)
      throw new Error('The page has too many connections to the engine.')
    connecting.set(sender, waiting + 1)
    const channel = await connect().finally(() => connecting.set(sender, (connecting.get(sender) ?? 1) - 1))
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
      channel.onMessage((bytes) => send(toPage.frame, new Uint8Array(bytes)))
      channel.onClose((reason) => {
        open.get(sender)?.delete(id)
        send(toPage.closed, reason)
      })
    })
    return id
  })
  ipc.hear('frame', (sender, id, bytes) => open.get(sender)?.get(id)?.send(bytes))
  ipc.hear('close', (sender, id) => {
    const own = open.get(sender)
    own?.get(id)?.close()
    own?.delete(id)
  })
}
