/** The token of pages in a browser: made from the owner's, which it does not tell, and good for as long. */
import { createHmac } from 'node:crypto'
import type { EngineEndpoint } from './webSocketChannel'

export const pageTokenOf = (token: string): string =>
  createHmac('sha256', token).update('ABD Workbench, a page in a browser').digest('hex')

/** For a browser. What follows the # is never sent: it reaches no server, no log of one and no referrer. */
export const pageAddress = ({ host, port, token }: EngineEndpoint): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}/#token=${pageTokenOf(token)}`
