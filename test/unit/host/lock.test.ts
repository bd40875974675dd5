import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { chooseNode, nodeIsCurrent, workspaceFolder, cacheFolder } from '../../../src/main/host'
import { startEngineServer } from '../../../src/main/server/httpServer'
import { ownProcess } from '../../../src/main/machine/instance.mjs'
import { connectWebSocket } from '../../../src/main/transports/webSocketChannel'
import { findOwner, lockPath, readLock, takeLock, type WorkspaceLock } from '../../../src/main/transports/lockFile'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const own = { host: '127.0.0.1', port: 1, token: 'a'.repeat(64), startedAt: 1, version: '1' }
const write = (change: Partial<WorkspaceLock>): WorkspaceLock => {
  const lock: WorkspaceLock = { product: 'ABD Workbench', pid: process.pid, machine: hostname(), ...own, ...change }
  writeFileSync(lockPath(folder), JSON.stringify(lock))
  return lock
}
const deadPid = 2 ** 22 - 7

describe('the workspace lock', () => {
  it('is taken once, readable by its owner alone, and given back', () => {
    const held = takeLock(folder, own, { stale: null })
    expect(statSync(lockPath(folder)).mode & 0o777).toBe(0o600)
    expect(readLock(folder)).toMatchObject({ pid: process.pid, token: own.token })
    expect(takeLock(folder, { ...own, token: 'b'.repeat(64) }, { stale: null })).toBeNull()
    expect(readLock(folder)?.token).toBe(own.token)
    held?.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('of a dead process is taken over', async () => {
    const stale = write({ pid: deadPid, token: 'c'.repeat(64) })
    const owner = await findOwner(folder)
    expect(owner).toEqual({ state: 'none', stale })
    expect(takeLock(folder, own, { stale })).not.toBeNull()
    expect(readLock(folder)?.token).toBe(own.token)
  })

  it('of a fresh engine survives one that still believes in the stale lock', () => {
    const stale = write({ pid: deadPid, token: 'c'.repeat(64) })
    expect(takeLock(folder, own, { stale })).not.toBeNull()
    expect(takeLock(folder, { ...own, token: 'd'.repeat(64) }, { stale })).toBeNull()
    expect(readLock(folder)?.token).toBe(own.token)
    expect(readdirSync(folder)).toEqual(['engine.lock', 'engine.lock.beat'])
  })

  it('whose process lives but whose port is dead was left by another program of that number', async () => {
    write({})
    expect((await findOwner(folder)).state).toBe('none')
  })

  it('of an engine that is ending is waited for, whether or not it still answers, and nobody new comes in', async () => {
    const server = await startEngineServer({ token: own.token, onChannel: () => undefined })
    const endpoint = { host: server.host, port: server.port, token: own.token }
    const held = takeLock(folder, { ...own, ...endpoint }, { stale: null })
    const early = await connectWebSocket(endpoint)
    let left = false
    early.onClose(() => {
      left = true
    })
    held?.end()
    const whileItAnswers = findOwner(folder)
    server.refuse()
    const whileItDoesNot = findOwner(folder)
    const first = await Promise.race([whileItAnswers, whileItDoesNot, new Promise((ready) => setTimeout(ready, 300))])
    expect([first, left]).toEqual([undefined, false])
    held?.release()
    expect((await Promise.all([whileItAnswers, whileItDoesNot])).map(({ state }) => state)).toEqual(['none', 'none'])
    await server.close()
  })

  it('of another machine counts, reachable or not', async () => {
    write({ machine: 'elsewhere', pid: deadPid })
    expect((await findOwner(folder, 500)).state).toBe('unreachable')
  })

  it('of another machine counts however long it is silent: that is said, by the disk’s clock', async () => {
    write({ machine: 'elsewhere', pid: deadPid, beats: true })
    writeFileSync(`${lockPath(folder)}.beat`, '1')
    const then = new Date(Date.now() - 11 * 60_000)
    utimesSync(`${lockPath(folder)}.beat`, then, then)
    const owner = await findOwner(folder, 500)
    expect(owner).toMatchObject({ state: 'unreachable', here: false })
    expect(owner.state === 'unreachable' && owner.silentFor).toBeGreaterThan(10 * 60_000)
    // One of version 0.1.0 gives no sign while it lives.
    write({ machine: 'elsewhere', pid: deadPid })
    expect(await findOwner(folder, 500)).toMatchObject({ state: 'unreachable', silentFor: null })
    expect(readdirSync(folder).sort()).toEqual(['engine.lock', 'engine.lock.beat'])
  })

  it('of this machine is told by its start, not by the host’s name, which changes', async () => {
    const { boot, machineId, processStart } = ownProcess()
    const stale = write({ machine: 'as it was called', pid: deadPid, boot, machineId })
    expect(await findOwner(folder, 500)).toEqual({ state: 'none', stale })
    write({ machine: 'as it was called', boot, machineId, processStart })
    expect(await findOwner(folder, 500)).toMatchObject({ state: 'unreachable', here: true })
  })

  it('whose process id was given to another program counts for nothing, also where its port was taken', async () => {
    const server = await startEngineServer({ token: 'b'.repeat(64), onChannel: () => undefined })
    const stale = write({ ...ownProcess(), processStart: '1', port: server.port })
    expect(await findOwner(folder, 500)).toEqual({ state: 'none', stale })
    await server.close()
  })

  it('is renewed while it is held, and its owner hears when another engine has taken it', async () => {
    const lost = vi.fn()
    const beat = `${lockPath(folder)}.beat`
    const held = takeLock(folder, own, { stale: null, onLost: lost, interval: 10 })
    utimesSync(beat, new Date(0), new Date(0))
    await vi.waitFor(() => expect(statSync(beat).mtimeMs).toBeGreaterThan(1_000_000))
    expect(lost).not.toHaveBeenCalled()
    write({ token: 'e'.repeat(64) })
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1))
    held?.release()
    expect(readLock(folder)?.token).toBe('e'.repeat(64))
  })

  it('of an engine that answers leads to it; one that refuses the token is not ours to use', async () => {
    const server = await startEngineServer({ token: own.token, onChannel: () => undefined })
    write({ port: server.port })
    expect(await findOwner(folder)).toMatchObject({ state: 'reachable', endpoint: { port: server.port } })
    write({ port: server.port, token: 'f'.repeat(64) })
    expect((await findOwner(folder)).state).toBe('unreachable')
    await server.close()
  })

  it.each(['', '{}', 'null', '{"product":"ABD Workbench"', '[1]'])(
    'that is none (%s) counts as none, and is replaced',
    async (content) => {
      writeFileSync(lockPath(folder), content)
      expect(await findOwner(folder)).toEqual({ state: 'none', stale: null })
      expect(takeLock(folder, own, { stale: null })).not.toBeNull()
    },
  )
})

