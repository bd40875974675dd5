/**
 * A database that is only looked at, also where nothing can be written: not even the index that SQLite keeps beside its
 * log.
 */
import { copyFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import LibsqlDatabase from 'libsql'
import { UserError, storageFaultBehind } from '../../../../shared/errors'
import { makeTemporaryFolder } from '../../../machine/temporaries.mjs'

export type Connection = InstanceType<typeof LibsqlDatabase>

export interface OpenConnection {
  readonly connection: Connection
  close(): void
}

const usual = 'PRAGMA query_only = ON; PRAGMA busy_timeout = 5000'

/** @throws UserError where nothing can be opened at all, the driver's error where the file is damaged */
export function openToRead(file: string): OpenConnection {
  try {
    return opened(file)
  } catch (error) {
    // Without its index a log cannot be read, and the index cannot be made.
    if (!storageFaultBehind(error, 'full', 'quota', 'readOnly', 'denied', 'unopened', 'medium')) throw error
    return hasLog(file) ? openCopy(file) : opened(unchanging(file))
  }
}

function opened(file: string): OpenConnection {
  const connection = new LibsqlDatabase(file, { timeout: 5 })
  try {
    connection.exec(usual)
    connection.prepare('SELECT count(*) FROM sqlite_master').get()
  } catch (error) {
    connection.close()
    throw error
  }
  return { connection, close: () => connection.close() }
}

/** To SQLite: nobody writes there, so there is neither lock nor log to look for. */
const unchanging = (file: string): string => `${pathToFileURL(file).href}?immutable=1`

const hasLog = (file: string): boolean => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0

/** What an engine that was killed has left in its log belongs to what is read: both are copied to where it can be. */
function openCopy(file: string): OpenConnection {
  const folder = makeTemporaryFolder('abd-reading')
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, basename(file))
    for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix)
    const { connection } = opened(copy)
    return {
      connection,
      close() {
        connection.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw new UserError('The workspace cannot be read where it lies, nor be copied to where it could.', {
      wanted: 'space for a copy of its database',
      where: folder,
      action: 'Free some space there, or set TMPDIR to a folder on another disk.',
      cause: error,
    })
  }
}

/** @throws UserError where something else lies in the place of the database, or nothing that could be read */
export function assertDatabaseFile(file: string, readOnly: boolean): void {
  if (file === ':memory:') return
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found && readOnly)
    throw new UserError('This workspace is open read-only and has no runs yet.', {
      wanted: 'a store to read',
      got: 'none',
      where: file,
      action: 'Wait until whoever may write there has made it, or choose another workspace.',
    })
  if (!found || found.isFile()) return
  throw new UserError('Something else lies in the place of the workspace’s database.', {
    wanted: 'a file',
    got: found.isDirectory() ? 'a folder' : 'a pipe, device or socket',
    where: file,
    action: 'Move it away: a new database is begun then from what the runs’ folders tell.',
  })
}
