import { computed, ref, shallowRef } from 'vue'
import { changedPaths, liesWithin } from '@shared/domain'
import { choosable, validateParameters, type FamilyId, type Issue, type MemberDescription } from '@shared/schema'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useDraftStore } from '../../stores/draft'
import { useEngineStore } from '../../stores/engine'
import { liesInSection, sectionOf, seedsField, type SectionId } from './formSections'
import { scrollToField } from './scrollToField'
import { useDraftReset } from './useDraftReset'
import { useFieldLabels } from './useFieldLabels'
import { useFormPlaces, type FormPlace } from './useFormPlaces'
import { useMethodTimes } from './useMethodTimes'
import { useTeacherFile } from './useTeacherFile'

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
  const found = computed<Issue[]>(() => [
    ...seeds.value.issues.map((issue) => ({ ...issue, path: 'seeds' })),
    ...(validation.data.value?.issues ?? []),
    ...teacherFile.issues.value,
  ])
  const errors = computed(() => found.value.filter((issue) => issue.severity === 'error'))
  /** Errors first. A warning beside an error is about the default that stands in for the wrong value. */
  const issues = computed(() => {
    const wrong = new Set(errors.value.map(({ path }) => path))
    return [...errors.value, ...found.value.filter(({ severity, path }) => severity !== 'error' && !wrong.has(path))]
  })
  const valid = computed(() => errors.value.length === 0 && validation.data.value !== null)
  const startable = computed(() => errors.value.length === 0 && !validation.pending.value && !teacherFile.pending.value)
  const estimate = useEngineQuery(
    'experiment.estimate',
    () => (draft.config && valid.value ? { config: draft.config } : null),
    400,
  )

  const members = (family: FamilyId): readonly MemberDescription[] =>
    choosable(engine.catalogue?.families.find((entry) => entry.id === family)?.members ?? [])
  const methodSeconds = useMethodTimes(
    () => (valid.value ? draft.config : null),
    () => members('distillation'),
  )
  const issuesOf = (section: SectionId): Issue[] => issues.value.filter((issue) => liesInSection(issue.path, section))
  /** Whether anything has to be said about a place of the configuration. */
  const hasIssue = (place: string): boolean => issues.value.some((issue) => liesWithin(issue.path, place))
  /** Whether these places are free of errors, so that the engine can show what they lead to. */
  const areSound = (...places: readonly string[]): boolean =>
    !errors.value.some((issue) => places.some((place) => liesWithin(issue.path, place)))

  return {
    ...{ draft, loadError, runCount, startable, issues, errors, issuesOf, hasIssue, areSound },
    ...{ teacherFile, estimate, members, methodSeconds },
    ...useFormFields(),
    ...useDraftReset(),
  }
}
export type ExperimentForm = ReturnType<typeof useExperimentForm>

/** Every parameter of the form, which sections show all of theirs, what was edited, and the way to a field. */
function useFormFields() {
  const draft = useDraftStore()
  const engine = useEngineStore()
  const places = useFormPlaces(
    () => draft.config,
    () => draft.seeds,
  )
  const labelOf = useFieldLabels(
    () => draft.config,
    () => places.value,
  )
  /** Sections that show all of their parameters. */
  const folds = ref<ReadonlySet<SectionId>>(new Set())
  const changed = computed(() => changedPaths(draft.config, draft.origin ?? engine.catalogue?.defaults))
  /** Whether a section is not as the draft began. */
  const isEdited = (section: SectionId): boolean => changed.value.some((path) => liesInSection(path, section))

  /** Brings a field into sight, unfolding what hides it. */
  function reveal(path: string): Promise<void> {
    const place = places.value.find((entry) => entry.path === path)
    const shown: FormPlace | undefined = place?.hiddenBy
      ? places.value.find((entry) => entry.path === place.hiddenBy)
      : place
    const section = sectionOf(path)
    if (section && shown?.field.advanced) folds.value = new Set([...folds.value, section])
    return scrollToField(shown?.path ?? path)
  }
  return { places, labelOf, folds, isEdited, reveal }
}
