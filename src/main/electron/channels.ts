/** Names of the IPC channels between main and preload. */
export const channels = {
  open: 'abd:open',
  frame: 'abd:frame',
  close: 'abd:close',
  closed: 'abd:closed',
  menu: 'abd:menu',
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
