import type { HostApi } from '@shared/contract'

/** What a browser tab can do of a window's abilities; paths are typed into the field, so choosing one answers null. */
export const browserHost: HostApi = {
  kind: 'browser',
  choosePath: () => Promise.resolve(null),
  pathOf: () => null,
  saveFile({ name, data, type }) {
    const address = URL.createObjectURL(new Blob([typeof data === 'string' ? data : new Uint8Array(data)], { type }))
    const link = document.createElement('a')
    link.href = address
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(address), 10_000)
    return Promise.resolve(true)
  },
  openExternal(address) {
    window.open(address, '_blank', 'noopener,noreferrer')
    return Promise.resolve()
  },
  notificationState() {
    if (typeof Notification === 'undefined' || Notification.permission === 'denied') return 'denied'
    return Notification.permission === 'granted' ? 'granted' : 'ask'
  },
  askForNotifications: async () => (await Notification.requestPermission()) === 'granted',
  notify({ title, body, path }) {
    const message = new Notification(title, { body, tag: path })
    message.onclick = () => {
      window.focus()
      location.hash = `#${path}`
    }
    return Promise.resolve()
  },
  setProgress: () => Promise.resolve(),
  recentWorkspaces: () => Promise.resolve([]),
  openWorkspace: () => Promise.resolve(),
  copyText: (text) => navigator.clipboard.writeText(text),
  revealPath: (path) => navigator.clipboard.writeText(path),
}
