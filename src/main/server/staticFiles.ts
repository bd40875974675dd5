/**
 * The interface's files over HTTP: only what lies in the folder, found by its listed name, never by joining what a
 * request says.
 */
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'

export interface StaticFiles {
  send(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

export function createStaticFiles(folder: string): StaticFiles {
  // Listed once: what a build adds later belongs to the next start.
  const listing = listFiles(folder)
  return {
    async send(path, request, response) {
      const files = await listing
      // Addresses inside the interface (its router's) answer with the page; a missing file of a folder does not.
      const file = files.get(path) ?? (extname(path) === '' ? files.get('/index.html') : undefined)
      const found = file === undefined ? null : await stat(file).catch(() => null)
      if (file === undefined || !found) {
        response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such file.\n')
        return
      }
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-length': found.size,
        // Built names carry a hash of their content.
        'cache-control':
          /[-.][\w-]{8,}\.\w+$/.test(file) && !file.endsWith('.html')
            ? 'public, max-age=31536000, immutable'
            : 'no-cache',
      })
      if (request.method === 'HEAD') response.end()
      else
        createReadStream(file)
          .on('error', () => response.destroy())
          .pipe(response)
    },
  }
}

async function listFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const walk = async (current: string): Promise<void> => {
    for (const entry of await readdir(current, { withFileTypes: true }).catch(() => [])) {
      const path = join(current, entry.name)
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) files.set(`/${relative(folder, path).split(sep).join('/')}`, path)
    }
  }
  await walk(folder)
  const index = files.get('/index.html')
  if (index !== undefined) files.set('/', index)
  return files
}
