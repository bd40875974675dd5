/** What the door answers to requests: the interface’s files, and whether a token is right. It redirects nowhere. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { tokenPath } from '../../shared/rpc'
import { pageHeaders } from '../host'
import type { Access } from './access'
import type { DoorLimits } from './limits'
import type { StaticFiles } from './staticFiles'

export const unreadableAddress = 'This address cannot be read.'

/**
 * The path of a request as it was sent. Null where it is none of a plain name after the other: a second slash, a
 * backslash, an encoded character or a dot alone, which one reader takes for a path and another for a host.
 */
export function pathOf(request: IncomingMessage): string | null {
  const [path = ''] = (request.url ?? '').split('?')
  return /^\/(?:[\w-][\w.~-]*(?:\/[\w-][\w.~-]*)*\/?)?$/.test(path) ? path : null
}

export interface AnswerServices {
  readonly access: Access
  /** Of the built interface; null where none is served. */
  readonly files: StaticFiles | null
  readonly limits: DoorLimits
  onRefused(reason: string): void
}

export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, ...services }: AnswerServices,
): Promise<void> {
  const refusal = services.access.refusalOf(request)
  if (refusal) return end(response, 403, refusal)
  // Older browsers do not count a WebSocket of the same host as 'self'.
  const headers = pageHeaders({ connect: ["'self'", `ws://${request.headers.host ?? ''}`] })
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'Only GET is answered here.')
  const path = pathOf(request)
  if (path === null) return end(response, 400, unreadableAddress)
  if (path === tokenPath) return await answerToken(request, response, services)
  if (!files) return end(response, 404, 'This engine serves no interface.')
  await files.send(path, request, response)
}

/** A page whose WebSocket was refused cannot see why: it asks here. */
async function answerToken(
  request: IncomingMessage,
  response: ServerResponse,
  { access, limits, onRefused }: Omit<AnswerServices, 'files'>,
): Promise<void> {
  response.setHeader('cache-control', 'no-store')
  const caller = access.callerOf(request)
  if (caller === 'owner' || caller === 'page') {
    response.writeHead(204).end()
    return
  }
  if (caller === 'wrong') {
    onRefused('The token was not right.')
    await wait(limits.refusalMilliseconds, undefined, { ref: false })
  }
  end(response, 401, 'This token is not right. Open the address that the engine printed when it started.')
}

export function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${text}\n`)
}
