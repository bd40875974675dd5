/** The configuration that a study starts from. */
import {
  defenseLabel,
  type AxisValue,
  type PartialExperimentConfig,
  type StudentPlan,
  type StudyAxis,
  type StudyDefinition,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { wantedAmong } from '../../../../shared/nearest'
import type { ExpandContext } from './types'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `over` over `under`, value by value; another member takes none of the parameters of the one before it. */
function merged(under: unknown, over: unknown): unknown {
  if (!isRecord(under) || !isRecord(over)) return over
  const another = 'id' in over && 'id' in under && over.id !== under.id
  const { params: _params, ...kept } = under
  const left = another ? kept : under
  return {
    ...left,
    ...Object.fromEntries(Object.entries(over).map(([key, value]) => [key, merged(left[key], value)])),
  }
}

/** @throws RefusedInputError for an unknown preset */
export function baseOf(
  { preset, config }: StudyDefinition['base'],
  { presets }: Pick<ExpandContext, 'presets'>,
): PartialExperimentConfig {
  if (preset === undefined) return config ?? {}
  const ids = presets.map(({ id }) => id)
  const found = presets.find(({ id }) => id === preset)
  if (!found)
    throw new RefusedInputError(`There is no preset "${preset}".`, {
      wanted: wantedAmong(preset, ids),
      got: preset,
      where: 'base.preset',
    })
  return config === undefined ? found.config : (merged(found.config, config) as PartialExperimentConfig)
}

/** Names of student plans; two of one name are told apart by their number. */
function studentValues(plans: readonly StudentPlan[]): AxisValue[] {
  const seen = new Map<string, number>()
  return plans.map((plan) => {
    const label = defenseLabel(plan)
    const count = (seen.get(label) ?? 0) + 1
    seen.set(label, count)
    return { label: count === 1 ? label : `${label} (${count})`, value: plan.defenses }
  })
}

/** A cell has one student: where the base has several, and no axis chooses, they are an axis. */
export function studentsAxis(axes: readonly StudyAxis[], base: PartialExperimentConfig): StudyAxis[] {
  const plans = base.students
  if (axes.some(({ path }) => path === 'defenses') || !Array.isArray(plans) || plans.length < 2) return []
  const known = plans.filter(
    (plan): plan is StudentPlan =>
      isRecord(plan) &&
      Array.isArray(plan.defenses) &&
      plan.defenses.every((entry) => isRecord(entry) && 'id' in entry),
  )
  return [{ path: 'defenses', values: studentValues(known) }]
}
