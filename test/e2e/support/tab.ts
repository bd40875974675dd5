import { WebSocket } from 'ws'
import { createEngineClient, type EngineClient } from '../../../src/shared/rpc'
import { webSocketChannel } from '../../../src/main/transports/webSocketChannel'

/** What a browser does: opens the printed address, keeps the cookie, connects from the page's origin. */
export async function openTab(address: string): Promise<EngineClient> {
  const url = new URL(address)
  const response = await fetch(url, { redirect: 'manual' })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return createEngineClient(() => connectFrom(url.host, { cookie, origin: url.origin }))
}

/** A socket to `host` with the headers of a page. */
export const connectFrom = (
  host: string,
  headers: { cookie: string; origin: string },
): Promise<ReturnType<typeof webSocketChannel>> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}/rpc`, { headers })
    socket.once('open', () => resolve(webSocketChannel(socket)))
    socket.once('error', reject)
  })
