/**
 * The engine's door: WebSocket for frames, HTTP for the interface's files. Loopback unless told otherwise.
 * A page of another site must not get in (Origin, SameSite), nor a name that was rebound to this address (Host), nor
 * anyone without the token.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { FrameChannel } from '../../shared/rpc'
import { maximumFrameBytes, webSocketChannel } from '../transports/webSocketChannel'
import { createAccess, type Access } from './access'
import { createStaticFiles, type StaticFiles } from './staticFiles'

export interface EngineServerOptions {
  token: string
  /** Default 127.0.0.1. */
  host?: string
  /** 0 (default): any free port. */
  port?: number
  /** Folder of the built interface; left out: only the WebSocket is served. */
  staticFolder?: string
  onChannel(channel: FrameChannel): void
  onRefused?(reason: string): void
}

export interface EngineServer {
  readonly host: string
  readonly port: number
  /** Address to open in a browser, with the token. */
  readonly url: string
  readonly clients: number
  close(): Promise<void>
}

/** A browser that does not bring the cookie sends the token in its first frame, within this time. */
const firstFrameTimeout = 5000
const pingInterval = 20_000

export async function startEngineServer(options: EngineServerOptions): Promise<EngineServer> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer()
  await listen(server, options.port ?? 0, host)
  const { port } = server.address() as AddressInfo
  const access = createAccess({ token: options.token, host, port })
  const files = options.staticFolder === undefined ? null : createStaticFiles(options.staticFolder)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrameBytes,
    perMessageDeflate: false,
    clientTracking: true,
  })
  server.on(
    'request',
    (request, response) =>
      void answer(request, response, access, files).catch((error: unknown) => {
        if (response.headersSent) return response.destroy(error instanceof Error ? error : undefined)
        end(response, 500, 'The engine could not answer this request.')
      }),
  )
  server.on('upgrade', (request, socket, head: Buffer) => {
    // Nobody else listens on this socket until it is a WebSocket: a reset of a refused one would end the process.
    socket.on('error', () => socket.destroy())
    const refusal = upgradeRefusal(request, access)
    if (refusal) return refuseUpgrade(socket, refusal, options)
    const authorized = access.authorizationOf(request) === 'right'
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (authorized) options.onChannel(webSocketChannel(webSocket))
      else awaitToken(webSocket, access, options)
    })
  })
  const pings = setInterval(() => {
    for (const socket of sockets.clients) socket.ping()
  }, pingInterval)
  pings.unref()
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/?token=${options.token}`,
    get clients() {
      return sockets.clients.size
    },
    async close() {
      clearInterval(pings)
      for (const socket of sockets.clients) socket.close(1001, 'the engine ends')
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets.clients) socket.terminate()
    },
  }
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** Older browsers do not count a WebSocket of the same host as 'self'. */
const securityHeaders = (host: string) => ({
  'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://${host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
})

const unreadableAddress = 'This address cannot be read.'

/** Null when it is no address, e.g. "//": a request line is whatever the other side sends. */
function addressOf(request: IncomingMessage): URL | null {
  try {
    return new URL(request.url ?? '/', 'http://engine')
  } catch {
    return null
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  files: StaticFiles | null,
): Promise<void> {
  const refusal = access.refusalOf(request)
  if (refusal) return end(response, 403, refusal)
  for (const [name, value] of Object.entries(securityHeaders(request.headers.host ?? '')))
    response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'Only GET is answered here.')
  const url = addressOf(request)
  if (!url) return end(response, 400, unreadableAddress)
  const token = url.searchParams.get('token')
  if (token !== null) {
    if (!access.tokenIsRight(token))
      return end(response, 403, 'This token is not right. Open the address that the engine printed when it started.')
    response.setHeader('set-cookie', access.cookie)
    // The token leaves the address bar, the history and what is sent as a referrer.
    response.setHeader('location', url.pathname)
    return end(response, 303, '')
  }
  if (!files) return end(response, 404, 'This engine serves no interface.')
  await files.send(url.pathname, request, response)
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text === '' ? undefined : `${text}\n`)
}

interface UpgradeRefusal {
  status: '400 Bad Request' | '401 Unauthorized' | '403 Forbidden'
  /** For the log. */
  reason: string
  /** Whether the other side is told the reason. */
  told: boolean
}

/** Null when the request may become a WebSocket, with its token or to bring one. */
function upgradeRefusal(request: IncomingMessage, access: Access): UpgradeRefusal | null {
  const url = addressOf(request)
  if (!url) return { status: '400 Bad Request', reason: unreadableAddress, told: true }
  const reason = access.refusalOf(request) ?? (url.pathname === '/rpc' ? null : 'Frames are exchanged at /rpc.')
  if (reason) return { status: '403 Forbidden', reason, told: true }
  if (access.authorizationOf(request) === 'wrong')
    return { status: '401 Unauthorized', reason: 'The token was not right.', told: false }
  return null
}

function refuseUpgrade(
  socket: Duplex,
  { status, reason, told }: UpgradeRefusal,
  { onRefused }: EngineServerOptions,
): void {
  onRefused?.(reason)
  const content = told ? 'Content-Type: text/plain\r\n' : ''
  socket.end(`HTTP/1.1 ${status}\r\n${content}Connection: close\r\n\r\n${told ? `${reason}\n` : ''}`)
}

/** No cookie: the first message must be the token as text; nothing else is read before it. */
function awaitToken(socket: WebSocket, access: Access, options: EngineServerOptions): void {
  const refuse = (): void => {
    options.onRefused?.('The first message held no right token.')
    socket.close(4401, 'token')
  }
  const timer = setTimeout(refuse, firstFrameTimeout)
  socket.on('error', () => undefined)
  socket.on('close', () => clearTimeout(timer))
  socket.once('message', (data, isBinary) => {
    clearTimeout(timer)
    if (isBinary || !access.tokenIsRight((data as Buffer).toString('utf8'))) return refuse()
    socket.send('welcome')
    options.onChannel(webSocketChannel(socket))
  })
}
