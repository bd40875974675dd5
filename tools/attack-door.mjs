#!/usr/bin/env node
/**
 * What was done to a served engine, done again, with what it cost: memory of control, and how long another client
 * waited meanwhile. Starts an engine of its own in an empty workspace.
 *
 *   node tools/attack-door.mjs
 */
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createRequire } from 'node:module'
import { serveWorkspace } from './run/served.mjs'

const require = createRequire(import.meta.url)
const { WebSocket } = require('ws')
const { pack } = require('msgpackr/index-no-eval')

const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-attack-'))
const { address, stop } = await serveWorkspace(workspace)
const { host, port, hash, origin } = new URL(address)
const token = new URLSearchParams(hash.slice(1)).get('token')
const { pid } = JSON.parse(fs.readFileSync(path.join(workspace, 'engine.lock'), 'utf8'))
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const page = () =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}/rpc`, ['abd', `abd.token.${token}`], { headers: { origin } })
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
/** Milliseconds that a client of its own waits for an answer. */
async function waited() {
  const started = performance.now()
  const socket = await page()
  const answer = new Promise((resolve) => socket.once('message', resolve))
  socket.send(pack({ verb: 'call', id: 1, name: 'engine.info', args: {} }))
  await answer
  socket.terminate()
  return performance.now() - started
}
const raw = (text) => {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', () => undefined)
  socket.write(text)
  return socket
}
const upgrade = `GET /rpc HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`

/** Runs an attack for some seconds; the most memory and the longest wait meanwhile. */
async function measured(title, seconds, attack) {
  const before = memory()
  const end = await attack()
  let [most, longest] = [before, 0]
  for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
    longest = Math.max(longest, await waited())
    most = Math.max(most, memory())
    await pause(50)
  }
  const said = await end()
  process.stdout.write(
    `${title}: ${Math.round(before)} → at most ${Math.round(most)} MB, others waited at most ${Math.round(longest)} ms; ${said}\n`,
  )
  await pause(500)
}

const endAll = (sockets) => () => {
  const open = sockets.filter((socket) => !socket.destroyed && !socket.closed).length
  for (const socket of sockets) socket.destroy()
  return `${open} of ${sockets.length} still open`
}

await measured('30 sockets without token, frames of 63 MB', 8, async () => {
  const head = Buffer.alloc(10)
  head.set([0x82, 0xff])
  head.writeBigUInt64BE(BigInt(63 << 20), 2)
  const body = Buffer.alloc(63 << 20)
  const sockets = Array.from({ length: 30 }, () => raw(upgrade))
  for (const socket of sockets) {
    socket.write(head)
    socket.write(body)
  }
  return endAll(sockets)
})
await measured('500 connections that say nothing', 8, async () => endAll(Array.from({ length: 500 }, () => raw(''))))
await measured('200 requests, a byte a second', 8, async () => {
  const sockets = Array.from({ length: 200 }, () => raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nX: `))
  const drip = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('x')), 1000)
  return () => {
    clearInterval(drip)
    return endAll(sockets)()
  }
})
await measured('5,000 calls of one client that reads nothing', 8, async () => {
  const socket = await page()
  socket.on('error', () => undefined)
  socket.pause()
  for (let id = 0; id < 5000; id++) socket.send(pack({ verb: 'call', id, name: 'engine.catalogue', args: {} }))
  return () => {
    socket.terminate()
    return 'ended'
  }
})
await measured('another server on 127.0.0.1', 1, async () => {
  const seen = []
  const other = http.createServer((request, response) => {
    seen.push(request.headers.cookie ?? '', request.headers.referer ?? '', request.url)
    response.end('<!doctype html>')
  })
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve))
  const refused = await new Promise((resolve) => {
    const socket = new WebSocket(`ws://${host}/rpc`, ['abd', `abd.token.${token}`], {
      headers: { origin: `http://127.0.0.1:${other.address().port}` },
    })
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
    socket.on('error', () => undefined)
    socket.on('open', () => resolve('open'))
  })
  return () => {
    other.close()
    return `its page with the right token: ${refused}`
  }
})
for (const way of ['/.//evil.example', '//evil.example', '/%2f/evil.example', `/?token=${token}`]) {
  const { status, headers } = await new Promise((resolve) =>
    http.get({ host: '127.0.0.1', port, path: way, headers: { host } }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, headers: response.headers })
    }),
  )
  process.stdout.write(
    `${way.replace(token, '…')}: ${status}, location ${headers.location ?? 'none'}, cookie ${headers['set-cookie'] ?? 'none'}\n`,
  )
}
await stop()
fs.rmSync(workspace, { recursive: true, force: true })
