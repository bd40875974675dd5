/**
 * What only a window can do. The browser has its own implementation (file input, link), so nothing is "not supported".
 */
export interface HostApi {
  readonly kind: 'window' | 'browser'
  /** A path on the engine's machine, or null when dismissed; the browser asks for it as text. */
  choosePath(options: {
    select: 'file' | 'folder' | 'fileOrFolder'
    title: string
    extensions?: string[]
  }): Promise<string | null>
  /** Where a file lies that was dropped or chosen; null where that is not told, as in a browser. */
  pathOf(file: object): string | null
  saveFile(options: { name: string; data: Uint8Array | string; type: string }): Promise<boolean>
  openExternal(address: string): Promise<void>
  copyText(text: string): Promise<void>
  /** Whether messages beside the window may be shown; 'ask': nobody has been asked. */
  notificationState(): 'granted' | 'denied' | 'ask'
  /** Asks once; a window need not. To be called from a click. */
  askForNotifications(): Promise<boolean>
  /** A message beside the window; clicking on it brings the window to the front and leads to the page at `path`. */
  notify(message: { title: string; body: string; path: string }): Promise<void>
  /** How far the work is, in the taskbar where there is one; null: nothing is under way. */
  setProgress(fraction: number | null): Promise<void>
  /** Folders of workspaces that were open, the newest first; a browser knows none. */
  recentWorkspaces(): Promise<string[]>
  /** Opens a workspace in a window of its own; null asks for its folder. A browser cannot: `abd serve` opens one. */
  openWorkspace(folder: string | null): Promise<void>
  /** Desktop only: shows a file in the file manager; the browser copies the path instead. */
  revealPath(path: string): Promise<void>
}
