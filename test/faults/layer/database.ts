/** Puts the layer in the place of the database driver: opening, and the statements of every connection. */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { LayerState } from '.'
import { databaseError } from './injector'
import type { CallKind } from './plan'

type AnyFunction = (this: object, ...args: unknown[]) => unknown
type Prototype = Record<'exec' | 'prepare' | 'run' | 'get' | 'iterate', AnyFunction>
type Driver = (new (file: string) => Connection) & { prototype: Prototype }

export interface Connection {
  exec(sql: string): void
  prepare(sql: string): { get(): Record<string, unknown> | undefined }
  readonly inTransaction: boolean
}

/** The driver as it was, for questions of the layer's own. */
export interface RealDriver {
  get(connection: Connection, sql: string): Record<string, unknown> | undefined
}

interface DatabaseCall {
  readonly connection: Connection
  readonly sql: string
  readonly name: string
}

const kindOfSql = (sql: string): CallKind =>
  /^\s*(SELECT|EXPLAIN|ROLLBACK|PRAGMA\s+\w+\s*;?\s*$)/i.test(sql) ? 'query' : 'change'

export function replaceDatabase(state: LayerState): void {
  const require = createRequire(import.meta.url)
  const Database = require('libsql') as Driver
  const methods = Database.prototype
  const statement = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as Prototype
  const { exec, prepare } = methods
  const { get } = statement
  const known: Known = { files: new WeakMap(), statements: new WeakMap() }
  const driver: RealDriver = {
    get: (connection, sql) => get.call(prepare.call(connection, sql) as object) as Record<string, unknown> | undefined,
  }
  methods.exec = function (sql) {
    const call = { connection: this as Connection, sql: String(sql), name: 'Database.exec' }
    return meet({ state, known, driver }, call, () => exec.call(this, sql))
  }
  methods.prepare = function (sql) {
    const prepared = prepare.call(this, sql) as object
    known.statements.set(prepared, { sql: String(sql), connection: this as Connection })
    return prepared
  }
  for (const name of ['run', 'get', 'iterate'] as const) {
    const original = statement[name]
    statement[name] = function (...args) {
      const of = known.statements.get(this)
      const work = (): unknown => original.apply(this, args)
      return of ? meet({ state, known, driver }, { ...of, name: `Statement.${name}` }, work) : work()
    }
  }
  replaceOpening(state, { require, Database, known })
}

interface Known {
  readonly files: WeakMap<Connection, string>
  readonly statements: WeakMap<object, { sql: string; connection: Connection }>
}

function replaceOpening(
  state: LayerState,
  { require, Database, known }: { require: NodeJS.Require; Database: Driver; known: Known },
): void {
  const module = require.cache[require.resolve('libsql')]
  if (!module) return
  module.exports = new Proxy(Database, {
    construct(target, args: [string], newTarget) {
      const file = resolve(args[0])
      const { injector } = state
      const fault = injector?.concerns(file)
        ? injector.meet({ name: 'Database.open', kind: 'create', path: file })
        : null
      if (fault === 'kill') return injector?.kill() as never
      if (fault !== null && fault !== 'short') throw databaseError(fault, 'opening')
      const connection = Reflect.construct(target, args, newTarget) as Connection
      known.files.set(connection, file)
      return connection
    },
  })
}

function meet(
  { state, known, driver }: { state: LayerState; known: Known; driver: RealDriver },
  { connection, sql, name }: DatabaseCall,
  work: () => unknown,
): unknown {
  const { injector, recorder } = state
  if (!injector) return work()
  const file = known.files.get(connection) ?? String(driver.get(connection, 'PRAGMA database_list')?.file ?? '')
  known.files.set(connection, file)
  if (!injector.concerns(file)) return work()
  const fault = injector.meet({ name: `${name} ${sql.trim().slice(0, 60)}`, kind: kindOfSql(sql), path: file })
  if (fault === 'kill') return injector.kill()
  if (fault !== null && fault !== 'short') throw databaseError(fault)
  const result = work()
  recorder?.database(file, connection, driver)
  return result
}
