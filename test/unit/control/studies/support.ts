/** Studies over the product's own members, without an engine. */
import { computedIssues } from '../../../../src/main/engine/control/experiments/computedIssues'
import { cachedCosts } from '../../../../src/main/engine/control/experiments/cachedCosts'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { presets } from '../../../../src/main/engine/control/experiments/presets'
import { resolveExperiment, type Resolution } from '../../../../src/main/engine/control/experiments/resolve'
import type { PartialExperimentConfig, StudyAxis, StudyDefinition } from '../../../../src/shared/domain'

export const table = memberTable(families)
export const context = { table, presets }
export const productCosts = cachedCosts(costs)

/** As the engine resolves, in a workspace without runs. */
export function resolve(config: PartialExperimentConfig): Resolution {
  const resolution = resolveExperiment(config, table)
  const store = { folder: '/nowhere', runs: { has: () => false } as never }
  return {
    ...resolution,
    issues: [...resolution.issues, ...computedIssues(resolution.config, { costs: productCosts, table, store })],
  }
}

export const listed = (path: string, values: readonly unknown[], more: Partial<StudyAxis> = {}): StudyAxis => ({
  path,
  values: values.map((value) => ({ label: String(value), value })),
  ...more,
})
export const members = (path: string, ids: readonly string[], more: Partial<StudyAxis> = {}): StudyAxis => ({
  path,
  values: ids.map((id) => ({ label: id, value: { id, params: {} } })),
  ...more,
})
export const plans = (...labels: readonly string[]): StudyAxis => ({
  path: 'defenses',
  values: labels.map((label) => ({
    label,
    value: label === 'none' ? [] : label.split('+').map((id) => ({ id, params: {} })),
  })),
})

export const study = (axes: readonly StudyAxis[], more: Partial<StudyDefinition> = {}): StudyDefinition => ({
  format: 1,
  name: 'A study',
  note: '',
  base: { config: { data: { id: 'signs' } } },
  axes,
  exclude: [],
  conditions: [],
  strategy: { id: 'grid', params: {} },
  order: 'seedsLast',
  executor: 'local',
  priority: 0,
  ...more,
})
