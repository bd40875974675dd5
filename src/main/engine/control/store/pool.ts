/**
 * The pool of synthetic images as people see it: a PNG grid per synthesis call, and a row that says what was kept.
 * Training never reads it: its checkpoint holds the pool.
 */
import { join } from 'node:path'
import type { CallOrigin, ImageBatch, PoolCall, PoolSummary, PooledImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { decodeGrid, type GridLayout } from '../../images/imageGrid'
import { pictureFile } from '../../protocol/pictureFiles'
import { stepsToDrop } from './images'
import { createPictureRows, type PictureRows, type Thin } from './pictureRows'

/** NaN has no JSON; a call that diverged has no loss. */
type StoredCall = Omit<CallOrigin, 'loss'> & GridLayout & { loss: number | null; poolImages: number }

interface PoolRow {
  /** Of its grid, where that is kept; else 0. */
  readonly bytes: number
  readonly stored: StoredCall
}

/** Disk for the grids of a stage. */
interface PoolBudget {
  readonly budgetBytes: number
}

export interface PoolTable extends Pick<PictureRows, 'tidy' | 'missing'> {
  /** Notes a call, and its grid of so many bytes (0: none was written); gives up grids above the budget, never rows. */
  index(place: string, call: Omit<PooledImages, 'pixels'>, grid: PoolBudget & { readonly bytes: number }): void
  summary(place: string): Omit<PoolSummary, 'budgetBytes'>
  /** The layouts of so many grids at most that are on disk, from a call on. */
  layoutsFrom(place: string, call: number, most: number): (GridLayout & { call: number })[]
  /** Where the grid of a call lies, and how. @throws RefusedInputError as `read` does */
  gridOf(place: string, call: number): { readonly file: string; readonly layout: GridLayout }
  /**
   * @throws RefusedInputError when there is no such call or its grid was dropped, UserError when the file is gone or
   * damaged
   */
  read(place: string, call: number): Promise<ImageBatch>
  /** Forgets calls. Their grids are the trainer's, which may be writing them again. */
  truncate(place: string, fromCall: number, budget: PoolBudget): void
  /** Removes the grids that were given up; the stage does not go back behind a call any more. */
  release(place: string, throughCall: number, budget: PoolBudget): Promise<void>
}

const thinTo =
  ({ budgetBytes }: PoolBudget): Thin =>
  (kept) =>
    callsToDrop(
      kept.map(({ at, bytes }) => ({ call: at, bytes })),
      budgetBytes,
    )

export function createPoolTable(database: Database, workspace: string): PoolTable {
  const fileOf = (place: string, call: number): string => join(workspace, place, pictureFile('pool', call))
  const pictures = createPictureRows(database, { table: 'pool', at: 'call', record: 'record', forgets: false, fileOf })
  const rows = (place: string): PoolRow[] =>
    database
      .columns('SELECT bytes * (state = 1), record FROM pool WHERE place = ? ORDER BY call', place)
      .map(([bytes, record]) => ({ bytes: Number(bytes), stored: JSON.parse(String(record)) as StoredCall }))
  function gridOf(place: string, call: number): { file: string; layout: GridLayout } {
    const row = database.get(
      'SELECT bytes * (state = 1) AS bytes, record FROM pool WHERE place = ? AND call = ?',
      place,
      call,
    )
    if (!row || Number(row.bytes) === 0) throw notOnDisk({ place, call, dropped: row !== undefined })
    return { file: fileOf(place, call), layout: layoutOf(JSON.parse(String(row.record)) as StoredCall) }
  }
  return {
    tidy: (place) => pictures.tidy(place),
    missing: (place) => pictures.missing(place),
    index: (place, call, { bytes, ...budget }) =>
      pictures.put(place, { at: call.call, bytes, record: JSON.stringify(call) }, thinTo(budget)),
    summary: (place) => summaryOf(rows(place)),
    layoutsFrom: (place, call, most) =>
      database
        .columns(
          'SELECT record FROM pool WHERE place = ? AND state = 1 AND bytes > 0 AND call >= ? ORDER BY call LIMIT ?',
          place,
          call,
          most,
        )
        .map(([record]) => {
          const stored = JSON.parse(String(record)) as StoredCall
          return { call: stored.call, ...layoutOf(stored) }
        }),
    gridOf,
    async read(place, call) {
      const { file, layout } = gridOf(place, call)
      return { ...layout, pixels: await decodeGrid(file, layout) }
    },
    truncate: (place, fromCall, budget) => pictures.truncate(place, fromCall, thinTo(budget)),
    release: (place, throughCall, budget) => pictures.release(place, throughCall, thinTo(budget)),
  }
}

const layoutOf = ({ count, height, width, channels }: StoredCall): GridLayout => ({ count, height, width, channels })

/** Which images newer calls have displaced follows from the rows, the newest first. */
function summaryOf(rows: readonly PoolRow[]): Omit<PoolSummary, 'budgetBytes'> {
  const images = rows.at(-1)?.stored.poolImages ?? 0
  let room = images
  const calls = [...rows]
    .reverse()
    .map(({ bytes, stored: { call, keptStep, steps, loss, count } }): PoolCall => {
      const inPool = Math.min(count, room)
      room -= inPool
      return { call, keptStep, steps, loss: loss ?? NaN, images: count, inPool, onDisk: bytes > 0 }
    })
    .reverse()
  return { calls, images, elsewhere: room, bytes: rows.reduce((sum, row) => sum + row.bytes, 0) }
}

const notOnDisk = (asked: { place: string; call: number; dropped: boolean }): RefusedInputError =>
  new RefusedInputError(`There are no images of call ${asked.call} on disk.`, {
    wanted: 'a call of the pool whose grid was kept',
    got: String(asked.call),
    where: asked.place,
    ...(asked.dropped
      ? { action: 'The budget of the pool on disk took it; raise recording.poolMegabytes for the next run.' }
      : {}),
  })

/**
 * The grids to give up when they use more than the budget: every second one, as often as it takes, never the newest
 * while another can go.
 */
export function callsToDrop(grids: readonly { call: number; bytes: number }[], budgetBytes: number): number[] {
  const dropped = new Set<number>()
  let kept = grids
  while (kept.length > 0 && kept.reduce((sum, grid) => sum + grid.bytes, 0) > budgetBytes) {
    const calls = kept.map(({ call }) => call)
    for (const call of stepsToDrop(calls, kept.length - 1)) dropped.add(call)
    kept = kept.filter(({ call }) => !dropped.has(call))
  }
  return [...dropped].sort((left, right) => left - right)
}