describe('the program that runs the engine', () => {
  const electron = { execPath: '/opt/electron', versions: { node: '16.17.1', electron: '22.3.25' }, packaged: false }
  it('is the Node that started us, never an Electron that is too old; packaged, the Node that comes along, which it does not go without', () => {
    expect(chooseNode({ ...electron, env: { ABD_NODE: '/usr/bin/node', ELECTRON_RUN_AS_NODE: '1' } })).toEqual({
      execPath: '/usr/bin/node',
      env: { ABD_NODE: '/usr/bin/node' },
    })
    const current = { ...electron, versions: { node: '22.18.0', electron: '39.0.0' } }
    expect(chooseNode({ ...current, env: {} })).toMatchObject({
      execPath: '/opt/electron',
      env: { ELECTRON_RUN_AS_NODE: '1' },
    })
    // Its fuse is set: it cannot be a Node, and no other program is taken for one.
    expect(() => chooseNode({ ...current, packaged: true, env: { ABD_NODE: '/usr/bin/node' } })).toThrow(
      'missing from the package',
    )
    expect(
      chooseNode({ ...electron, packaged: true, shippedNode: '/opt/node', env: { ELECTRON_RUN_AS_NODE: '1' } }),
    ).toEqual({ execPath: '/opt/node', env: {} })
    expect(() => chooseNode({ ...electron, env: {} })).toThrow('too old')
    expect(chooseNode({ execPath: '/usr/bin/node', versions: { node: '20.19.0' }, packaged: false, env: {} })).toEqual({
      execPath: '/usr/bin/node',
      env: {},
    })
  })

  it.each([
    ['20.18.3', false],
    ['20.19.0', true],
    ['21.0.0', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['23.5.0', false],
    ['24.0.0', true],
    ['16.17.1', false],
  ])('Node %s is current: %s', (version, current) => {
    expect(nodeIsCurrent(version)).toBe(current)
  })

  it('finds workspace and cache as documented', () => {
    expect(workspaceFolder('/a/b', { ABD_WORKSPACE: '/c' })).toBe('/a/b')
    expect(workspaceFolder(undefined, { ABD_WORKSPACE: '/c' })).toBe('/c')
    expect(workspaceFolder(undefined, {})).toMatch(/\/abd-workbench$/)
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/abd-workbench')
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative', HOME: '/home/a' })).toBe('/home/a/.cache/abd-workbench')
  })
})
