/** Names of the IPC channels between main and preload. What a page may send over them: messages.ts. */

/** From the page to main. */
export const fromPage = {
  open: 'abd:open',
  frame: 'abd:frame',
  close: 'abd:close',
  choosePath: 'abd:host:choosePath',
  saveFile: 'abd:host:saveFile',
  openExternal: 'abd:host:openExternal',
  copyText: 'abd:host:copyText',
  revealPath: 'abd:host:revealPath',
  notify: 'abd:host:notify',
  setProgress: 'abd:host:setProgress',
  recentWorkspaces: 'abd:host:recentWorkspaces',
  openWorkspace: 'abd:host:openWorkspace',
} as const

/** From main to the page. */
export const toPage = {
  frame: 'abd:frame',
  closed: 'abd:closed',
  menu: 'abd:menu',
} as const

export type PageChannel = keyof typeof fromPage
