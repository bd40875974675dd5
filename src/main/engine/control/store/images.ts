/**
 * Synthetic images: one PNG grid per kept step, which any viewer opens, and an index row with what the models say of
 * them.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SyntheticImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { decodeGrid, type GridLayout } from '../../images/imageGrid'
import { pictureFile } from '../../protocol/pictureFiles'
import { bytesOf } from './folders'

type Labels = Omit<SyntheticImages, 'pixels'>

export interface ImagesTable {
  /**
   * Notes a grid that lies in the stage's folder; thins the stage when its budget is exceeded. One whose file is gone
   * was thinned before, and is told again.
   */
  index(place: string, labels: Labels, budget: { keptSteps: number }): Promise<void>
  steps(place: string): number[]
  /** What the models say of the newest step; null where none was kept. */
  newest(place: string): Labels | null
  /** @throws RefusedInputError when that step was not kept, UserError when its file is gone or damaged */
  read(place: string, step: number): Promise<SyntheticImages>
  /** Where the grid of a step lies, and how. @throws RefusedInputError when that step was not kept */
  gridOf(place: string, step: number): { readonly file: string; readonly layout: GridLayout }
  /** Forgets grids from a step on. Their files are the trainer's, which may be writing them again. */
  truncate(place: string, fromStep: number): void
}

export function createImagesTable(database: Database, workspace: string): ImagesTable {
  const fileOf = (place: string, step: number): string => join(workspace, place, pictureFile('images', step))
  const steps = (place: string): number[] =>
    database.columns('SELECT step FROM images WHERE place = ? ORDER BY step', place).map((row) => Number(row[0]))
  const forget = (place: string, dropped: readonly number[]): void =>
    database.transaction(() => {
      for (const step of dropped) database.run('DELETE FROM images WHERE place = ? AND step = ?', place, step)
    })
  const labelsOf = (place: string, step: number): Labels => {
    const row = database.get('SELECT meta FROM images WHERE place = ? AND step = ?', place, step)
    if (row) return JSON.parse(String(row.meta)) as Labels
    throw new RefusedInputError(`No images were kept at step ${step}.`, {
      wanted: 'a kept step',
      got: String(step),
      where: place,
    })
  }
  return {
    async index(place, labels, { keptSteps }) {
      const { step } = labels
      const bytes = await bytesOf(fileOf(place, step))
      if (bytes === null) return
      database.run(
        'INSERT OR REPLACE INTO images (place, step, bytes, meta) VALUES (?, ?, ?, ?)',
        place,
        step,
        bytes,
        JSON.stringify(labels),
      )
      const dropped = stepsToDrop(steps(place), keptSteps)
      forget(place, dropped)
      for (const old of dropped) await rm(fileOf(place, old), { force: true })
    },
    steps,
    newest(place) {
      const row = database.get('SELECT meta FROM images WHERE place = ? ORDER BY step DESC LIMIT 1', place)
      return row ? (JSON.parse(String(row.meta)) as Labels) : null
    },
    async read(place, step) {
      const labels = labelsOf(place, step)
      return { ...labels, pixels: await decodeGrid(fileOf(place, step), labels) }
    },
    gridOf: (place, step) => ({ file: fileOf(place, step), layout: labelsOf(place, step) }),
    truncate: (place, fromStep) =>
      forget(
        place,
        steps(place).filter((step) => step >= fromStep),
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
