/**
 * The pool of synthetic images as people see it: a PNG grid per synthesis call, and a row that says what was kept.
 * Training never reads it: its checkpoint holds the pool.
 */
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CallOrigin, ImageBatch, PoolCall, PoolSummary, PooledImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { privateFile } from './folders'
import { writeAtomically } from '../../weights/atomicFile'
import { stepsToDrop } from './images'
import { decodeGrid, encodeGrid, type GridLayout } from './imageGrid'

/** NaN has no JSON; a call that diverged has no loss. */
type StoredCall = Omit<CallOrigin, 'loss'> & GridLayout & { loss: number | null; poolImages: number }

interface PoolRow {
  readonly bytes: number
  readonly stored: StoredCall
}

export interface PoolTable {
  /** Writes the grid, then the row; drops grids when they exceed the budget, never rows. */
  add(runId: string, stageId: string, images: PooledImages, budgetBytes: number): Promise<void>
  summary(runId: string, stageId: string): Omit<PoolSummary, 'budgetBytes'>
  /**
   * @throws RefusedInputError when there is no such call or its grid was dropped, UserError when the file is gone or
   * damaged
   */
  read(runId: string, stageId: string, call: number): Promise<ImageBatch>
  truncate(runId: string, stageId: string, fromCall: number): Promise<void>
}

export function createPoolTable(database: Database, runsFolder: string): PoolTable {
  const folder = (runId: string, stageId: string): string => join(runsFolder, runId, stageId, 'pool')
  const fileOf = (runId: string, stageId: string, call: number): string =>
    join(folder(runId, stageId), `${String(call).padStart(9, '0')}.png`)
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
    async add(runId, stageId, images, budgetBytes) {
      const { pixels: _pixels, loss, ...record } = images
      const bytes = budgetBytes > 0 ? await writeGrid(fileOf(runId, stageId, images.call), images) : 0
      database.run(
        'INSERT OR REPLACE INTO pool (run_id, stage_id, call, bytes, record) VALUES (?, ?, ?, ?, ?)',
        runId,
        stageId,
        images.call,
        bytes,
        JSON.stringify({ ...record, loss }),
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
    async truncate(runId, stageId, fromCall) {
      const calls = rows(runId, stageId)
        .map(({ stored }) => stored.call)
        .filter((call) => call >= fromCall)
      database.run('DELETE FROM pool WHERE run_id = ? AND stage_id = ? AND call >= ?', runId, stageId, fromCall)
      for (const call of calls) await rm(fileOf(runId, stageId, call), { force: true })
    },
  }
}

/** @returns the bytes that it takes */
async function writeGrid(file: string, images: ImageBatch): Promise<number> {
  await mkdir(dirname(file), { recursive: true })
  const grid = await encodeGrid(images)
  await writeAtomically(file, [grid], { mode: privateFile })
  return grid.byteLength
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
