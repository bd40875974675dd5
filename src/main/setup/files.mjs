/** File helpers that survive an interruption: nothing half-written ever carries a final name. */
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { temporaryBeside } from '../machine/temporaries.mjs'
import { SetupError, formatBytes } from './report.mjs'

export function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Writes through a temporary name and a rename. */
export function writeFileAtomically(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const temporary = temporaryBeside(file)
  fs.writeFileSync(temporary, content)
  fs.renameSync(temporary, file)
}

export function writeJsonAtomically(file, value) {
  writeFileAtomically(file, `${JSON.stringify(value, null, 2)}\n`)
}

export function hashText(...parts) {
  const hash = crypto.createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/** @param {string} file @param {AbortSignal} [signal] */
export async function hashFile(file, signal) {
  const hash = crypto.createHash('sha256')
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1 << 20, signal })) hash.update(chunk)
  return hash.digest('hex')
}

/** Refuses before any work when the disk is too small. */
export function requireDiskSpace(directory, neededBytes, purpose, statfs = fs.statfsSync) {
  fs.mkdirSync(directory, { recursive: true })
  const { bavail, bsize } = statfs(directory)
  const free = bavail * bsize
  if (free >= neededBytes) return
  throw new SetupError(
    `${purpose} needs ${formatBytes(neededBytes)} of free disk space in ${directory}, where ${formatBytes(free)} are free: ` +
      'free some space there, or set XDG_CACHE_HOME to a folder on a larger disk, and start again.',
    { kind: 'disk' },
  )
}

/** Turns the file system's own words into a sentence where the cause is known. */
export function explainFileError(error) {
  if (error?.code === 'ENOSPC' || error?.code === 'EDQUOT')
    return new SetupError(
      'The disk is full: free some space (or set XDG_CACHE_HOME to a folder on a larger disk) and start again; the set-up goes on where it stopped.',
      { cause: error, kind: 'disk' },
    )
  if (error?.code === 'EACCES' || error?.code === 'EROFS' || error?.code === 'EPERM') {
    return new SetupError(
      `The set-up may not write to ${error.path ?? 'its cache'}: make it writable or set XDG_CACHE_HOME to a folder of yours, and start again.`,
      { cause: error, kind: 'disk' },
    )
  }
  return error
}
