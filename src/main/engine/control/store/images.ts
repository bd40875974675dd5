/**
 * Synthetic images: one PNG grid per kept step, which any viewer opens, and an index row with what the models say of
 * them.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SyntheticImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { privateFile } from './folders'
import { writeAtomically } from '../../weights/atomicFile'
import { decodeGrid, encodeGrid } from './imageGrid'

type Labels = Omit<SyntheticImages, 'pixels'>

export interface ImagesTable {
  /** Writes the grid, then the row; thins the stage when its budget is exceeded. */
  add(runId: string, stageId: string, images: SyntheticImages, keptSteps: number): Promise<void>
  steps(runId: string, stageId: string): number[]
  /** @throws RefusedInputError when that step was not kept, UserError when its file is gone or damaged */
  read(runId: string, stageId: string, step: number): Promise<SyntheticImages>
  truncate(runId: string, stageId: string, fromStep: number): Promise<void>
}

export function createImagesTable(database: Database, runsFolder: string): ImagesTable {
  const folder = (runId: string, stageId: string): string => join(runsFolder, runId, stageId, 'images')
  const fileOf = (runId: string, stageId: string, step: number): string =>
    join(folder(runId, stageId), `${String(step).padStart(9, '0')}.png`)
  const steps = (runId: string, stageId: string): number[] =>
    database
      .columns('SELECT step FROM images WHERE run_id = ? AND stage_id = ? ORDER BY step', runId, stageId)
      .map((row) => Number(row[0]))
  const drop = async (runId: string, stageId: string, dropped: readonly number[]): Promise<void> => {
    database.transaction(() => {
      for (const step of dropped)
        database.run('DELETE FROM images WHERE run_id = ? AND stage_id = ? AND step = ?', runId, stageId, step)
    })
    for (const step of dropped) await rm(fileOf(runId, stageId, step), { force: true })
  }
  return {
    async add(runId, stageId, images, keptSteps) {
      await mkdir(folder(runId, stageId), { recursive: true })
      const grid = await encodeGrid(images)
      await writeAtomically(fileOf(runId, stageId, images.step), [grid], { mode: privateFile })
      const { pixels: _pixels, ...labels } = images
      database.run(
        'INSERT OR REPLACE INTO images (run_id, stage_id, step, bytes, meta) VALUES (?, ?, ?, ?, ?)',
        runId,
        stageId,
        images.step,
        grid.byteLength,
        JSON.stringify(labels),
      )
      await drop(runId, stageId, stepsToDrop(steps(runId, stageId), keptSteps))
    },
    steps,
    async read(runId, stageId, step) {
      const row = database.get(
        'SELECT meta FROM images WHERE run_id = ? AND stage_id = ? AND step = ?',
        runId,
        stageId,
        step,
      )
      if (!row)
        throw new RefusedInputError(`No images were kept at step ${step}.`, {
          wanted: 'a kept step',
          got: String(step),
          where: `${runId}/${stageId}`,
        })
      const labels = JSON.parse(String(row.meta)) as Labels
      return { ...labels, pixels: await decodeGrid(fileOf(runId, stageId, step), labels) }
    },
    truncate: (runId, stageId, fromStep) =>
      drop(
        runId,
        stageId,
        steps(runId, stageId).filter((step) => step >= fromStep),
      ),
  }
}

/**
 * The steps to give up when there are more than the budget: every second one, never the first nor the newest.
 * What stays is spread evenly over the run, whatever its length.
 */
export function stepsToDrop(steps: readonly number[], budget: number): number[] {
  if (steps.length <= budget) return []
  const dropped = steps.filter((_, index) => index % 2 === 1 && index !== steps.length - 1)
  // A budget of one or two steps cannot keep both ends and halve: the oldest go.
  const kept = steps.filter((step) => !dropped.includes(step))
  return [...dropped, ...kept.slice(0, Math.max(0, kept.length - budget))]
}
