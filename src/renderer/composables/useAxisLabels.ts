import type { AxisPath } from '@shared/domain'
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
    if (path === 'defenses') return engine.defenseTitle(label)
    const family = axisFamilies[path]
    return family ? engine.titleOf(family, label) : label
  }
  /** "BadNets, grid · Shuffling Vaccine · seed 2" */
  const cellName = (axes: Readonly<Record<string, string>>): string =>
    Object.entries(axes)
      .map(([path, label]) => (path === 'seed' ? `seed ${label}` : labelOf(path, label)))
      .join(' · ')
  return { labelOf, cellName }
}
