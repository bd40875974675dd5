/** Who may come in: right Host, right Origin, right token. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Caller } from '../../shared/contract'
import { tokenIn } from '../../shared/rpc'
import { pageTokenOf } from '../transports/pageToken'

export interface Access {
  /** Why a request is refused whatever it brings; null when it may go on. */
  refusalOf(request: IncomingMessage): string | null
  /** Whose token a request brings. */
  callerOf(request: IncomingMessage): Caller | 'wrong' | 'none'
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
/** Equal in constant time, whatever the lengths. */
const equal = (left: string, right: string): boolean => timingSafeEqual(digest(left), digest(right))

const wildcard = new Set(['0.0.0.0', '::'])

export function createAccess({ token, host, port }: { token: string; host: string; port: number }): Access {
  const pageToken = pageTokenOf(token)
  const named = host.includes(':') ? `[${host}]` : host
  const loopback = ['127.0.0.1', 'localhost', '[::1]']
  const hosts = new Set([...loopback, named].map((name) => `${name}:${port}`))
  const hostIsRight = (given: string): boolean => {
    if (hosts.has(given.toLowerCase())) return true
    // Told to listen everywhere, the engine cannot know its names, but an address cannot be rebound.
    return wildcard.has(host) && /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d+$/i.test(given)
  }
  return {
    refusalOf({ headers }) {
      if (headers.host === undefined || !hostIsRight(headers.host))
        return 'This engine does not answer to that host name.'
      if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
        return 'Another site may not talk to this engine.'
      return null
    },
    callerOf({ headers }) {
      const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? tokenIn(headers['sec-websocket-protocol'])
      if (given === undefined) return 'none'
      // Both are compared, so that the time does not tell which one it might be.
      const [isOwners, isPages] = [equal(given, token), equal(given, pageToken)]
      if (!isOwners && !isPages) return 'wrong'
      // Whatever token it was given: what comes from a page has a page's rights.
      return isOwners && headers.origin === undefined ? 'owner' : 'page'
    },
  }
}
