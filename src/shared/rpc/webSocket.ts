/**
 * How a page brings its token: as one of the protocols that it offers for the WebSocket, a header that browsers let a
 * page set and that stands in no address. No cookie: browsers send those to every port of a host.
 */
export const webSocketProtocol = 'abd'
const tokenPrefix = 'abd.token.'

export const protocolsWith = (token: string): string[] => [webSocketProtocol, tokenPrefix + token]

/** The token among the protocols of a request; undefined where there is none. */
export const tokenIn = (offered: string | undefined): string | undefined =>
  (offered ?? '')
    .split(/,\s*/)
    .find((name) => name.startsWith(tokenPrefix))
    ?.slice(tokenPrefix.length)

/** Where frames are exchanged, and where a page asks whether its token is right. */
export const rpcPath = '/rpc'
export const tokenPath = '/token'

/** Bytes of one message of a client: well above the largest arguments that a call takes. */
export const maximumMessageBytes = 8 << 20
