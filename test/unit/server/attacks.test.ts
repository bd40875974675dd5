/** What was done to the door by hand, done again: each of these took the engine down, or kept others out, once. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect, type Socket } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { doorLimits, type DoorLimits } from '../../../src/main/server/limits'
import { startEngineServer, type EngineServer } from '../../../src/main/server/httpServer'
import { pageTokenOf } from '../../../src/main/transports/pageToken'
import { connectWebSocket } from '../../../src/main/transports/webSocketChannel'
import type { EngineApi } from '../../../src/shared/contract'
import {
  clientLimits,
  createEngineClient,
  createTurns,
  encodeFrame,
  protocolsWith,
  serveEngine,
} from '../../../src/shared/rpc'
import { createFakeEngine } from '../../fakes/engine'

const token = 'fedcba9876543210'.repeat(4)
let folder = ''
let server: EngineServer
const sockets: Socket[] = []

async function open(limits: Partial<DoorLimits> = {}, engine: EngineApi = createFakeEngine()): Promise<void> {
  const turns = createTurns()
  server = await startEngineServer({
    token,
    staticFolder: folder,
    limits,
    onChannel: (channel) => serveEngine(engine, channel, { turns }),
  })
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-door-'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'large.js'), Buffer.alloc(64 << 20, 'x'))
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A bare connection; what it has read, and when it ends. */
function stranger(): { socket: Socket; ended: Promise<void>; read: () => string } {
  const socket = connect(server.port, '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1').slice(0, 1000)))
  socket.on('error', () => undefined)
  return { socket, read: () => text, ended: new Promise((resolve) => socket.once('close', () => resolve())) }
}
const host = (): string => `Host: 127.0.0.1:${server.port}`
const upgrade = (): string =>
  `GET /rpc HTTP/1.1\r\n${host()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`
const client = (): ReturnType<typeof createEngineClient> =>
  createEngineClient(() => connectWebSocket({ host: '127.0.0.1', port: server.port, token }), { reconnect: false })
