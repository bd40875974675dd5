import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startEngineServer, type EngineServer } from '../../../src/main/server/httpServer'
import { pageTokenOf } from '../../../src/main/transports/pageToken'
import { connectWebSocket } from '../../../src/main/transports/webSocketChannel'
import { createEngineClient, protocolsWith, serveEngine } from '../../../src/shared/rpc'
import type { Caller } from '../../../src/shared/contract'
import { createFakeEngine } from '../../fakes/engine'

const token = '0123456789abcdef'.repeat(4)
const pageToken = pageTokenOf(token)
let folder = ''
let server: EngineServer
const callers: Caller[] = []
const refusals: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'abd-static-'))
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'renderer', 'assets', 'main-abcdef12.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  refusals.length = 0
  callers.length = 0
  server = await startEngineServer({
    token,
    staticFolder: join(folder, 'renderer'),
    onRefused: (reason) => refusals.push(reason),
    onChannel(channel, caller) {
      callers.push(caller)
      serveEngine(createFakeEngine(), channel)
    },
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

/** 'open', or the HTTP status it was refused with. */
const tryWebSocket = (headers: Record<string, string>, path = '/rpc', protocols: string[] = []): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocols, { headers })
    socket.on('open', () => {
      socket.close()
      resolve('open')
    })
    socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)))
    socket.on('error', () => undefined)
  })
const own = (): string => `http://127.0.0.1:${server.port}`

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

  it('has its token behind the #, which is sent nowhere; it sets no cookie and redirects nowhere', async () => {
    const { hash, search, pathname } = new URL(server.url)
    expect({ hash, search, pathname }).toEqual({ hash: `#token=${pageToken}`, search: '', pathname: '/' })
    expect(pageToken).not.toContain(token.slice(0, 8))
    for (const path of ['/', `/?token=${token}`, '/?token=wrong', '/runs/some-id']) {
      const { status, headers } = await get(path)
      expect({ path, status, cookie: headers['set-cookie'], location: headers.location }).toEqual({ path, status: 200 })
    }
  })

  it.each([
    '/.//evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '/%2f/evil.example',
    '/%5cevil.example',
    '/.%2f/evil.example',
    '/x//evil.example',
    '/./evil.example',
  ])('sends nobody away: %s', async (path) => {
    for (const query of ['', `?token=${token}`, `?token=${pageToken}`]) {
      const { status, headers, body } = await get(path + query)
      expect(status).toBe(400)
      expect(headers.location ?? '').toBe('')
      expect(body).not.toContain('evil')
    }
  })

  it('keeps pages of other sites from reading, framing and opening it', async () => {
    const { headers } = await get('/')
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
    })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('is told whether its token is right, a wrong one late', async () => {
    expect((await get('/token', { authorization: `Bearer ${pageToken}` })).status).toBe(204)
    const started = performance.now()
    expect((await get('/token', { authorization: 'Bearer wrong' })).status).toBe(401)
    expect(performance.now() - started).toBeGreaterThan(400)
    expect(refusals.join()).not.toContain('wrong ')
    expect((await get('/token')).status).toBe(401)
  })

  it.each([
    [{ host: 'evil.example' }],
    [{ host: 'evil.example:80' }],
    [{ host: '127.0.0.1:1' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
  ])('is refused to %j', async (headers) => {
    expect((await get('/', headers)).status).toBe(403)
    expect((await get('/token', { authorization: `Bearer ${pageToken}`, ...headers })).status).toBe(403)
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

  it('opens for the token of a page, with its rights; whatever a page brings, it is no owner', async () => {
    expect(await tryWebSocket({ origin: own() }, '/rpc', protocolsWith(pageToken))).toBe('open')
    expect(await tryWebSocket({ origin: own() }, '/rpc', protocolsWith(token))).toBe('open')
    expect(await tryWebSocket({ origin: own(), authorization: `Bearer ${token}` })).toBe('open')
    expect(await tryWebSocket({ authorization: `Bearer ${pageToken}` })).toBe('open')
    expect(await tryWebSocket({ authorization: `Bearer ${token}` })).toBe('open')
    expect(callers).toEqual(['page', 'page', 'page', 'page', 'owner'])
  })

  it('opens for nothing else', async () => {
    expect(await tryWebSocket({ origin: own() }, '/rpc', protocolsWith('00'))).toBe('401')
    expect(await tryWebSocket({ origin: own() }, '/rpc', ['abd'])).toBe('401')
    expect(await tryWebSocket({ origin: own(), cookie: `abd_${server.port}=${token}` })).toBe('401')
    expect(await tryWebSocket({ origin: own() }, `/rpc?token=${token}`)).toBe('401')
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

  it('is at one address only', async () => {
    expect(await tryWebSocket({ authorization: `Bearer ${token}` }, '/other')).toBe('403')
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
