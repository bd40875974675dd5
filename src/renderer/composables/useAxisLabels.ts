import type { AxisPath, CellLabels, StudySummary } from '@shared/domain'
import type { FamilyId } from '@shared/schema'
import { useEngineStore } from '../stores/engine'

/** Families whose members an axis lists, by its path. */
export const axisFamilies: Readonly<Record<string, FamilyId>> = {
  data: 'dataset',
  attack: 'attack',
  method: 'distillation',
}

/** What the values of an axis are called where people read them. */
export function useAxisLabels() {
  const engine = useEngineStore()
  function labelOf(path: AxisPath, label: string): string {
    if (path === 'defenses') return engine.shortDefenses(label)
    const family = axisFamilies[path]
    return family ? engine.titleOf(family, label) : label
  }
  /** As `labelOf` where several axes stand in one line: a bare number says of what. */
  function wordsOf(path: AxisPath, label: string, title = path): string {
    const plain = axisFamilies[path] === undefined && path !== 'defenses' && path !== 'teacher.file'
    return plain ? `${title.toLowerCase()} ${label}` : labelOf(path, label)
  }
  /**
   * "BadNets, grid · Shuffling Vaccine · seed 2"
   * @param axes for their titles
   */
  const cellName = (labels: CellLabels, axes: StudySummary['axes'] = []): string =>
    Object.entries(labels)
      .map(([path, label]) => wordsOf(path, label, axes.find((axis) => axis.path === path)?.title))
      .join(' · ')
  return { labelOf, wordsOf, cellName }
}
