import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { downloadFile } from '../../../../src/main/engine/families/datasets/download/downloadFile'
import { startFileServer, type FileServer } from './server'

const content = randomBytes(300_000)
const md5 = createHash('md5').update(content).digest('hex')
let server: FileServer
let folder = ''
beforeEach(async () => {
  server = await startFileServer({ 'set.bin': content })
  folder = mkdtempSync(join(tmpdir(), 'download-test-'))
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const target = (): string => join(folder, 'set.bin')
const get = (change: Partial<Parameters<typeof downloadFile>[0]> = {}): ReturnType<typeof downloadFile> =>
  downloadFile({
    url: `${server.address}/set.bin`,
    target: target(),
    md5,
    bytes: content.length,
    pauses: [1, 1, 1],
    ...change,
  })
const failure = async (
  promise: Promise<unknown>,
): Promise<{ name: string; message: string; got?: string; action?: string }> => {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Error)
  return error as Error
}
const rest = (): string[] => [`${target()}.part`, `${target()}.part.json`].filter(existsSync)

describe('downloading a file', () => {
  it('brings it whole, tells its progress, and leaves nothing else behind', async () => {
    const told: [number, number | null][] = []
    await get({ onProgress: (received, total) => told.push([received, total]) })
    expect(readFileSync(target()).equals(content)).toBe(true)
    expect(told[0]).toEqual([0, content.length])
    expect(told.at(-1)).toEqual([content.length, content.length])
    expect(rest()).toEqual([])
  })

  it('leaves a whole file alone, and fetches a damaged one again', async () => {
    await get()
    await get()
    expect(server.requests).toHaveLength(1)
    writeFileSync(target(), Buffer.alloc(content.length))
    await get()
    expect(server.requests).toHaveLength(2)
    expect(readFileSync(target()).equals(content)).toBe(true)
  })

  it('goes on after broken connections where they broke', async () => {
    server.misbehaviour = { breakAfter: [100_000, 50_000] }
    await get()
    expect(readFileSync(target()).equals(content)).toBe(true)
    expect(server.requests).toHaveLength(3)
    const starts = server.requests.slice(1).map((request) => Number(/bytes=(\d+)-/.exec(request)?.[1]))
    expect(starts[0]).toBeGreaterThan(0)
    expect(starts[1]).toBeGreaterThan(starts[0] ?? 0)
  })

  it('gives up after too many, and a later call goes on with the bytes that are there', async () => {
    server.misbehaviour = { breakAfter: [60_000, 60_000] }
    expect(await failure(get({ pauses: [1] }))).toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('interrupted'),
      action: expect.stringContaining('goes on'),
    })
    expect(rest()).toHaveLength(2)
    server.misbehaviour = {}
    await get()
    expect(server.requests.at(-1)).toMatch(/bytes=[1-9]/)
    expect(readFileSync(target()).equals(content)).toBe(true)
  })

  it('begins anew when the file changed meanwhile, the server knows no ranges, or gives no validator', async () => {
    for (const [change, misbehaviour] of [
      ['"two"', {}],
      ['"one"', { ignoresRange: true }],
      ['"one"', { withoutValidator: true }],
    ] as const) {
      rmSync(target(), { force: true })
      server.misbehaviour = { ...misbehaviour, breakAfter: [60_000] }
      await failure(get({ pauses: [] }))
      server.etag = change
      server.misbehaviour = misbehaviour
      await get()
      expect(readFileSync(target()).equals(content)).toBe(true)
      server.etag = '"one"'
    }
  })

  it('finishes when all bytes had come but the name had not', async () => {
    writeFileSync(`${target()}.part`, content)
    writeFileSync(`${target()}.part.json`, JSON.stringify({ url: `${server.address}/set.bin`, validator: '"one"' }))
    await get()
    expect(readFileSync(target()).equals(content)).toBe(true)
  })

  it('throws away what has the wrong checksum or size', async () => {
    expect(await failure(get({ md5: '0'.repeat(32) }))).toMatchObject({
      name: 'UserError',
      got: `MD5 ${md5}`,
      action: expect.stringContaining('mirror'),
    })
    expect(existsSync(target())).toBe(false)
    expect(rest()).toEqual([])
    expect(await failure(get({ bytes: 12 }))).toMatchObject({ message: expect.stringContaining('wrong size') })
    expect(rest()).toEqual([])
  })

  it('says what a file was compared with; without a published sum it never counts as checked, one that was there included', async () => {
    expect(await get()).toBe('md5')
    expect(await get()).toBe('md5')
    expect(await get({ md5: undefined })).toBe('size')
    expect(await get({ md5: undefined, bytes: undefined })).toBe('none')
    rmSync(target())
    expect(await get({ md5: undefined, bytes: undefined })).toBe('none')
  })

  it('says that the disk is full, and keeps what it has', async () => {
    symlinkSync('/dev/full', `${target()}.part`)
    expect(await failure(get())).toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('no room'),
      action: expect.stringContaining('goes on'),
    })
    expect(server.requests).toHaveLength(1)
  })

  it('refuses before the first byte when the room cannot suffice', async () => {
    server.misbehaviour = { withoutLength: true }
    expect(await failure(get({ bytes: 1e18 }))).toMatchObject({
      message: expect.stringContaining('no room'),
      got: expect.stringContaining('bytes free'),
    })
    expect(rest()).toEqual([])
  })

  it('says what the server answered', async () => {
    server.misbehaviour = { status: 403 }
    expect(await failure(get())).toMatchObject({
      name: 'UserError',
      got: 'status 403',
      action: expect.stringContaining('mirror'),
    })
    expect(server.requests).toHaveLength(1)
  })

  it('says that the machine is offline, with what to do', async () => {
    const { address } = server
    await server.close()
    expect(await failure(get({ url: `${address}/set.bin` }))).toMatchObject({
      name: 'UserError',
      got: 'ECONNREFUSED',
      action: expect.stringContaining('by hand'),
    })
  })

  it('stops at once when cancelled, keeping the bytes so far', async () => {
    server.misbehaviour = { stallAfter: 80_000 }
    const controller = new AbortController()
    const running = get({
      signal: controller.signal,
      onProgress: (received) => {
        if (received >= 80_000) setTimeout(() => controller.abort(), 20)
      },
    })
    expect((await failure(running)).name).toBe('AbortError')
    expect(readFileSync(`${target()}.part`).equals(content.subarray(0, 80_000))).toBe(true)
    server.misbehaviour = {}
    await get()
    expect(server.requests.at(-1)).toContain('bytes=80000-')
  })
})
