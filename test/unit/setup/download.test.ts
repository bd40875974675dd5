import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { downloadWheel, fetchedBytes } from '../../../src/main/setup/download.mjs'
import { readPipSettings } from '../../../src/main/setup/pipSettings.mjs'

const content = Buffer.from('0123456789abcdef'.repeat(20_000))
const wheel = {
  project: 'some-library',
  version: '1.2',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
}
const fileName = 'some_library-1.2-py3-none-manylinux_2_17_x86_64.whl'

let directory: string
let server: Server
let origin: string
let asked: { url: string; range?: string }[]
let answer: (request: IncomingMessage, response: ServerResponse) => void

/** The file, or the rest of it from the byte that the Range header names. */
function serveFile(request: IncomingMessage, response: ServerResponse, body = content): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200, {
    'Content-Length': body.length - from,
    ...(from > 0 ? { 'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
  })
  response.end(body.subarray(from))
}

const page = `<a href="../../files/other-1.1.whl#sha256=${'0'.repeat(64)}">other</a><a data-x="1" href="../../files/${fileName}#sha256=${wheel.sha256}">it</a>`

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'abd-download-'))
  asked = []
  answer = serveFile
  server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', ...(request.headers.range ? { range: request.headers.range } : {}) })
    if (request.url === '/simple/some-library/') response.end(page)
    else if (request.url === `/files/${fileName}`) answer(request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(directory, { recursive: true })
})

const report = { say: () => undefined, progress: vi.fn() }
const settings = (change: Record<string, string> = {}): ReturnType<typeof readPipSettings> =>
  readPipSettings({
    environment: { PIP_INDEX_URL: `${origin}/simple`, ...change },
    home: directory,
    read: () => undefined,
  })
const download = (more: object = {}): Promise<string> =>
  downloadWheel(wheel, directory, { settings: settings(), report, pauses: [0], ...more })
const part = (): string => join(directory, 'some-library-1.2.whl.part')

it('fetches the wheel that the index lists under the pinned hash, and tells how far it is', async () => {
  const told: number[] = []
  const file = await download({ onBytes: (done: number) => told.push(done) })
  expect(readFileSync(file).equals(content)).toBe(true)
  expect(told.at(-1)).toBe(content.length)
  expect(await download()).toBe(file)
  expect(asked.map(({ url }) => url)).toEqual(['/simple/some-library/', `/files/${fileName}`])
})

it('goes on at the byte at which an earlier start was paused', async () => {
  const controller = new AbortController()
  answer = (_request, response) => {
    response.writeHead(200, { 'Content-Length': content.length })
    response.write(content.subarray(0, 100_000))
  }
  const onBytes = (done: number): void => {
    if (done >= 100_000) controller.abort()
  }
  await expect(download({ signal: controller.signal, onBytes })).rejects.toThrow(/abort/i)
  expect(statSync(part()).size).toBe(100_000)
  expect(fetchedBytes(wheel, directory)).toBe(100_000)
  answer = serveFile
  await download()
  expect(asked.at(-1)?.range).toBe('bytes=100000-')
  expect(existsSync(part())).toBe(false)
})

it('goes on by itself where the connection breaks', async () => {
  let broken = false
  answer = (request, response) => {
    if (broken) return serveFile(request, response)
    broken = true
    response.writeHead(200, { 'Content-Length': content.length })
    response.write(content.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 20))
  }
  expect(readFileSync(await download()).equals(content)).toBe(true)
})

it('begins anew where the server does not know ranges', async () => {
  writeFileSync(part(), content.subarray(0, 1000))
  answer = (_request, response) => response.end(content)
  expect(readFileSync(await download()).equals(content)).toBe(true)
})

it('throws away what has another hash, and never gives it the name of the wheel', async () => {
  answer = (request, response) => serveFile(request, response, Buffer.alloc(content.length, 'x'))
  await expect(download()).rejects.toMatchObject({ kind: 'hash', message: expect.stringMatching(/SHA-256 differs/) })
  expect(existsSync(part())).toBe(false)
  expect(existsSync(join(directory, 'some-library-1.2.whl'))).toBe(false)
})

it('stops at a body that is longer than the wheel', async () => {
  answer = (_request, response) => response.end(Buffer.concat([content, content]))
  await expect(download()).rejects.toThrow(/more bytes than the wheel has/)
})

it('says that there is no network, what was asked, and that nothing is lost', async () => {
  server.close()
  server.closeAllConnections()
  await expect(download()).rejects.toMatchObject({
    kind: 'offline',
    message: expect.stringMatching(/could not be reached for some-library 1\.2.*ECONNREFUSED.*is kept/),
  })
})

it('says that the index has another file, or none', async () => {
  const other = { ...wheel, sha256: '1'.repeat(64) }
  await expect(downloadWheel(other, directory, { settings: settings(), report, pauses: [] })).rejects.toMatchObject({
    kind: 'index',
    message: expect.stringMatching(/no some-library 1\.2 .* with the pinned SHA-256/),
  })
})

it('takes a wheel out of a folder that find-links names, without the network', async () => {
  writeFileSync(join(directory, fileName), content)
  const local = settings({ PIP_FIND_LINKS: directory, PIP_NO_INDEX: '1' })
  expect(readFileSync(await download({ settings: local })).equals(content)).toBe(true)
  expect(asked).toEqual([])
})

it('sends the name and the password of the index, also for files on the same host', async () => {
  const seen: (string | undefined)[] = []
  server.prependListener('request', (request: IncomingMessage) => seen.push(request.headers.authorization))
  await download({ settings: settings({ PIP_INDEX_URL: `${origin.replace('//', '//me:se%20cret@')}/simple` }) })
  expect(seen).toEqual(Array(2).fill(`Basic ${Buffer.from('me:se cret').toString('base64')}`))
})

it('goes through the proxy that pip is set to', async () => {
  const proxied: (string | undefined)[] = []
  const proxy = createServer((request, response) => {
    proxied.push(request.url)
    if (request.url?.endsWith('/simple/some-library/')) response.end(page)
    else serveFile(request, response)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  await download({ settings: settings({ PIP_PROXY: address, PIP_INDEX_URL: 'http://index.invalid/simple' }) })
  expect(proxied).toEqual(['http://index.invalid/simple/some-library/', `http://index.invalid/files/${fileName}`])
  proxy.close()
})
