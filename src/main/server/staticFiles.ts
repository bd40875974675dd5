/**
 * The interface's files over HTTP: only what lies in the folder, found by its listed name, never by joining what a
 * request says.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { listPageFiles, pageFileType } from '../host'

export interface StaticFiles {
  send(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>
}

export function createStaticFiles(folder: string): StaticFiles {
  // Listed once: what a build adds later belongs to the next start.
  const listing = listPageFiles(folder)
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
        'content-type': pageFileType(file),
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
