/**
 * The engine's door: WebSocket for frames, HTTP for the interface's files. Loopback unless told otherwise.
 * A page of another site must not get in (Origin), nor a name that was rebound to this address (Host), nor anyone
 * without a token. Before the token nothing is read but a request's headers (limits.ts).
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Caller } from '../../shared/contract'
import { rpcPath, webSocketProtocol, type FrameChannel } from '../../shared/rpc'
import { pageAddress } from '../transports/pageToken'
import { webSocketChannel } from '../transports/webSocketChannel'
import { createAccess, type Access } from './access'
import { answer, end, pathOf, unreadableAddress, type AnswerServices } from './answers'
import { doorLimits, type DoorLimits } from './limits'
import { createStaticFiles } from './staticFiles'
import { watchStrangers, type Strangers } from './strangers'

export interface EngineServerOptions {
  /** The owner's; a page's is made from it. */
  token: string
  /** Default 127.0.0.1. */
  host?: string
  /** 0 (default): any free port. */
  port?: number
  /** Folder of the built interface; left out: only the WebSocket is served. */
  staticFolder?: string
  /** Others than those of limits.ts; tests make times short. */
  limits?: Partial<DoorLimits>
  onChannel(channel: FrameChannel, caller: Caller): void
  onRefused?(reason: string): void
}

export interface EngineServer {
  readonly host: string
  readonly port: number
  /** Address to open in a browser, with a page's token. */
  readonly url: string
  readonly clients: number
  /** Ends every connection; whoever wants one comes back. */
  disconnect(): void
  /** Nobody new comes in; who is connected stays. */
  refuse(): void
  close(): Promise<void>
}

export async function startEngineServer(options: EngineServerOptions): Promise<EngineServer> {
  const host = options.host ?? '127.0.0.1'
  const limits = { ...doorLimits, ...options.limits }
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.requestMilliseconds,
    requestTimeout: limits.requestMilliseconds,
    keepAliveTimeout: limits.keepAliveMilliseconds,
    connectionsCheckingInterval: limits.checkMilliseconds,
  })
  server.setTimeout(limits.silentMilliseconds)
  const strangers = watchStrangers(server, limits)
  await listen(server, options.port ?? 0, host)
  const { port } = server.address() as AddressInfo
  const access = createAccess({ token: options.token, host, port })
  const services: AnswerServices = {
    access,
    limits,
    files: options.staticFolder === undefined ? null : createStaticFiles(options.staticFolder),
    onRefused: (reason) => options.onRefused?.(reason),
  }
  server.on(
    'request',
    (request, response) =>
      void answer(request, response, services).catch((error: unknown) => {
        if (response.headersSent) return response.destroy(error instanceof Error ? error : undefined)
        end(response, 500, 'The engine could not answer this request.')
      }),
  )
  const sockets = serveSockets(server, { access, strangers, limits, options })
  return {
    host,
    port,
    url: pageAddress({ host, port, token: options.token }),
    get clients() {
      return sockets.clients.size
    },
    disconnect() {
      for (const socket of sockets.clients) socket.close(1012, 'the workspace is opened again')
    },
    refuse() {
      server.close()
    },
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'the engine ends')
      strangers.end()
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

interface SocketServices {
  readonly access: Access
  readonly strangers: Strangers
  readonly limits: DoorLimits
  readonly options: EngineServerOptions
}

/** WebSockets of those alone whose upgrade brings a token. */
function serveSockets(server: Server, services: SocketServices): WebSocketServer {
  const { strangers, limits, options } = services
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) => (offered.has(webSocketProtocol) ? webSocketProtocol : false),
  })
  const callers = new Map<WebSocket, Caller>()
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    // Nobody else listens on this socket until it is a WebSocket: a reset of a refused one would end the process.
    socket.on('error', () => socket.destroy())
    const refusal = upgradeRefusal(request, services, sockets.clients.size)
    if ('reason' in refusal) return void refuseUpgrade(socket, refusal, services)
    strangers.letIn(socket)
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      callers.set(webSocket, refusal.caller)
      webSocket.once('close', () => callers.delete(webSocket))
      options.onChannel(webSocketChannel(webSocket), refusal.caller)
    })
  })
  const pings = setInterval(askForLife(callers, limits), limits.pingMilliseconds)
  pings.unref()
  server.once('close', () => clearInterval(pings))
  return sockets
}

/** Ends pages that have not answered for long: they read nothing, and what is meant for them would pile up. */
function askForLife(callers: ReadonlyMap<WebSocket, Caller>, limits: DoorLimits): () => void {
  const missed = new WeakMap<WebSocket, number>()
  return () => {
    for (const [socket, caller] of callers) {
      const before = missed.get(socket)
      if (before === undefined) socket.on('pong', () => missed.set(socket, 0))
      if (caller === 'page' && (before ?? 0) >= limits.missedPings) {
        socket.terminate()
        continue
      }
      missed.set(socket, (before ?? 0) + 1)
      socket.ping()
    }
  }
}

interface UpgradeRefusal {
  readonly status: '400 Bad Request' | '401 Unauthorized' | '403 Forbidden' | '503 Service Unavailable'
  /** For the log, and for the other side where it may know. */
  readonly reason: string
  readonly told: boolean
}

function upgradeRefusal(
  request: IncomingMessage,
  { access, limits }: SocketServices,
  clients: number,
): UpgradeRefusal | { readonly caller: Caller } {
  const path = pathOf(request)
  if (path === null) return { status: '400 Bad Request', reason: unreadableAddress, told: true }
  const reason = access.refusalOf(request) ?? (path === rpcPath ? null : 'Frames are exchanged at /rpc.')
  if (reason) return { status: '403 Forbidden', reason, told: true }
  const caller = access.callerOf(request)
  if (caller === 'none' || caller === 'wrong')
    return { status: '401 Unauthorized', reason: 'The token was missing or not right.', told: false }
  if (caller === 'page' && clients >= limits.clients)
    return { status: '503 Service Unavailable', reason: 'Too many pages are open already: close some.', told: true }
  return { caller }
}

async function refuseUpgrade(
  socket: Duplex,
  { status, reason, told }: UpgradeRefusal,
  { limits, options }: SocketServices,
): Promise<void> {
  options.onRefused?.(reason)
  // A wrong token waits, and its connection with it.
  if (!told) await wait(limits.refusalMilliseconds, undefined, { ref: false })
  // The other side may never end it.
  socket.once('finish', () => setTimeout(() => socket.destroy(), limits.refusalMilliseconds).unref())
  const content = told ? 'Content-Type: text/plain\r\n' : ''
  socket.end(`HTTP/1.1 ${status}\r\n${content}Connection: close\r\n\r\n${told ? `${reason}\n` : ''}`)
}
