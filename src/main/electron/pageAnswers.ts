/** What the page's own protocol answers: the files of the built page and nothing else. Knows no Electron. */
import { readFile } from 'node:fs/promises'
import { listPageFiles, pageFileType, pageHeaders } from '../host'

/** The page's origin is its own: neither a file's nor that of any server. */
export const pageScheme = 'abd'
const pageHost = 'page'
export const pageUrl = `${pageScheme}://${pageHost}/index.html`

export interface Answer {
  readonly status: 200 | 403 | 404
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

const plain = (status: Answer['status'], text: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...pageHeaders({ connect: [] }) },
  body: new TextEncoder().encode(text),
})

/** The path of an address of the page; null for any other. */
function pathOf(address: string): string | null {
  try {
    const { protocol, host, username, password, pathname } = new URL(address)
    const isOurs = protocol === `${pageScheme}:` && host === pageHost && username === '' && password === ''
    return isOurs ? pathname : null
  } catch {
    return null
  }
}

/** @param folder of the built page; listed once */
export function createPageAnswers(folder: string): (request: { method: string; url: string }) => Promise<Answer> {
  const listing = listPageFiles(folder)
  return async ({ method, url }) => {
    if (method !== 'GET') return plain(403, 'Only GET is answered here.')
    const path = pathOf(url)
    // Looked up as it stands: nothing is decoded, joined or resolved, so no path leads out of the folder.
    const file = path === null ? undefined : (await listing).get(path)
    // An update may have removed it since.
    const body = file === undefined ? null : await readFile(file).catch(() => null)
    if (file === undefined || body === null) return plain(404, 'There is no such file.')
    return {
      status: 200,
      // The page has no connections of its own: it talks through the preload script.
      headers: { 'content-type': pageFileType(file), ...pageHeaders({ connect: [] }) },
      body,
    }
  }
}

/** What stands for every address of `file:`: an empty page, in which nothing runs. No file is read. */
export const fileAnswer: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', ...pageHeaders({ connect: [] }) },
  body: new TextEncoder().encode('<!doctype html><title>ABD Workbench</title>'),
}

/** Whether an address is the page itself, wherever in it. */
export const isPageUrl = (address: string): boolean => address.split(/[?#]/)[0] === pageUrl
