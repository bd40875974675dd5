import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fromPage, type PageChannel } from '../../../src/main/electron/channels'
import { messages } from '../../../src/main/electron/messages'
import { createPageIpc } from '../../../src/main/electron/pageIpc'

type Listener = (event: { sender: unknown; trusted: boolean }, ...message: unknown[]) => unknown
const { listeners } = vi.hoisted(() => ({ listeners: new Map<string, unknown>() }))
vi.mock('electron', () => ({
  ipcMain: {
    handle: (channel: string, listener: unknown) => listeners.set(channel, listener),
    on: (channel: string, listener: unknown) => listeners.set(channel, listener),
  },
}))

const good: Record<PageChannel, unknown[]> = {
  open: [],
  frame: [1, new Uint8Array([1, 2])],
  close: [1],
  choosePath: [{ select: 'file', title: 'A file', extensions: ['pt', 'tar.gz'] }],
  saveFile: [{ name: 'chart.svg', data: '<svg/>', type: 'image/svg+xml' }],
  openExternal: ['https://github.com/'],
  copyText: ['text'],
  revealPath: ['/tmp'],
  notify: [{ title: 'Done', body: '', path: '/runs/1' }],
  setProgress: [0.5],
  recentWorkspaces: [],
  openWorkspace: [null],
}
/** A page sends what it likes: no text, no number and no object that claims to be more than it is comes through. */
const strange: unknown[][] = [
  [undefined],
  [null, null],
  [{ length: 3e9 }],
  [1, { length: 3e9 }],
  [1, [1, 2, 3]],
  [1, new ArrayBuffer(8)],
  [-1],
  [0.5, 1],
  ['1'],
  [Number.NaN],
  [Infinity],
  [{ select: 'file' }],
  [{ select: 'exe', title: '' }],
  [{ select: 'file', title: 'x', extensions: ['../x'] }],
  [{ name: 'x', data: { length: 3e9 }, type: '' }],
  [{ title: 'x', body: 'y', path: '/', extra: true }],
  ['x'.repeat(20 << 20)],
  ['a\0b'],
  [1, new Uint8Array(1), 'more'],
]
const channels = Object.keys(fromPage) as PageChannel[]
const work = vi.fn((..._message: unknown[]) => 'done')
const send = (channel: PageChannel, message: unknown[], trusted = true): unknown =>
  (listeners.get(fromPage[channel]) as Listener)({ sender: 'page', trusted }, ...message)
const error = vi.spyOn(process.stderr, 'write')

beforeEach(() => {
  listeners.clear()
  work.mockClear()
  error.mockClear().mockReturnValue(true)
  const ipc = createPageIpc((event) => (event as unknown as { trusted: boolean }).trusted)
  for (const channel of channels)
    if (channel === 'frame' || channel === 'close') ipc.hear(channel, work)
    else ipc.answer(channel, work)
})

describe.each(channels)('a message at %s', (channel) => {
  const isHeard = channel === 'frame' || channel === 'close'
  const refusal = (message: unknown[], trusted = true): string => {
    if (!isHeard) {
      try {
        send(channel, message, trusted)
      } catch (thrown) {
        return String(thrown)
      }
      return ''
    }
    expect(send(channel, message, trusted)).toBeUndefined()
    return error.mock.calls.map(([text]) => String(text)).join('')
  }

  it('comes through in its shape from our page', () => {
    send(channel, good[channel])
    expect(work).toHaveBeenCalledWith('page', ...good[channel])
  })
  it('does not from another page, nor from a frame in ours', () => {
    expect(refusal(good[channel], false)).toContain('Another page')
    expect(work).not.toHaveBeenCalled()
  })
  it('does not in another shape, and ends nothing', () => {
    const fitting = new Set(
      strange.filter((message) => messages[channel].safeParse(message).success).map((message) => message),
    )
    // Each channel takes one kind of argument: of the strange ones only a plain number or text may happen to be right.
    for (const message of fitting) expect(['number', 'string'].includes(typeof message[0])).toBe(true)
    for (const message of strange) {
      if (fitting.has(message)) continue
      refusal(message)
    }
    expect(work).not.toHaveBeenCalled()
    if (!isHeard) expect(refusal([{ length: 3e9 }])).toContain('another shape')
    else expect(error.mock.calls.length).toBe(1)
  })
})

it('is the only place that listens to pages', () => {
  const folder = join(import.meta.dirname, '../../../src/main/electron')
  const listening = readdirSync(folder).filter((name) => /\bipcMain\b/.test(readFileSync(join(folder, name), 'utf8')))
  expect(listening).toEqual(['pageIpc.ts'])
})

it('takes frames of at most what the engine takes', () => {
  expect(messages.frame.safeParse([1, new Uint8Array(8 << 20)]).success).toBe(true)
  expect(messages.frame.safeParse([1, new Uint8Array((8 << 20) + 1)]).success).toBe(false)
})
