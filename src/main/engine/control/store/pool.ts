/**
 * The pool of synthetic images as people see it: a PNG grid per synthesis call, and a row that says what was kept.
 * Training never reads it: its checkpoint holds the pool.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallOrigin, ImageBatch, PoolCall, PoolSummary, PooledImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { decodeGrid, type GridLayout } from '../../images/imageGrid'
import { pictureFile } from '../../protocol/pictureFiles'
import { bytesOf } from './folders'
import { stepsToDrop } from './images'

/** NaN has no JSON; a call that diverged has no loss. */
type StoredCall = Omit<CallOrigin, 'loss'> & GridLayout & { loss: number | null; poolImages: number }

interface PoolRow {
  readonly bytes: number
  readonly stored: StoredCall
}

export interface PoolTable {
  /** Notes a call, with its grid where that lies in the stage's folder; drops grids above the budget, never rows. */
  index(place: string, call: Omit<PooledImages, 'pixels'>, budget: { budgetBytes: number }): Promise<void>
  summary(place: string): Omit<PoolSummary, 'budgetBytes'>
  /**
   * @throws RefusedInputError when there is no such call or its grid was dropped, UserError when the file is gone or
   * damaged
   */
  read(place: string, call: number): Promise<ImageBatch>
  /** Forgets calls. Their grids are the trainer's, which may be writing them again. */
  truncate(place: string, fromCall: number): void
}

export function createPoolTable(database: Database, workspace: string): PoolTable {
  const fileOf = (place: string, call: number): string => join(workspace, place, pictureFile('pool', call))
  const rows = (place: string): PoolRow[] =>
    database
      .columns('SELECT bytes, record FROM pool WHERE place = ? ORDER BY call', place)
      .map(([bytes, record]) => ({ bytes: Number(bytes), stored: JSON.parse(String(record)) as StoredCall }))
  const dropGrids = async (place: string, calls: readonly number[]): Promise<void> => {
    database.transaction(() => {
      for (const call of calls) database.run('UPDATE pool SET bytes = 0 WHERE place = ? AND call = ?', place, call)
    })
    for (const call of calls) await rm(fileOf(place, call), { force: true })
  }
  return {
    async index(place, call, { budgetBytes }) {
      const bytes = budgetBytes > 0 ? await bytesOf(fileOf(place, call.call)) : 0
      database.run(
        'INSERT OR REPLACE INTO pool (place, call, bytes, record) VALUES (?, ?, ?, ?)',
        place,
        call.call,
        bytes ?? 0,
        JSON.stringify(call),
      )
      const used = Number(database.get('SELECT SUM(bytes) AS bytes FROM pool WHERE place = ?', place)?.bytes ?? 0)
      if (used <= budgetBytes) return
      const grids = rows(place)
        .filter((row) => row.bytes > 0)
        .map((row) => ({ call: row.stored.call, bytes: row.bytes }))
      await dropGrids(place, callsToDrop(grids, budgetBytes))
    },
    summary: (place) => summaryOf(rows(place)),
    async read(place, call) {
      const row = database.get('SELECT bytes, record FROM pool WHERE place = ? AND call = ?', place, call)
      if (!row || Number(row.bytes) === 0) throw notOnDisk({ place, call, dropped: row !== undefined })
      const { count, height, width, channels } = JSON.parse(String(row.record)) as StoredCall
      const layout = { count, height, width, channels }
      return { ...layout, pixels: await decodeGrid(fileOf(place, call), layout) }
    },
    truncate: (place, fromCall) => void database.run('DELETE FROM pool WHERE place = ? AND call >= ?', place, fromCall),
  }
}

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
  let kept = [...grids]
  while (kept.length > 0 && kept.reduce((sum, grid) => sum + grid.bytes, 0) > budgetBytes) {
    const dropped = new Set(
      stepsToDrop(
        kept.map(({ call }) => call),
        kept.length - 1,
      ),
    )
    kept = kept.filter(({ call }) => !dropped.has(call))
  }
  return grids.map(({ call }) => call).filter((call) => !kept.some((grid) => grid.call === call))
}
