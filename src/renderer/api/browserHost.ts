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
  copyText: (text) => navigator.clipboard.writeText(text),
  revealPath: (path) => navigator.clipboard.writeText(path),
}
