/** A file server on the loopback that misbehaves on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Misbehaviour {
  /** Breaks the connection after so many bytes of a response, as many times as there are entries. */
  breakAfter?: number[]
  /** Answers with this status. */
  status?: number
  /** Leaves Range requests unheeded. */
  ignoresRange?: boolean
  /** No Content-Length. */
  withoutLength?: boolean
  /** No ETag. */
  withoutValidator?: boolean
  /** Stops sending after so many bytes and keeps the connection open. */
  stallAfter?: number
}

export interface FileServer {
  readonly address: string
  /** "GET /name range" of every request. */
  readonly requests: string[]
  files: Record<string, Buffer>
  etag: string
  misbehaviour: Misbehaviour
  close(): Promise<void>
}

export async function startFileServer(files: Record<string, Buffer>): Promise<FileServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push([request.url, request.headers.range].filter(Boolean).join(' '))
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const state: FileServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    files,
    etag: '"one"',
    misbehaviour: {},
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { misbehaviour } = state
    const bytes = state.files[(request.url ?? '/').split('/').at(-1) ?? '']
    if (misbehaviour.status !== undefined || !bytes) {
      response.writeHead(misbehaviour.status ?? 404).end()
      return
    }
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN)
    const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === state.etag
    const partial = !Number.isNaN(start) && fresh && !misbehaviour.ignoresRange
    if (partial && start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const body = partial ? bytes.subarray(start) : bytes
    response.writeHead(partial ? 206 : 200, {
      ...(misbehaviour.withoutLength ? {} : { 'content-length': body.length }),
      ...(misbehaviour.withoutValidator ? {} : { etag: state.etag }),
      ...(partial ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    const limit = misbehaviour.breakAfter?.shift()
    // A client forgets what it has received and not yet read when the connection breaks: a busy one needs a while.
    if (limit !== undefined) response.write(body.subarray(0, limit), () => setTimeout(() => response.destroy(), 250))
    else if (misbehaviour.stallAfter !== undefined) response.write(body.subarray(0, misbehaviour.stallAfter))
    else response.end(body)
  }
  return state
}