const answers = async (): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${server.port}/`)).ok && (await fetchInfo()) === 'ABD Workbench'
async function fetchInfo(): Promise<string> {
  const own = client()
  const { product } = await own.call('engine.info', {})
  own.close()
  return product
}
/** A busy machine takes its time. */
const patient = { timeout: 20_000 }
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('before the token', () => {
  it('thirty sockets with frames of 63 MB become no WebSocket, and next to nothing of them is read', async () => {
    await open({ refusalMilliseconds: 20 })
    const taken: Socket[] = []
    const seen = (message: unknown): void => void taken.push((message as { socket: Socket }).socket)
    subscribe('net.server.socket', seen)
    const frame = Buffer.alloc(10)
    frame.set([0x82, 0xff])
    frame.writeBigUInt64BE(BigInt(63 << 20), 2)
    const all = Array.from({ length: 30 }, () => stranger())
    for (const { socket } of all) {
      socket.write(upgrade())
      socket.write(frame)
      socket.write(Buffer.alloc(4 << 20))
    }
    await Promise.all(all.map(async ({ read }) => expect.poll(read, patient).toMatch(/^HTTP\/1.1 401/)))
    unsubscribe('net.server.socket', seen)
    expect(taken).toHaveLength(30)
    // What came with the request, and what a socket reads ahead.
    for (const { bytesRead } of taken) expect(bytesRead).toBeLessThan(512 << 10)
    expect(server.clients).toBe(0)
    expect(await answers()).toBe(true)
  })

  it('a request that comes byte by byte is given up, and so is a connection that says nothing', async () => {
    await open({ requestMilliseconds: 200, checkMilliseconds: 50 })
    const [slow, silent, large] = [stranger(), stranger(), stranger()]
    slow.socket.write(`GET / HTTP/1.1\r\n${host()}\r\nX: `)
    const drip = setInterval(() => slow.socket.write('x'), 20)
    large.socket.write(`GET / HTTP/1.1\r\n${host()}\r\nX: ${'x'.repeat(doorLimits.headerBytes + 100)}\r\n\r\n`)
    await Promise.all([slow.ended, silent.ended, large.ended])
    clearInterval(drip)
    expect(large.read()).toContain(' 431 ')
    expect(await answers()).toBe(true)
  })

  it('who does not take what was asked for is dropped', async () => {
    await open({ silentMilliseconds: 200 })
    const taken: Socket[] = []
    const seen = (message: unknown): void => void taken.push((message as { socket: Socket }).socket)
    subscribe('net.server.socket', seen)
    const { socket, ended } = stranger()
    socket.write(`GET /large.js HTTP/1.1\r\n${host()}\r\n\r\n`)
    socket.pause()
    await expect.poll(() => taken[0]?.destroyed, patient).toBe(true)
    unsubscribe('net.server.socket', seen)
    socket.resume()
    await ended
    expect(socket.bytesRead).toBeLessThan(64 << 20)
  })

  it('nobody stays for long, and hundreds of connections keep nobody out', async () => {
    await open({ strangers: 10, strangerMilliseconds: 400, requestMilliseconds: 60_000 })
    const page = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, protocolsWith(pageTokenOf(token)))
    await new Promise((resolve) => page.once('open', resolve))
    const all = Array.from({ length: 300 }, () => stranger())
    expect(await answers()).toBe(true)
    await Promise.all(all.map(({ ended }) => ended))
    expect(page.readyState).toBe(WebSocket.OPEN)
    page.close()
  })
})

describe('with a token', () => {
  it('five thousand calls whose answers nobody reads wait for their client, and nobody waits for them', async () => {
    let begun = 0
    const engine = createFakeEngine()
    const busy: EngineApi = {
      ...engine,
      subscribe: engine.subscribe,
      call(name, args, signal) {
        if (name !== 'engine.log') return engine.call(name, args, signal)
        begun += 1
        const until = performance.now() + 1
        while (performance.now() < until);
        return Promise.resolve([{ time: 0, level: 'info', message: 'x'.repeat(100_000) }] as never)
      },
    }
    await open({}, busy)
    const greedy = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, protocolsWith(pageTokenOf(token)))
    await new Promise((resolve) => greedy.once('open', resolve))
    greedy.pause()
    for (let id = 0; id < 5000; id++) greedy.send(encodeFrame({ verb: 'call', id, name: 'engine.log', args: {} }))
    await expect.poll(() => begun, patient).toBeGreaterThan(0)
    const own = client()
    for (let round = 0; round < 5; round++) await own.call('engine.info', {})
    // Five answers took five turns, not five thousand.
    expect(begun).toBeLessThan(2000)
    await expect
      .poll(async () => {
        const before = begun
        await pause(300)
        return begun - before
      }, patient)
      .toBe(0)
    const kernelBytes = 8 << 20
    expect(begun * 100_000).toBeLessThan(clientLimits.unreadBytes + kernelBytes + clientLimits.atWork * 100_000)
    expect((await own.call('engine.info', {})).product).toBe('ABD Workbench')
    own.close()
    greedy.terminate()
  })

  it('a message larger than any arguments ends its socket alone', async () => {
    await open({ messageBytes: 1 << 20 })
    const large = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, protocolsWith(pageTokenOf(token)))
    await new Promise((resolve) => large.once('open', resolve))
    const closed = new Promise<number>((resolve) => large.once('close', resolve))
    large.on('error', () => undefined)
    large.send(Buffer.alloc(2 << 20))
    expect(await closed).toBe(1009)
    expect(await answers()).toBe(true)
  })

  it('more pages than there may be are told so; the owner comes in', async () => {
    await open({ clients: 2 })
    const pages = [1, 2, 3].map(
      () => new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, protocolsWith(pageTokenOf(token))),
    )
    const ends = await Promise.all(
      pages.map(
        (page) =>
          new Promise((resolve) => {
            page.once('open', () => resolve('open'))
            page.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
            page.on('error', () => undefined)
          }),
      ),
    )
    expect(ends.sort()).toEqual([503, 'open', 'open'])
    expect(await answers()).toBe(true)
    for (const page of pages) page.terminate()
  })

  it('a page that answers no sign of life is gone; an owner that was stopped is not', async () => {
    await open({ pingMilliseconds: 30, missedPings: 3 })
    const [page, owner] = [
      new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, protocolsWith(pageTokenOf(token)), { autoPong: false }),
      new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, {
        autoPong: false,
        headers: { authorization: `Bearer ${token}` },
      }),
    ]
    await new Promise((resolve) => page.once('close', resolve))
    expect(owner.readyState).toBe(WebSocket.OPEN)
    await expect.poll(() => server.clients, patient).toBe(1)
    owner.terminate()
  })
})
