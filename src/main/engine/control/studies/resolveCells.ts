/** Cells with complete, checked configurations; thousands of them, without keeping control from answering. */
import type { CellLabels, ExperimentConfig, PartialExperimentConfig, PlannedCell } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Issue } from '../../../../shared/schema'
import { createYielding } from '../../images/yielding'
import type { Resolution } from '../experiments/resolve'
import type { ExpandedCell } from './expand'

export interface ResolvedCell extends PlannedCell {
  readonly config: ExperimentConfig
}

export async function resolveCells(
  cells: readonly ExpandedCell[],
  resolve: (config: PartialExperimentConfig) => Resolution,
  signal?: AbortSignal,
): Promise<ResolvedCell[]> {
  const yielding = createYielding(signal)
  const resolved: ResolvedCell[] = []
  for (const { index, axes, config, faults } of cells) {
    if (yielding.due()) await yielding.pause()
    const resolution = resolve(config)
    resolved.push({ index, axes, config: resolution.config, issues: [...faults, ...resolution.issues] })
  }
  return resolved
}

export const errorsOf = ({ issues }: Pick<PlannedCell, 'issues'>): Issue[] =>
  issues.filter(({ severity }) => severity === 'error')

const shownCells = 3
/** "attack blend, seed 0". */
export const cellName = (axes: CellLabels): string =>
  Object.entries(axes)
    .map(([path, label]) => `${path} ${label}`)
    .join(', ') || 'the only cell'

/** @throws RefusedInputError naming the cells that cannot be and why */
export function refuseWrongCells(cells: readonly PlannedCell[]): void {
  const wrong = cells.filter((cell) => errorsOf(cell).length > 0)
  if (wrong.length === 0) return
  const named = wrong.slice(0, shownCells).map((cell) => {
    const [first] = errorsOf(cell)
    return `${cellName(cell.axes)}: ${first?.path ?? ''} ${first?.message ?? ''}`
  })
  const more = wrong.length > shownCells ? `; and ${wrong.length - shownCells} more` : ''
  throw new RefusedInputError(`The study cannot start: ${wrong.length} of ${cells.length} cells are not possible.`, {
    got: `${named.join('; ')}${more}`,
    where: [...new Set(wrong.flatMap((cell) => errorsOf(cell).map(({ path }) => path)))].slice(0, 10).join(', '),
    action: 'Correct the values, or leave these cells out.',
  })
}
