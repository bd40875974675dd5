/**
 * Synthetic images: one PNG grid per kept step, which any viewer opens, and an index row with what the models say of
 * them.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SyntheticImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { decodeGrid } from '../../images/imageGrid'
import { pictureFile } from '../../protocol/pictureFiles'
import { bytesOf } from './folders'

type Labels = Omit<SyntheticImages, 'pixels'>

export interface ImagesTable {
  /**
   * Notes a grid that lies in the stage's folder; thins the stage when its budget is exceeded. One whose file is gone
   * was thinned before, and is told again.
   */
  index(stage: StageName, labels: Labels, budget: { keptSteps: number }): Promise<void>
  steps(runId: string, stageId: string): number[]
  /** @throws RefusedInputError when that step was not kept, UserError when its file is gone or damaged */
  read(runId: string, stageId: string, step: number): Promise<SyntheticImages>
  /** Forgets grids from a step on. Their files are the trainer's, which may be writing them again. */
  truncate(runId: string, stageId: string, fromStep: number): void
}

export interface StageName {
  readonly runId: string
  readonly stageId: string
}

export function createImagesTable(database: Database, runsFolder: string): ImagesTable {
  const fileOf = (runId: string, stageId: string, step: number): string =>
    join(runsFolder, runId, stageId, pictureFile('images', step))
  const steps = (runId: string, stageId: string): number[] =>
    database
      .columns('SELECT step FROM images WHERE run_id = ? AND stage_id = ? ORDER BY step', runId, stageId)
      .map((row) => Number(row[0]))
  const forget = (runId: string, stageId: string, dropped: readonly number[]): void =>
    database.transaction(() => {
      for (const step of dropped)
        database.run('DELETE FROM images WHERE run_id = ? AND stage_id = ? AND step = ?', runId, stageId, step)
    })
  return {
    async index({ runId, stageId }, labels, { keptSteps }) {
      const { step } = labels
      const bytes = await bytesOf(fileOf(runId, stageId, step))
      if (bytes === null) return
      database.run(
        'INSERT OR REPLACE INTO images (run_id, stage_id, step, bytes, meta) VALUES (?, ?, ?, ?, ?)',
        runId,
        stageId,
        step,
        bytes,
        JSON.stringify(labels),
      )
      const dropped = stepsToDrop(steps(runId, stageId), keptSteps)
      forget(runId, stageId, dropped)
      for (const old of dropped) await rm(fileOf(runId, stageId, old), { force: true })
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
      forget(
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
