/**
 * What the page has stored belongs to its origin, which once was `file:`. What lies there (drafts, columns, widths,
 * charts' settings) is carried over to the page's own origin, once.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BrowserWindow, session } from 'electron'
import { pageUrl } from './pageAnswers'
import { lockedDown } from './window'

const done = 'storage-carried.json'
/** Chromium's folder of what pages have stored. */
const stored = 'Local Storage'

const readAll = 'JSON.stringify(Object.entries(localStorage))'
/** What the page has stored meanwhile is newer. */
const writeMissing = (entries: string): string =>
  `for (const [key, value] of ${entries}) if (localStorage.getItem(key) === null) localStorage.setItem(key, value)`

/** Whether an earlier start has left something to carry. To be asked before Electron makes its folders. */
export const hasEarlierStorage = (userData: string): boolean =>
  existsSync(join(userData, stored)) && !existsSync(join(userData, done))

/** Resolves when the page can be opened; what cannot be read is left where it lies. */
export async function carryStorage(userData: string, hasEarlier: boolean): Promise<void> {
  try {
    if (hasEarlier) await carry()
    writeFileSync(join(userData, done), `${JSON.stringify({ to: pageUrl })}\n`)
  } catch (error) {
    process.stderr.write(`What the window had stored could not be carried over: ${String(error)}\n`)
  }
}

async function carry(): Promise<void> {
  const window = new BrowserWindow({ show: false, webPreferences: lockedDown })
  const { webContents } = window
  try {
    // An empty page (protocols.ts); every file has the same storage.
    await window.loadURL('file:///')
    const entries = String(await webContents.executeJavaScript(readAll))
    const zoom = webContents.getZoomLevel()
    // Of the page's origin, and nothing of the page runs in it: its protocol says that there is no such file.
    await window.loadURL(new URL('storage', pageUrl).href)
    await webContents.executeJavaScript(writeMissing(entries))
    webContents.setZoomLevel(zoom)
    session.defaultSession.flushStorageData()
  } finally {
    window.destroy()
  }
}
