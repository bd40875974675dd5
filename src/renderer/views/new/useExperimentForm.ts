import { computed, shallowRef } from 'vue'
import {
  integer,
  validateParameters,
  type FamilyId,
  type Issue,
  type MemberDescription,
  type ParameterSchema,
} from '@shared/schema'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useDraftStore } from '../../stores/draft'
import { useEngineStore } from '../../stores/engine'
import { useMethodTimes } from './useMethodTimes'
import { useTeacherFile } from './useTeacherFile'

export interface FormSection {
  id: string
  title: string
  paths: string[]
}

/** Stages of the pipeline in order, with the configuration paths that each covers. */
export const formSections: readonly FormSection[] = [
  { id: 'data', title: 'Data & attack', paths: ['data', 'attack', 'poisoning'] },
  { id: 'teacher', title: 'Teacher', paths: ['teacher'] },
  { id: 'distillation', title: 'Distillation', paths: ['distillation'] },
  { id: 'students', title: 'Students & defenses', paths: ['students'] },
  { id: 'recording', title: 'Recording & machine', paths: ['recording', 'execution'] },
]

export const seedsField = integer({
  label: 'Runs',
  default: 1,
  min: 1,
  max: 20,
  help: 'How many runs, each from its own seed, counted up from the one beside it. They train one after another; Compare shows their spread.',
})

/** What the form needs besides drawing: draft, live validation, the report on a teacher file, time estimate. */
export function useExperimentForm() {
  const engine = useEngineStore()
  const draft = useDraftStore()
  const loadError = shallowRef<unknown>(null)
  draft.ensure().catch((error: unknown) => {
    loadError.value = error
  })

  const validation = useEngineQuery('experiment.validate', () => (draft.config ? { config: draft.config } : null), 220)
  const teacherFile = useTeacherFile(() => draft.config)
  const seeds = computed(() => validateParameters({ seeds: seedsField }, { seeds: draft.seeds }, ''))
  /** How many runs a start makes. */
  const runCount = computed(() => seeds.value.values.seeds)
  const issues = computed<Issue[]>(() => [
    ...seeds.value.issues.map((issue) => ({ ...issue, path: 'seeds' })),
    ...(validation.data.value?.issues ?? []),
    ...teacherFile.issues.value,
  ])
  const errors = computed(() => issues.value.filter((issue) => issue.severity === 'error'))
  const estimate = useEngineQuery(
    'experiment.estimate',
    () => (draft.config && errors.value.length === 0 && validation.data.value ? { config: draft.config } : null),
    400,
  )

  const members = (family: FamilyId): readonly MemberDescription[] =>
    engine.catalogue?.families.find((entry) => entry.id === family)?.members ?? []
  const methodSeconds = useMethodTimes(
    () => (errors.value.length === 0 && validation.data.value ? draft.config : null),
    () => members('distillation'),
  )
  const issuesOf = (section: FormSection): Issue[] =>
    issues.value.filter((issue) =>
      section.paths.some((path) => issue.path === path || issue.path.startsWith(`${path}.`)),
    )
  /** The label of the field that a path leads to, where one of the declarations has it. */
  function labelOf(path: string): string {
    const name = path.split('.').at(-1) ?? path
    const schemas: ParameterSchema[] = [
      ...Object.values(engine.catalogue?.sections ?? {}).map((section) => section.params),
      ...(engine.catalogue?.families ?? []).flatMap((family) => family.members.map((member) => member.params)),
    ]
    const own = path.includes('.params.') ? memberAt(path)?.params[name] : undefined
    if (path === 'seeds') return seedsField.label
    return own?.label ?? schemas.find((schema) => Object.hasOwn(schema, name))?.[name]?.label ?? path
  }
  function memberAt(path: string): MemberDescription | undefined {
    const place = path.slice(0, path.indexOf('.params.'))
    const choice = place
      .split('.')
      .reduce<unknown>(
        (node, key) => (typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined),
        draft.config,
      )
    const id = (choice as { id?: unknown } | undefined)?.id
    return engine.catalogue?.families.flatMap((family) => family.members).find((member) => member.id === id)
  }

  return {
    engine,
    draft,
    validation,
    teacherFile,
    issues,
    errors,
    estimate,
    methodSeconds,
    members,
    issuesOf,
    labelOf,
    loadError,
    runCount,
  }
}
export type ExperimentForm = ReturnType<typeof useExperimentForm>
