/** What an analysis has measured of kept images, beside what was recorded of them. */
import type { ImageNumbersArtifact } from '@shared/domain'
import { numberColumns } from '../../analyses/imageNumbers'
import type { ColumnInfo } from './columns'
import type { Column, ImageTable } from './imageTable'

/** Columns of the analysis that the engine does not record by itself. */
const measured = ['studentKl', 'shuffledKl', 'suspected', 'penalty', 'correlation'] as const
/** Of the plane in which images are placed: no order and no filter of its own. */
const places = ['embeddingX', 'embeddingY'] as const
const idOf = (name: string): string => `measured.${name}`

/** Across and up; both are there or none. */
export const placeColumns: readonly [string, string] = [idOf(places[0]), idOf(places[1])]

export const measuredColumns: readonly ColumnInfo[] = numberColumns.flatMap(({ name, title, form }) =>
  measured.some((one) => one === name)
    ? [{ id: idOf(name), title, kind: form === 'mark' ? 'mark' : 'number' } as const]
    : [],
)

/** The table with the measured columns beside its own; images that were not measured have no value there. */
export function withNumbers(
  table: ImageTable,
  stageId: string,
  { stages, columns: found }: ImageNumbersArtifact,
): ImageTable {
  const stage = stages.indexOf(stageId)
  if (stage < 0 || table.count === 0) return table
  const spanOf = new Map(table.spans.map((span) => [span.at, span]))
  const columns = new Map<string, Column>(table.columns)
  for (const name of [...measured, ...places]) {
    const values = found[name]
    if (!values) continue
    const column: Column = new Float32Array(table.count).fill(NaN)
    values.forEach((value, row) => {
      const span = found.stage[row] === stage ? spanOf.get(found.step[row] ?? -1) : undefined
      const index = found.index[row] ?? -1
      if (span && index >= 0 && index < span.count && value !== null) column[span.first + index] = value
    })
    columns.set(idOf(name), column)
  }
  return { ...table, columns }
}

/**
 * How many images were kept after these were measured: a run went on.
 * @param counts of images now, by student; 0 is answered where those of a measured one are not known
 */
export function keptSince(numbers: ImageNumbersArtifact, counts: ReadonlyMap<string, number>): number {
  const { stages } = numbers
  if (!stages.every((stage) => counts.has(stage))) return 0
  return Math.max(0, stages.reduce((sum, stage) => sum + (counts.get(stage) ?? 0), 0) - numbers.keptImages)
}
