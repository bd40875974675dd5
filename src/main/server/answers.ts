/** What the door answers to requests: the interface’s files, and whether a token is right. It redirects nowhere. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { tokenPath } from '../../shared/rpc'
import type { Access } from './access'
import type { DoorLimits } from './limits'
import type { StaticFiles } from './staticFiles'

/** Older browsers do not count a WebSocket of the same host as 'self'. */
const securityHeaders = (host: string): Record<string, string> => ({
  'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://${host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()',
})

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
  for (const [name, value] of Object.entries(securityHeaders(request.headers.host ?? '')))
    response.setHeader(name, value)
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
