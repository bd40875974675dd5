/**
 * The only place that listens to pages: whatever comes is looked at here, its sender first and then its shape, before
 * anything else sees it.
 */
import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron'
import { fromPage, type PageChannel } from './channels'
import { messages, type Message } from './messages'

/** Whether a message comes from a page of ours. */
export type IsTrusted = (event: IpcMainEvent | IpcMainInvokeEvent) => boolean

export interface PageIpc {
  /** Answers a question of the page. */
  answer<Channel extends PageChannel>(
    channel: Channel,
    work: (sender: WebContents, ...message: Message<Channel>) => unknown,
  ): void
  /** Hears what the page says without waiting for an answer; what may not be said is dropped, and told once. */
  hear<Channel extends PageChannel>(
    channel: Channel,
    work: (sender: WebContents, ...message: Message<Channel>) => void,
  ): void
}

/** @throws Error that says what is wrong with the message */
function checked<Channel extends PageChannel>(channel: Channel, message: unknown[]): Message<Channel> {
  const read = messages[channel].safeParse(message)
  if (read.success) return read.data as Message<Channel>
  const [issue] = read.error.issues
  throw new Error(`A message of another shape came at ${fromPage[channel]}: ${issue?.message ?? 'not readable'}.`)
}

export function createPageIpc(isTrusted: IsTrusted): PageIpc {
  const read = <Channel extends PageChannel>(
    event: IpcMainEvent | IpcMainInvokeEvent,
    channel: Channel,
    message: unknown[],
  ): Message<Channel> => {
    if (!isTrusted(event)) throw new Error(`Another page than the application's spoke at ${fromPage[channel]}.`)
    return checked(channel, message)
  }
  const told = new Set<PageChannel>()
  return {
    answer(channel, work) {
      ipcMain.handle(fromPage[channel], (event, ...message: unknown[]) =>
        work(event.sender, ...read(event, channel, message)),
      )
    },
    hear(channel, work) {
      ipcMain.on(fromPage[channel], (event, ...message: unknown[]) => {
        try {
          work(event.sender, ...read(event, channel, message))
        } catch (error) {
          if (told.has(channel)) return
          told.add(channel)
          process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
        }
      })
    },
  }
}
