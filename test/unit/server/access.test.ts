import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startEngineServer, type EngineServer } from '../../../src/main/server/httpServer'
import { connectWebSocket } from '../../../src/main/transports/webSocketChannel'
import { createEngineClient, serveEngine } from '../../../src/shared/rpc'
import { createFakeEngine } from '../../fakes/engine'

const token = '0123456789abcdef'.repeat(4)
let folder = ''
let server: EngineServer
const refusals: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'abd-static-'))
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'renderer', 'assets', 'main-abcdef12.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  refusals.length = 0
  server = await startEngineServer({
    token,
    staticFolder: join(folder, 'renderer'),
    onRefused: (reason) => refusals.push(reason),
    onChannel: (channel) => serveEngine(createFakeEngine(), channel),
  })
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** A raw request: the path is sent as it is, the headers too. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, method, headers: { host: `127.0.0.1:${server.port}`, ...headers } },
      (response) => {
        let body = ''
        response
          .setEncoding('utf8')
          .on('data', (text: string) => {
            body += text
          })
          .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    sent.on('error', reject)
    sent.end()
  })

/** 'open', the HTTP status it was refused with, or the code it was closed with. */
const tryWebSocket = (
  headers: Record<string, string>,
  firstMessage?: string | Buffer,
  path = '/rpc',
): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers })
    socket.on('open', () => {
      if (firstMessage === undefined) {
        socket.close()
        resolve('open')
      } else socket.send(firstMessage)
    })
    socket.on('message', (data, isBinary) => {
      if (!isBinary) {
        socket.close()
        resolve(String(data))
      }
    })
    socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)))
    socket.on('close', (code) => resolve(String(code)))
    socket.on('error', () => undefined)
  })

describe('the page', () => {
  it('comes with a policy, and its hashed files may be kept', async () => {
    const page = await get('/')
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>page</title>' })
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect((await get('/assets/main-abcdef12.js')).headers['cache-control']).toContain('immutable')
    expect((await get('/runs/some-id')).body).toContain('page')
    expect((await get('/assets/missing.js')).status).toBe(404)
  })

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '//secret.txt',
    '/assets/%00',
    '/....//secret.txt',
    '/..\\secret.txt',
  ])('never leaves its folder: %s', async (path) => {
    const answer = await get(path)
    expect(answer.body).not.toContain('secret')
  })

  it('exchanges the token for a cookie that scripts and other sites cannot use', async () => {
    const answer = await get(`/?token=${token}`)
    expect(answer).toMatchObject({ status: 303, headers: { location: '/' } })
    const [cookie] = answer.headers['set-cookie'] as string[]
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
    expect(cookie).not.toContain(token)
    expect(await tryWebSocket({ cookie: cookie?.split(';')[0] ?? '', origin: `http://127.0.0.1:${server.port}` })).toBe(
      'open',
    )
    expect(await get('/?token=wrong')).toMatchObject({ status: 403 })
    expect((await get('/?token=wrong')).headers['set-cookie']).toBeUndefined()
  })

  it.each([
    [{ host: 'evil.example' }],
    [{ host: 'evil.example:80' }],
    [{ host: '127.0.0.1:1' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
  ])('is refused to %j', async (headers) => {
    expect((await get('/', headers)).status).toBe(403)
    expect((await get(`/?token=${token}`, headers)).headers['set-cookie']).toBeUndefined()
  })

  it('answers to localhost, and to GET alone', async () => {
    expect((await get('/', { host: `localhost:${server.port}` })).status).toBe(200)
    expect((await get('/', {}, 'POST')).status).toBe(405)
    expect((await get('/', {}, 'HEAD')).body).toBe('')
  })
})

describe('the socket', () => {
  it('opens for a bearer of the token', async () => {
    const client = createEngineClient(() => connectWebSocket({ host: server.host, port: server.port, token }))
    expect((await client.call('engine.info', {})).product).toBe('ABD Workbench')
    expect(server.clients).toBe(1)
    client.close()
  })

  it('opens for the token as first message, and for nothing else', async () => {
    expect(await tryWebSocket({}, token)).toBe('welcome')
    expect(await tryWebSocket({}, 'something else')).toBe('4401')
    expect(await tryWebSocket({}, Buffer.from(token))).toBe('4401')
    expect(await tryWebSocket({}, '')).toBe('4401')
  })

  it.each([
    [{ authorization: 'Bearer wrong' }, '401'],
    [{ origin: 'http://evil.example', authorization: `Bearer ${token}` }, '403'],
    [{ host: 'evil.example', authorization: `Bearer ${token}` }, '403'],
    [{ origin: 'null', authorization: `Bearer ${token}` }, '403'],
  ])('refuses %j with %s', async (headers, status) => {
    expect(await tryWebSocket(headers)).toBe(status)
    expect(refusals).toHaveLength(1)
    expect(refusals[0]).not.toContain(token)
  })

  it('does not take an old cookie for an answer, but lets the page bring the token', async () => {
    expect(await tryWebSocket({ cookie: `abd_${server.port}=0000` }, 'no token')).toBe('4401')
    expect(await tryWebSocket({ cookie: `abd_${server.port}=0000` }, token)).toBe('welcome')
  })

  it('is at one address only', async () => {
    expect(await tryWebSocket({ authorization: `Bearer ${token}` }, undefined, '/other')).toBe('403')
  })
})

describe('what is sent raw', () => {
  /** Sends text and resolves with the first of the answer; the socket is reset then. */
  const sendRaw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
      socket.once('data', (data) => {
        socket.resetAndDestroy()
        resolve(data.toString())
      })
      socket.on('error', reject)
    })
  const host = (): string => `Host: 127.0.0.1:${server.port}`
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket'

  it('an address that is none is answered with 400', async () => {
    expect(await sendRaw(`GET // HTTP/1.1\r\n${host()}\r\n\r\n`)).toContain(' 400 ')
    expect(await sendRaw(`GET // HTTP/1.1\r\n${host()}\r\n${upgrade}\r\n\r\n`)).toContain(' 400 ')
    expect((await get('/')).status).toBe(200)
  })

  it('a refused upgrade that is reset does not reach the process', async () => {
    const uncaught: unknown[] = []
    const seen = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', seen)
    for (let round = 0; round < 10; round++)
      expect(await sendRaw(`GET /elsewhere HTTP/1.1\r\n${host()}\r\n${upgrade}\r\n\r\n`)).toContain(' 403 ')
    // The door still answers after the reset has arrived.
    expect((await get('/')).status).toBe(200)
    process.off('uncaughtException', seen)
    expect(uncaught).toEqual([])
  })
})
