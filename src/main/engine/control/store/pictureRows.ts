/**
 * The rows of pictures that lie as files in their stages' folders. Which of them stay follows from all that were
 * recorded, in their order, and from nothing else: not from when control read of them, nor from what a process that was
 * killed had recorded beyond the checkpoint that the next one goes on from. So a row outlives its file, and a file that
 * is to go stays until a checkpoint is past the picture that displaced it.
 */
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Database } from './database'
import { bytesOf } from './folders'

/** Of a row's file; as the column has it. */
const states = { kept: 1, spare: 0, gone: -1 } as const

export interface Grid {
  /** Step or call. */
  readonly at: number
  readonly bytes: number
}

/** Which of the pictures, in their order, are to be given up. */
export type Thin = (kept: readonly Grid[]) => readonly number[]

export interface PictureTable {
  readonly table: 'images' | 'pool'
  readonly at: 'step' | 'call'
  readonly record: 'meta' | 'record'
  /** Whether a row says no more when its file is gone. */
  readonly forgets: boolean
  fileOf(place: string, at: number): string
}

export interface PictureRows {
  /** Notes a picture; one that is known keeps its state. */
  put(place: string, picture: Grid & { readonly record: string }, thin: Thin): void
  /** Forgets pictures from one on. Their files are the trainer's, which may be writing them again. */
  truncate(place: string, from: number, thin: Thin): void
  /** Removes files that nothing can bring back: their stage does not go back behind `through`. */
  release(place: string, through: number, thin: Thin): Promise<void>
  /**
   * Of a stage that nobody works at: removes every file that is not kept, whoever left it; what lies before all that is
   * known of is left alone, as a database that was begun anew may have lost it.
   */
  tidy(place: string): Promise<void>
  /** Kept pictures whose file is not there as it was written. */
  missing(place: string): Promise<number[]>
}

interface PictureRow extends Grid {
  readonly state: number
}

/** What stays of the pictures in their order. */
export function keptOf(all: readonly Grid[], thin: Thin): Set<number> {
  let kept: Grid[] = []
  for (const grid of all) {
    kept.push(grid)
    const dropped = new Set(thin(kept))
    if (dropped.size > 0) kept = kept.filter(({ at }) => !dropped.has(at))
  }
  return new Set(kept.map(({ at }) => at))
}

export function createPictureRows(database: Database, names: PictureTable): PictureRows {
  const { table, at: column, record, forgets, fileOf } = names
  const all = (place: string): PictureRow[] =>
    database
      .columns(`SELECT ${column}, bytes, state FROM ${table} WHERE place = ? ORDER BY ${column}`, place)
      .map(([at, bytes, state]) => ({ at: Number(at), bytes: Number(bytes), state: Number(state) }))
  const setState = (place: string, at: number, state: number): void =>
    database.run(`UPDATE ${table} SET state = ? WHERE place = ? AND ${column} = ?`, state, place, at)
  const thinRows = (place: string, thin: Thin): void => {
    const rows = all(place)
    const kept = keptOf(rows, thin)
    for (const { at, state } of rows) {
      const wanted = kept.has(at) ? states.kept : states.spare
      if (state !== states.gone && state !== wanted) setState(place, at, wanted)
    }
  }
  const gone = (place: string, pictures: readonly Grid[]): void =>
    database.transaction(() => {
      for (const { at } of pictures) {
        setState(place, at, states.gone)
        if (forgets) database.run(`UPDATE ${table} SET ${record} = '' WHERE place = ? AND ${column} = ?`, place, at)
      }
    })
  return {
    put: (place, picture, thin) =>
      database.transaction(() => {
        database.run(
          `INSERT INTO ${table} (place, ${column}, bytes, ${record}) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET bytes = excluded.bytes, ${record} = excluded.${record}
             ${forgets ? `WHERE state <> ${states.gone}` : ''}`,
          place,
          picture.at,
          picture.bytes,
          picture.record,
        )
        thinRows(place, thin)
      }),
    truncate: (place, from, thin) =>
      database.transaction(() => {
        database.run(`DELETE FROM ${table} WHERE place = ? AND ${column} >= ?`, place, from)
        thinRows(place, thin)
      }),
    async release(place, through, thin) {
      const rows = all(place).filter(({ at }) => at <= through)
      const kept = keptOf(rows, thin)
      const spare = rows.filter(({ at, state }) => state === states.spare && !kept.has(at))
      for (const { at } of spare) await rm(fileOf(place, at), { force: true })
      if (spare.length > 0) gone(place, spare)
    },
    async tidy(place) {
      const rows = all(place)
      const kept = new Set(rows.flatMap(({ at, state }) => (state === states.kept ? [at] : [])))
      const isKnownOf = (at: number): boolean => at >= (rows[0]?.at ?? Infinity)
      const folder = dirname(fileOf(place, 0))
      for (const name of await namesIn(folder))
        if (/^\d+\.png$/.test(name) && isKnownOf(Number.parseInt(name, 10)) && !kept.has(Number.parseInt(name, 10)))
          await rm(join(folder, name), { force: true })
      gone(
        place,
        rows.filter(({ state }) => state === states.spare),
      )
    },
    async missing(place) {
      const found: number[] = []
      for (const { at, bytes, state } of all(place))
        if (state === states.kept && bytes > 0 && (await bytesOf(fileOf(place, at))) !== bytes) found.push(at)
      return found
    },
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
