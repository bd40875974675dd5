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
  /** Desktop only: shows a file in the file manager; the browser copies the path instead. */
  revealPath(path: string): Promise<void>
}
