/** Brings a pinned wheel to this machine: goes on where it stopped, and is believed only for its SHA-256. */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { hashFile } from './files.mjs'
import { openUrl } from './http.mjs'
import { readPipSettings } from './pipSettings.mjs'
import { SetupError, formatBytes, terminalReporter } from './report.mjs'
import { findWheel, offline } from './wheelIndex.mjs'

/** Waiting before each further try after a connection that brought nothing new; as many tries as entries. */
const usualPauses = [500, 2000, 5000, 10_000]

const sizeOf = (file) => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0

const describe = (wheel) => `${wheel.project} ${wheel.version} (${formatBytes(wheel.bytes)})`

/** The file of the finished wheel; until then its bytes lie in `<file>.part`. */
export const wheelFile = (wheel, directory) => path.join(directory, `${wheel.project}-${wheel.version}.whl`)

/** Bytes of the wheel that are here already. */
export function fetchedBytes(wheel, directory) {
  const file = wheelFile(wheel, directory)
  return Math.min(wheel.bytes, sizeOf(file) || sizeOf(`${file}.part`))
}

/** One connection: appends what comes. Resolves when the server has ended it. */
async function receive(address, part, { wheel, settings, signal, open, onBytes }) {
  const have = sizeOf(part)
  const headers = { 'Accept-Encoding': 'identity', ...(have > 0 ? { Range: `bytes=${have}-` } : {}) }
  const { status, headers: answer, body } = await open(address, { settings, headers, signal })
  const from = status === 206 ? Number(/^bytes (\d+)-/.exec(answer['content-range'] ?? '')?.[1]) : 0
  if (status !== 200 && status !== 206) {
    body.destroy()
    // Our bytes do not fit theirs: the next try begins anew.
    if (status === 416) return fs.rmSync(part, { force: true })
    throw Object.assign(new Error(`status ${status}`), { refused: true })
  }
  if (from !== have && from !== 0) {
    body.destroy()
    return fs.rmSync(part, { force: true })
  }
  const file = await fs.promises.open(part, from === have && have > 0 ? 'a' : 'w')
  let received = from
  try {
    for await (const chunk of body) {
      await file.appendFile(chunk)
      received += chunk.length
      if (received > wheel.bytes) throw Object.assign(new Error('more bytes than the wheel has'), { refused: true })
      onBytes(received)
    }
  } finally {
    await file.close()
  }
}

async function receiveAll(address, part, options) {
  const { wheel, signal, pauses } = options
  for (let fruitless = 0; sizeOf(part) < wheel.bytes;) {
    const before = sizeOf(part)
    let failure = new Error('the connection ended early')
    try {
      await receive(address, part, options)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error.refused || error.code === 'ENOSPC' || error.code === 'EDQUOT') throw error
      failure = error
    }
    if (sizeOf(part) > before) {
      fruitless = 0
      continue
    }
    if (fruitless >= pauses.length) throw offline(describe(wheel), address, failure)
    await delay(pauses[fruitless], undefined, { signal })
    fruitless++
  }
}

const wrongHash = (wheel) =>
  new SetupError(
    `What came is not the pinned ${describe(wheel)}: its SHA-256 differs, so it was thrown away; set pip to the original index (pip config list) and start again.`,
    { kind: 'hash' },
  )

async function fetchInto(part, options) {
  const { wheel } = options
  const found = await findWheel(wheel, options)
  if ('file' in found) {
    await fs.promises.copyFile(found.file, part)
    return
  }
  try {
    await receiveAll(found.address, part, options)
  } catch (error) {
    if (!error.refused) throw error
    fs.rmSync(part, { force: true })
    throw new SetupError(
      `${new URL(found.address).host} does not give ${describe(wheel)} (${error.message}): set pip to another index (pip config), or try again later.`,
      { cause: error, kind: 'index' },
    )
  }
}

/**
 * Fetches one wheel into `directory` and resolves to its path. Bytes of an earlier attempt are continued by a range
 * request; the file gets its name only when its SHA-256 is the pinned one.
 * @param {{ project: string, version: string, bytes: number, sha256: string }} wheel
 * @param {string} directory
 * @param {object} [options]
 * @param {import('./pipSettings.mjs').PipSettings} [options.settings]
 * @param {import('./report.mjs').Reporter} [options.report]
 * @param {AbortSignal} [options.signal] pauses: what came is kept
 * @param {(done: number) => void} [options.onBytes] default: told to the reporter
 * @param {typeof openUrl} [options.open]
 * @param {readonly number[]} [options.pauses] milliseconds before each further try
 */
export async function downloadWheel(
  wheel,
  directory,
  {
    settings = readPipSettings(),
    report = terminalReporter(),
    signal,
    onBytes,
    open = openUrl,
    pauses = usualPauses,
  } = {},
) {
  const target = wheelFile(wheel, directory)
  if (sizeOf(target) === wheel.bytes) return target
  fs.mkdirSync(directory, { recursive: true })
  const part = `${target}.part`
  const stat = fs.statSync(part, { throwIfNoEntry: false })
  // A folder of that name is an earlier version's; a part that is too long is nobody's.
  if (stat?.isDirectory() || (stat?.size ?? 0) > wheel.bytes) fs.rmSync(part, { recursive: true })
  const resumes = sizeOf(part)
  report.say(`Fetching ${describe(wheel)}${resumes > 0 ? `, going on at ${formatBytes(resumes)}` : ''} …`)
  const tell =
    onBytes ?? ((done) => report.progress({ phase: 'fetching', item: wheel.project, done, total: wheel.bytes }))
  if (sizeOf(part) < wheel.bytes) await fetchInto(part, { wheel, settings, signal, open, pauses, onBytes: tell })
  if (sizeOf(part) !== wheel.bytes || (await hashFile(part, signal)) !== wheel.sha256) {
    fs.rmSync(part, { force: true })
    throw wrongHash(wheel)
  }
  fs.renameSync(part, target)
  return target
}
