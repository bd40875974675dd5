/** What panels hold, looked up by analyses that say their artifact in a line or in numbers. */
import type { CurvesArtifact, PanelsArtifact, TableArtifact } from '../../../../shared/domain'

/** The first table, or the one of that title. */
export function tableOf({ panels }: PanelsArtifact, title?: string): TableArtifact | null {
  const found = panels.find((panel) => panel.kind === 'table' && (title === undefined || panel.title === title))
  return found?.kind === 'table' ? found.content : null
}

/** The first curves, or those of that title. */
export function curvesOf({ panels }: PanelsArtifact, title?: string): CurvesArtifact | null {
  const found = panels.find((panel) => panel.kind === 'curves' && (title === undefined || panel.title === title))
  return found?.kind === 'curves' ? found.content : null
}

/** A number out of a cell; null of what is none. */
export function numberIn(cell: string | number | null | undefined): number | null {
  if (cell === null || cell === undefined || cell === '') return null
  const value = Number(cell)
  return Number.isFinite(value) ? value : null
}
