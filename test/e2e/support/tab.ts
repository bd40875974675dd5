import { WebSocket } from 'ws'
import { createEngineClient, protocolsWith, type EngineClient } from '../../../src/shared/rpc'
import { webSocketChannel } from '../../../src/main/transports/webSocketChannel'

export const tokenOf = (address: string): string =>
  new URLSearchParams(new URL(address).hash.slice(1)).get('token') ?? ''

/** What a browser does: keeps the token of the printed address, connects from the page's origin. */
export function openTab(address: string): EngineClient {
  const { host, origin } = new URL(address)
  return createEngineClient(() => connectFrom(host, { token: tokenOf(address), origin }))
}

/** A socket to `host` as a page of `origin` opens it. */
export const connectFrom = (
  host: string,
  { token, origin }: { token: string; origin: string },
): Promise<ReturnType<typeof webSocketChannel>> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}/rpc`, protocolsWith(token), { headers: { origin } })
    socket.once('open', () => resolve(webSocketChannel(socket)))
    socket.once('error', reject)
  })
