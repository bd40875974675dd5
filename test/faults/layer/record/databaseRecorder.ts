/**
 * What SQLite does to its files, which no function of Node sees: found after each statement by what has changed in
 * them. In WAL mode a commit is appended to the log; it is on disk at once where `synchronous` is FULL, and with the
 * next checkpoint where it is NORMAL. A checkpoint syncs the log, then writes and syncs the database.
 */
import { dirname } from 'node:path'
import type { Connection, RealDriver } from '../database'
import { real } from '../real'
import type { RecordedStep } from './steps'

const syncsEachCommit = 2
const logHeader = 32

interface KnownFile {
  inode: number
  bytes: Buffer
}

export interface DatabaseRecorder {
  after(file: string, connection: Connection, driver: RealDriver): void
}

export function createDatabaseRecorder(write: (step: RecordedStep) => void): DatabaseRecorder {
  const known = new Map<string, KnownFile>()
  /** Writes down how a file differs from what was known of it, and says whether it does. */
  function changed(path: string): boolean {
    if (!real.existsSync(path)) return false
    const bytes = real.readFileSync(path)
    const { ino } = real.statSync(path)
    const before = known.get(path)
    known.set(path, { inode: ino, bytes })
    if (!before || before.inode !== ino) write({ type: 'create', path, inode: ino })
    const old = before?.inode === ino ? before.bytes : Buffer.alloc(0)
    if (old.equals(bytes)) return false
    if (bytes.length < old.length) write({ type: 'truncate', inode: ino, length: bytes.length })
    const from = sameUntil(old, bytes)
    if (from < bytes.length)
      write({ type: 'write', inode: ino, offset: from, data: bytes.subarray(from).toString('base64') })
    return true
  }
  const sync = (path: string): void => {
    const file = known.get(path)
    if (file) write({ type: 'sync', inode: file.inode })
  }
  return {
    after(file, connection, driver) {
      if (connection.inTransaction) return
      const log = `${file}-wal`
      const logChanged = changed(log)
      const isNew = !known.has(file)
      const level = Number(driver.get(connection, 'PRAGMA synchronous')?.synchronous ?? 0)
      if (logChanged && level >= syncsEachCommit) {
        sync(log)
        write({ type: 'syncFolder', path: dirname(file) })
      }
      if (!changed(file)) return
      // A checkpoint, or the making of the database, which goes by a journal that SQLite syncs with its folder.
      if (!isNew || (known.get(log)?.bytes.length ?? 0) <= logHeader) sync(log)
      sync(file)
      write({ type: 'syncFolder', path: dirname(file) })
    },
  }
}

/** How many bytes at their beginnings are the same. */
function sameUntil(left: Buffer, right: Buffer): number {
  const step = 512
  let at = 0
  const end = Math.min(left.length, right.length)
  while (at < end && left.subarray(at, at + step).equals(right.subarray(at, Math.min(at + step, end)))) at += step
  return Math.min(at, end)
}
