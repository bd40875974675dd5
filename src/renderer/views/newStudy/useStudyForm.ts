import { computed } from 'vue'
import type { PlannedCell, StudyAxis, StudyDefinition } from '@shared/domain'
import { axisParameters, firstValues, unknownParameter, type AxisParameter } from '../../axes/axisParameters'
import { moved } from '../../components/reordering'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useEngineStore } from '../../stores/engine'
import { useStudyDraftStore } from '../../stores/studyDraft'

/** A finding of the plan with the cells that have it. */
export interface PlanFinding {
  readonly path: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly cells: readonly PlannedCell[]
}

/** Findings with one place and one text together, errors first. */
export function findingsOf(cells: readonly PlannedCell[]): PlanFinding[] {
  const found = new Map<string, PlanFinding & { cells: PlannedCell[] }>()
  for (const cell of cells)
    for (const { path, severity, message } of cell.issues) {
      const key = `${severity} ${path} ${message}`
      const known = found.get(key) ?? { path, severity, message, cells: [] }
      known.cells.push(cell)
      found.set(key, known)
    }
  return [...found.values()].sort((left, right) => left.severity.localeCompare(right.severity))
}

/** What the form needs besides drawing: the draft, what axes can vary, and the plan, which follows every change. */
export function useStudyForm() {
  const engine = useEngineStore()
  const draft = useStudyDraftStore()
  const definition = computed(() => draft.definition)
  /** As it is planned, started and saved. */
  const ready = computed(() => (definition.value ? withoutOpenRules(definition.value) : null))
  const axes = computed(() => definition.value?.axes ?? [])

  const baseConfig = computed(() => {
    const base = definition.value?.base
    if (!base) return null
    const preset = engine.catalogue?.presets.find(({ id }) => id === base.preset)
    return { ...preset?.config, ...base.config }
  })
  const base = useEngineQuery('experiment.validate', () => (baseConfig.value ? { config: baseConfig.value } : null))
  const plan = useEngineQuery('studies.plan', () => (ready.value ? { definition: ready.value } : null), 400)

  const findings = computed(() => findingsOf(plan.data.value?.cells ?? []))
  const errors = computed(() => findings.value.filter(({ severity }) => severity === 'error'))
  const startable = computed(
    () =>
      plan.data.value !== null &&
      plan.data.value.cells.length > 0 &&
      !plan.pending.value &&
      plan.error.value === null &&
      errors.value.length === 0,
  )

  const parameters = computed(() =>
    engine.catalogue ? axisParameters(engine.catalogue, base.data.value?.config ?? null, axes.value) : [],
  )
  const parameterOf = (axis: StudyAxis): AxisParameter =>
    parameters.value.find(({ path }) => path === axis.path) ?? unknownParameter(axis)
  /** Those without an axis yet. */
  const free = computed(() => parameters.value.filter(({ path }) => !axes.value.some((axis) => axis.path === path)))

  const change = (values: Partial<StudyDefinition>): void => draft.change(values)
  /** Rules that name labels or axes which are gone lose them; a rule without any is gone too. */
  function setAxes(next: readonly StudyAxis[]): void {
    change({ axes: next, ...soundRules(next, definition.value) })
  }
  const addAxis = (parameter: AxisParameter): void =>
    setAxes([...axes.value, { path: parameter.path, title: parameter.title, values: firstValues(parameter) }])
  const changeAxis = (path: string, values: Partial<StudyAxis>): void =>
    setAxes(axes.value.map((axis) => (axis.path === path ? { ...axis, ...values } : axis)))
  const removeAxis = (path: string): void => setAxes(axes.value.filter((axis) => axis.path !== path))
  const moveAxis = (from: number, to: number): void => setAxes(moved(axes.value, from, to))

  return {
    ...{ draft, definition, ready, axes, base, plan, findings, errors, startable },
    ...{ parameterOf, free, change, addAxis, changeAxis, removeAxis, moveAxis },
  }
}
export type StudyForm = ReturnType<typeof useStudyForm>

type Rules = Pick<StudyDefinition, 'exclude' | 'conditions'>
type Condition = StudyDefinition['exclude'][number]

const isOpen = (condition: Condition): boolean => Object.keys(condition).length === 0
/** A rule that names nothing yet says nothing; taken at its word, it would leave out every cell. */
export const withoutOpenRules = (definition: StudyDefinition): StudyDefinition => ({
  ...definition,
  exclude: definition.exclude.filter((condition) => !isOpen(condition)),
  conditions: definition.conditions.filter(({ when, keep }) => !isOpen(when) && !isOpen(keep)),
})

/** The rules as far as the axes still have what they name. */
export function soundRules(axes: readonly StudyAxis[], rules: Rules | null): Rules {
  const labels = new Map(axes.map(({ path, values }) => [path, values && new Set(values.map(({ label }) => label))]))
  const sound = (condition: Condition): Condition =>
    Object.fromEntries(
      Object.entries(condition).flatMap(([path, named]) => {
        if (!labels.has(path)) return []
        const known = labels.get(path)
        const left = known ? named.filter((label) => known.has(label)) : named
        return left.length > 0 ? [[path, left]] : []
      }),
    )
  return {
    exclude: (rules?.exclude ?? []).map(sound),
    conditions: (rules?.conditions ?? []).map(({ when, keep }) => ({ when: sound(when), keep: sound(keep) })),
  }
}
