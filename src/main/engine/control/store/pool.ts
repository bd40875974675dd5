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
import { stepsToDrop, type StageName } from './images'

/** NaN has no JSON; a call that diverged has no loss. */
type StoredCall = Omit<CallOrigin, 'loss'> & GridLayout & { loss: number | null; poolImages: number }

interface PoolRow {
  readonly bytes: number
  readonly stored: StoredCall
}

export interface PoolTable {
  /** Notes a call, with its grid where that lies in the stage's folder; drops grids above the budget, never rows. */
  index(stage: StageName, call: Omit<PooledImages, 'pixels'>, budget: { budgetBytes: number }): Promise<void>
  summary(runId: string, stageId: string): Omit<PoolSummary, 'budgetBytes'>
  /**
   * @throws RefusedInputError when there is no such call or its grid was dropped, UserError when the file is gone or
   * damaged
   */
  read(runId: string, stageId: string, call: number): Promise<ImageBatch>
  /** Forgets calls. Their grids are the trainer's, which may be writing them again. */
  truncate(runId: string, stageId: string, fromCall: number): void
}

export function createPoolTable(database: Database, runsFolder: string): PoolTable {
  const fileOf = (runId: string, stageId: string, call: number): string =>
    join(runsFolder, runId, stageId, pictureFile('pool', call))
  const rows = (runId: string, stageId: string): PoolRow[] =>
    database
      .columns('SELECT bytes, record FROM pool WHERE run_id = ? AND stage_id = ? ORDER BY call', runId, stageId)
      .map(([bytes, record]) => ({ bytes: Number(bytes), stored: JSON.parse(String(record)) as StoredCall }))
  const dropGrids = async (runId: string, stageId: string, calls: readonly number[]): Promise<void> => {
    database.transaction(() => {
      for (const call of calls)
        database.run('UPDATE pool SET bytes = 0 WHERE run_id = ? AND stage_id = ? AND call = ?', runId, stageId, call)
    })
    for (const call of calls) await rm(fileOf(runId, stageId, call), { force: true })
  }
  return {
    async index({ runId, stageId }, call, { budgetBytes }) {
      const bytes = budgetBytes > 0 ? await bytesOf(fileOf(runId, stageId, call.call)) : 0
      database.run(
        'INSERT OR REPLACE INTO pool (run_id, stage_id, call, bytes, record) VALUES (?, ?, ?, ?, ?)',
        runId,
        stageId,
        call.call,
        bytes ?? 0,
        JSON.stringify(call),
      )
      const used = Number(
        database.get('SELECT SUM(bytes) AS bytes FROM pool WHERE run_id = ? AND stage_id = ?', runId, stageId)?.bytes ??
          0,
      )
      if (used <= budgetBytes) return
      const grids = rows(runId, stageId)
        .filter((row) => row.bytes > 0)
        .map((row) => ({ call: row.stored.call, bytes: row.bytes }))
      await dropGrids(runId, stageId, callsToDrop(grids, budgetBytes))
    },
    summary: (runId, stageId) => summaryOf(rows(runId, stageId)),
    async read(runId, stageId, call) {
      const row = database.get(
        'SELECT bytes, record FROM pool WHERE run_id = ? AND stage_id = ? AND call = ?',
        runId,
        stageId,
        call,
      )
      if (!row || Number(row.bytes) === 0) throw notOnDisk({ runId, stageId, call, dropped: row !== undefined })
      const { count, height, width, channels } = JSON.parse(String(row.record)) as StoredCall
      const layout = { count, height, width, channels }
      return { ...layout, pixels: await decodeGrid(fileOf(runId, stageId, call), layout) }
    },
    truncate: (runId, stageId, fromCall) =>
      void database.run('DELETE FROM pool WHERE run_id = ? AND stage_id = ? AND call >= ?', runId, stageId, fromCall),
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

const notOnDisk = (asked: { runId: string; stageId: string; call: number; dropped: boolean }): RefusedInputError =>
  new RefusedInputError(`There are no images of call ${asked.call} on disk.`, {
    wanted: 'a call of the pool whose grid was kept',
    got: String(asked.call),
    where: `${asked.runId}/${asked.stageId}`,
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
