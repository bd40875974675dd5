/** One file over HTTP: goes on where it stopped, is checked, and gets its name only when whole. */
import { mkdir, open, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileCheck } from '../../../../../shared/domain'
import { renameAtomically } from '../../../weights/atomicFile'
import { md5Of } from './checksum'
import { codeOf, interrupted, noSpace, offline, refusedByServer, wrongChecksum, wrongSize } from './failures'

export interface FileRequest {
  readonly url: string
  /** Absolute path of the finished file. Until then its bytes lie in `<target>.part`. */
  readonly target: string
  readonly md5?: string
  readonly bytes?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (received: number, total: number | null) => void
  /** Waiting before each further attempt after a broken connection; as many attempts as entries. */
  readonly pauses?: readonly number[]
}

/** Room that stays free beside the download. */
const margin = 16 << 20
const usualPauses = [500, 2000, 5000]

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0
const wait = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      },
      { once: true },
    )
  })

/** What the partial bytes belong to; without a validator of the server's they cannot be continued safely. */
interface PartialNote {
  url: string
  validator: string
}

async function readNote(path: string): Promise<PartialNote | null> {
  try {
    const note = JSON.parse(await readFile(path, 'utf8')) as Partial<PartialNote>
    return typeof note.url === 'string' && typeof note.validator === 'string'
      ? { url: note.url, validator: note.validator }
      : null
  } catch {
    return null
  }
}

async function checkSpace(part: string, wanted: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(part))
  if (bavail * bsize < wanted + margin) throw noSpace(part, wanted, bavail * bsize)
}

interface Answer {
  response: Response
  from: number
  total: number | null
}

/** Asks for the rest of the file, or for all of it where the server or our bytes do not allow the rest. */
async function ask(request: FileRequest, part: string, note: string): Promise<Answer> {
  const { url, signal } = request
  const have = await sizeOf(part)
  const known = await readNote(note)
  const resumes = have > 0 && known?.url === url
  const response = await fetch(url, {
    signal,
    headers: resumes
      ? { Range: `bytes=${have}-`, 'If-Range': known.validator, 'Accept-Encoding': 'identity' }
      : { 'Accept-Encoding': 'identity' },
  }).catch((error: unknown) => {
    throw signal?.aborted ? error : offline(url, error)
  })
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  if (response.status === 206 && resumes && range && Number(range[1]) === have) {
    return { response, from: have, total: range[2] === '*' ? null : Number(range[2]) }
  }
  if (response.status === 206 || response.status === 416) {
    // Our bytes do not fit theirs: begin anew.
    await response.body?.cancel()
    await rm(part, { force: true })
    if (have > 0) return ask(request, part, note)
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw refusedByServer(url, response.status)
  }
  const length = response.headers.get('content-length')
  return { response, from: 0, total: length === null ? null : Number(length) }
}

/** One connection: writes what comes. @returns whether the file is whole, as far as the server's length tells */
async function receive(request: FileRequest, part: string, note: string): Promise<boolean> {
  const { response, from, total } = await ask(request, part, note)
  const expected = total ?? request.bytes ?? null
  if (expected !== null) await checkSpace(part, expected - from)
  const validator = response.headers.get('etag') ?? response.headers.get('last-modified')
  if (validator !== null && !validator.startsWith('W/'))
    await writeFile(note, JSON.stringify({ url: request.url, validator } satisfies PartialNote))
  else await rm(note, { force: true })
  let received = from
  request.onProgress?.(received, expected)
  // Each chunk is written before the next is asked for: what was received when a connection breaks is on the disk.
  const file = await open(part, from > 0 ? 'a' : 'w')
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      request.signal?.throwIfAborted()
      await file.appendFile(chunk)
      received += chunk.byteLength
      request.onProgress?.(received, expected)
    }
  } finally {
    await file.close()
  }
  return total === null || received >= total
}

/** @returns what the file was compared with */
async function verify({ target, bytes, md5, signal }: FileRequest, path: string): Promise<FileCheck> {
  const size = await sizeOf(path)
  if (bytes !== undefined && size !== bytes) throw wrongSize(target, bytes, size)
  if (md5 === undefined) return bytes === undefined ? 'none' : 'size'
  const found = await md5Of(path, signal)
  if (found !== md5) throw wrongChecksum(target, md5, found)
  return 'md5'
}

/** What a file that is there already agrees with; null where it does not, or is not there. */
async function checkPresent(request: FileRequest): Promise<FileCheck | null> {
  if ((await sizeOf(request.target)) === 0) return null
  return verify(request, request.target).catch((error: unknown) => {
    if (request.signal?.aborted) throw error
    return null
  })
}

/**
 * Brings a file to `target`. A whole file that is there already is left alone. Bytes of an earlier attempt are
 * continued where the server can
 * (Range with If-Range, so that a changed file begins anew); a broken connection is tried again. Size and checksum are
 * checked, then the file is
 * synced and renamed; a wrong one is deleted.
 * @returns what the file was compared with: without size and checksum in the request it is unchecked, one that was
 *   there already included
 * @throws UserError: offline, refused, no space, interrupted, wrong size or checksum; the abort reason when cancelled.
 *   Except after a wrong size or checksum the bytes so far are kept.
 */
export async function downloadFile(request: FileRequest): Promise<FileCheck> {
  const part = `${request.target}.part`
  const note = `${request.target}.part.json`
  await mkdir(dirname(request.target), { recursive: true })
  const present = await checkPresent(request)
  if (present !== null) return present
  const pauses = request.pauses ?? usualPauses
  for (let attempt = 0; ; attempt++) {
    request.signal?.throwIfAborted()
    let failure: unknown
    try {
      if (await receive(request, part, note)) break
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason
      if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') throw noSpace(part, null, null, error)
      // Only a connection that broke on the way is worth another attempt.
      if (!isBroken(error)) throw error
      failure = error
    }
    if (attempt >= pauses.length) throw interrupted(request.url, await sizeOf(part), failure)
    await wait(pauses[attempt] ?? 0, request.signal)
  }
  const check = await verify(request, part).catch(async (error: unknown): Promise<never> => {
    if (!request.signal?.aborted) await Promise.all([rm(part, { force: true }), rm(note, { force: true })])
    throw error
  })
  await renameAtomically(part, request.target)
  await rm(note, { force: true })
  return check
}

const brokenCodes = new Set([
  'UND_ERR_SOCKET',
  'UND_ERR_BODY_TIMEOUT',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
])
const isBroken = (error: unknown): boolean => {
  if (error instanceof Error && error.name === 'UserError') return false
  const code = codeOf(error)
  return (code !== undefined && brokenCodes.has(code)) || (error instanceof TypeError && error.message === 'terminated')
}
