/** The only file that knows which SQLite it is: libsql, synchronous, owned by the control process alone. */
import LibsqlDatabase from 'libsql'
import { UserError } from '../../../../shared/errors'
import { migrations } from './migrations'
import { assertDatabaseFile, openToRead, type Connection, type OpenConnection } from './reading'

export type SqlValue = string | number | null | Uint8Array
export type Row = Record<string, unknown>

export interface Database {
  /** A prepared statement, kept for the next time. */
  run(sql: string, ...values: SqlValue[]): void
  all(sql: string, ...values: SqlValue[]): Row[]
  /** Rows as arrays of columns: cheaper where there are many. */
  columns(sql: string, ...values: SqlValue[]): unknown[][]
  /** The same of a statement that is not kept: a question that somebody has put together. */
  columnsOnce(sql: string, ...values: SqlValue[]): unknown[][]
  get(sql: string, ...values: SqlValue[]): Row | undefined
  /**
   * All or nothing; nested calls join the outer transaction. `durable` (default false), of the outermost: it survives a
   * power cut when this returns, and everything that was committed before it does too.
   */
  transaction<Result>(work: () => Result, options?: TransactionOptions): Result
  close(): void
}

export interface TransactionOptions {
  readonly durable?: boolean
}

interface Statement {
  run(...values: SqlValue[]): unknown
  get(...values: SqlValue[]): unknown
  all(...values: SqlValue[]): unknown[]
  raw(on: boolean): unknown
}

/**
 * Opens (and migrates) the database of a workspace. `readOnly` (default false): only reads it, as it is.
 * @throws UserError when it was written by a newer version or another program, or cannot be read without changing it;
 *   the driver's error when the file is damaged or the disk refuses
 */
export function openDatabase(file: string, { readOnly = false }: { readOnly?: boolean } = {}): Database {
  assertDatabaseFile(file, readOnly)
  const { connection, close } = readOnly ? openToRead(file) : openToWrite(file)
  try {
    migrate(connection, file, readOnly)
  } catch (error) {
    close()
    throw error
  }
  return wrap(connection, close)
}

function openToWrite(file: string): OpenConnection {
  const connection = new LibsqlDatabase(file, { timeout: 5 })
  try {
    // WAL keeps every committed transaction over a kill; NORMAL syncs at checkpoints, so a commit never waits for the
    // disk, unless its transaction is to be durable.
    connection.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000',
    )
    // A file that can only be read opens all the same, and would refuse the first change.
    connection.exec('BEGIN IMMEDIATE; CREATE TABLE writable_probe (x); ROLLBACK')
  } catch (error) {
    connection.close()
    throw error
  }
  const close = (): void => {
    try {
      connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // The next opening reads the log.
    }
    connection.close()
  }
  return { connection, close }
}

function wrap(connection: Connection, close: () => void): Database {
  // A statement answers in one form for good, so each form of a query has a statement of its own.
  const asRecords = preparedOnce((sql) => connection.prepare(sql) as unknown as Statement)
  const prepareColumns = (sql: string): Statement => {
    const statement = connection.prepare(sql) as unknown as Statement
    statement.raw(true)
    return statement
  }
  const asColumns = preparedOnce(prepareColumns)
  let depth = 0
  return {
    run: (sql, ...values) => {
      asRecords(sql).run(...values)
    },
    all: (sql, ...values) => asRecords(sql).all(...values) as Row[],
    columns: (sql, ...values) => asColumns(sql).all(...values) as unknown[][],
    columnsOnce: (sql, ...values) => prepareColumns(sql).all(...values) as unknown[][],
    get: (sql, ...values) => (asRecords(sql).get(...values) as Row | undefined) ?? undefined,
    transaction(work, { durable = false } = {}) {
      if (depth > 0) return work()
      depth += 1
      try {
        if (durable) connection.exec('PRAGMA synchronous = FULL')
        return committed(connection, work)
      } finally {
        depth -= 1
        if (durable) connection.exec('PRAGMA synchronous = NORMAL')
      }
    },
    close,
  }
}

/** Statements by their text, made when they are first wanted. */
function preparedOnce(prepare: (sql: string) => Statement): (sql: string) => Statement {
  const statements = new Map<string, Statement>()
  return (sql) => {
    const statement = statements.get(sql) ?? prepare(sql)
    statements.set(sql, statement)
    return statement
  }
}

function committed<Result>(connection: Connection, work: () => Result): Result {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

function rollBack(connection: Connection): void {
  try {
    connection.exec('ROLLBACK')
  } catch {
    // A full disk may have rolled back already; the first error is the one to tell.
  }
}

function migrate(connection: Connection, file: string, readOnly: boolean): void {
  const row = connection.prepare('PRAGMA user_version').get() as { user_version?: number } | undefined
  const version = row?.user_version ?? 0
  assertOwnTables(connection, { file, version })
  if (version > migrations.length) {
    throw new UserError('This workspace was written by a newer version of ABD Workbench.', {
      wanted: `store version ${migrations.length} or older`,
      got: `version ${version}`,
      where: file,
      action: 'Update ABD Workbench, or choose another workspace.',
    })
  }
  if (readOnly && version < migrations.length) {
    throw new UserError(
      'This workspace was written by an older version of ABD Workbench and belongs to another engine.',
      {
        wanted: `store version ${migrations.length}`,
        got: `version ${version}`,
        where: file,
        action: 'End the engine that owns it and start again: the store is then brought up to date.',
      },
    )
  }
  if (version === migrations.length) return
  // A table that takes another one's place neither deletes what refers to it nor is renamed where it is referred to.
  connection.exec('PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON')
  for (const [index, migration] of migrations.entries()) if (index >= version) apply(connection, index, migration)
  connection.exec('PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON')
}

/**
 * Version 0 has no tables yet; of every later one the first migration made these.
 * @throws UserError where they are another program's
 */
function assertOwnTables(connection: Connection, { file, version }: { file: string; version: number }): void {
  const found = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]
  const names = found.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'))
  const ours = version > 0 ? ['runs', 'metrics', 'settings'].every((name) => names.includes(name)) : names.length === 0
  if (ours) return
  throw new UserError('The file in the place of the workspace’s database belongs to another program.', {
    wanted: 'a database of ABD Workbench',
    got: `version ${version} with ${names.length === 0 ? 'no tables' : `the tables ${names.slice(0, 5).join(', ')}`}`,
    where: file,
    action: 'Choose another folder for the workspace, or move that file away: a new database is begun then.',
  })
}

function apply(connection: Connection, index: number, migration: string): void {
  connection.exec('BEGIN IMMEDIATE')
  try {
    connection.exec(migration)
    connection.exec(`PRAGMA user_version = ${index + 1}`)
    connection.exec('COMMIT')
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Text of a column that was read as bytes: the driver ends the process at text that is no UTF-8, where one damaged
 * record should only show as damaged.
 */
export const textOf = (column: unknown): string => decoder.decode(column as Uint8Array)
