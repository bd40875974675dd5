/**
 * Synthetic images: one PNG grid per kept step, which any viewer opens, and an index row with what the models say of
 * them.
 */
import { join } from 'node:path'
import type { SyntheticImages } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { decodeGrid, type GridLayout } from '../../images/imageGrid'
import { pictureFile } from '../../protocol/pictureFiles'
import { createPictureRows, type PictureRows, type Thin } from './pictureRows'

type Labels = Omit<SyntheticImages, 'pixels'>

/** Steps of a stage that keep their images. */
interface ImageBudget {
  readonly keptSteps: number
}

export interface ImagesTable extends Pick<PictureRows, 'tidy' | 'missing'> {
  /** Notes a grid of so many bytes that lies in the stage's folder; thins the stage when its budget is exceeded. */
  index(place: string, labels: Labels, grid: ImageBudget & { readonly bytes: number }): void
  steps(place: string): number[]
  /** What is known of so many kept steps at most, from one on. */
  labelsFrom(place: string, step: number, most: number): Labels[]
  /** What the models say of the newest step; null where none was kept. */
  newest(place: string): Labels | null
  /** @throws RefusedInputError when that step was not kept, UserError when its file is gone or damaged */
  read(place: string, step: number): Promise<SyntheticImages>
  /** Where the grid of a step lies, and how. @throws RefusedInputError when that step was not kept */
  gridOf(place: string, step: number): { readonly file: string; readonly layout: GridLayout }
  /** Forgets grids from a step on. Their files are the trainer's, which may be writing them again. */
  truncate(place: string, fromStep: number, budget: ImageBudget): void
  /** Removes the files of grids that were given up; the stage does not go back behind a step any more. */
  release(place: string, throughStep: number, budget: ImageBudget): Promise<void>
}

const thinTo =
  ({ keptSteps }: ImageBudget): Thin =>
  (kept) =>
    stepsToDrop(
      kept.map(({ at }) => at),
      keptSteps,
    )

export function createImagesTable(database: Database, workspace: string): ImagesTable {
  const fileOf = (place: string, step: number): string => join(workspace, place, pictureFile('images', step))
  const rows = createPictureRows(database, { table: 'images', at: 'step', record: 'meta', forgets: true, fileOf })
  const labelsOf = (place: string, step: number): Labels => {
    const row = database.get('SELECT meta FROM images WHERE place = ? AND step = ? AND state = 1', place, step)
    if (row) return JSON.parse(String(row.meta)) as Labels
    throw new RefusedInputError(`No images were kept at step ${step}.`, {
      wanted: 'a kept step',
      got: String(step),
      where: place,
    })
  }
  return {
    tidy: (place) => rows.tidy(place),
    missing: (place) => rows.missing(place),
    index: (place, labels, { bytes, ...budget }) =>
      rows.put(place, { at: labels.step, bytes, record: JSON.stringify(labels) }, thinTo(budget)),
    steps: (place) =>
      database
        .columns('SELECT step FROM images WHERE place = ? AND state = 1 ORDER BY step', place)
        .map((row) => Number(row[0])),
    labelsFrom: (place, step, most) =>
      database
        .columns(
          'SELECT meta FROM images WHERE place = ? AND state = 1 AND step >= ? ORDER BY step LIMIT ?',
          place,
          step,
          most,
        )
        .map(([meta]) => JSON.parse(String(meta)) as Labels),
    newest(place) {
      const row = database.get(
        'SELECT meta FROM images WHERE place = ? AND state = 1 ORDER BY step DESC LIMIT 1',
        place,
      )
      return row ? (JSON.parse(String(row.meta)) as Labels) : null
    },
    async read(place, step) {
      const labels = labelsOf(place, step)
      return { ...labels, pixels: await decodeGrid(fileOf(place, step), labels) }
    },
    gridOf: (place, step) => ({ file: fileOf(place, step), layout: labelsOf(place, step) }),
    truncate: (place, fromStep, budget) => rows.truncate(place, fromStep, thinTo(budget)),
    release: (place, throughStep, budget) => rows.release(place, throughStep, thinTo(budget)),
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
