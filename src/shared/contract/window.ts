import type { HostApi } from './host'

/** What the preload script gives a desktop window: frames to the engine, and what only a window can do. */
export interface WindowBridge {
  /** Opens a channel to the engine; resolves to its id once the engine answers. */
  open(): Promise<number>
  send(channel: number, bytes: Uint8Array): void
  close(channel: number): void
  /** One listener each; a later one replaces the earlier. */
  onMessage(listener: (channel: number, bytes: Uint8Array) => void): void
  onClose(listener: (channel: number, reason: string) => void): void
  /** The main process asks the window for something: the menu's entries. */
  onMenu(listener: (command: MenuCommand) => void): void
  host: HostApi
}

/**
 * The id of an action that the page offers on every view; `go:` and a path of the page; `open:` and the whole path of a
 * file that the desktop opens with the application.
 */
export type MenuCommand =
  | 'newExperiment'
  | 'openSettings'
  | 'openWorkspaces'
  | 'showShortcuts'
  | 'openPalette'
  | `go:${string}`
  | `open:${string}`

/** Name under which the bridge lies on `window`. */
export const bridgeName = 'abdWindow'
