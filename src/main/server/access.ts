/** Who may come in: right Host, right Origin, right token. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Access {
  /** Why a request is refused whatever it brings; null when it may go on. */
  refusalOf(request: IncomingMessage): string | null
  tokenIsRight(token: string): boolean
  /** 'none': it brings neither header nor cookie. */
  authorizationOf(request: IncomingMessage): 'right' | 'wrong' | 'none'
  /** The Set-Cookie line that stands for the token. */
  readonly cookie: string
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
/** Equal in constant time, whatever the lengths. */
const equal = (left: string, right: string): boolean => timingSafeEqual(digest(left), digest(right))

const wildcard = new Set(['0.0.0.0', '::'])

export function createAccess({ token, host, port }: { token: string; host: string; port: number }): Access {
  const named = host.includes(':') ? `[${host}]` : host
  const loopback = ['127.0.0.1', 'localhost', '[::1]']
  const hosts = new Set([...loopback, named].map((name) => `${name}:${port}`))
  // Cookies are shared by all ports of a host: the name keeps two workspaces apart.
  const cookieName = `abd_${port}`
  const cookieValue = createHmac('sha256', token).update('cookie').digest('hex')
  const hostIsRight = (given: string): boolean => {
    if (hosts.has(given.toLowerCase())) return true
    // Told to listen everywhere, the engine cannot know its names, but an address cannot be rebound.
    return wildcard.has(host) && /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d+$/i.test(given)
  }
  return {
    cookie: `${cookieName}=${cookieValue}; HttpOnly; SameSite=Strict; Path=/`,
    refusalOf({ headers }) {
      if (headers.host === undefined || !hostIsRight(headers.host))
        return 'This engine does not answer to that host name.'
      if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
        return 'Another site may not talk to this engine.'
      return null
    },
    tokenIsRight: (given) => equal(given, token),
    authorizationOf({ headers }) {
      const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
      if (bearer !== undefined) return equal(bearer, token) ? 'right' : 'wrong'
      const cookie = (headers.cookie ?? '')
        .split(/;\s*/)
        .find((entry) => entry.startsWith(`${cookieName}=`))
        ?.slice(cookieName.length + 1)
      // A cookie of an engine that listened here before is not an attack: the page may still bring the token.
      return cookie !== undefined && equal(cookie, cookieValue) ? 'right' : 'none'
    },
  }
}
