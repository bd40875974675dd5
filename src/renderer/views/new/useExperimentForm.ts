import { computed } from 'vue'
import { defaultsOf, type FamilyId, type Issue, type MemberDescription } from '@shared/schema'
import type { MemberChoice } from '@shared/domain'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useDraftStore } from '../../stores/draft'
import { useEngineStore } from '../../stores/engine'

export interface FormSection { id: string; title: string; paths: string[] }

/** Stages of the pipeline in order, with the configuration paths that each covers. */
export const formSections: readonly FormSection[] = [
  { id: 'data', title: 'Data & attack', paths: ['data', 'attack', 'poisoning'] },
  { id: 'teacher', title: 'Teacher', paths: ['teacher'] },
  { id: 'distillation', title: 'Distillation', paths: ['distillation'] },
  { id: 'students', title: 'Students & defenses', paths: ['students'] },
  { id: 'recording', title: 'Recording & machine', paths: ['recording', 'execution'] },
]

/** What the form needs besides drawing: draft, live validation, time estimate. */
export function useExperimentForm() {
  const engine = useEngineStore()
  const draft = useDraftStore()
  draft.ensure()

  const validation = useEngineQuery('experiment.validate', () => (draft.config ? { config: draft.config } : null), 220)
  const issues = computed<Issue[]>(() => validation.data.value?.issues ?? [])
  const errors = computed(() => issues.value.filter((issue) => issue.severity === 'error'))
  const estimate = useEngineQuery('experiment.estimate', () => (draft.config && errors.value.length === 0 && validation.data.value ? { config: draft.config } : null), 400)

  const members = (family: FamilyId): readonly MemberDescription[] => engine.catalogue?.families.find((entry) => entry.id === family)?.members ?? []
  const issuesOf = (section: FormSection): Issue[] => issues.value.filter((issue) => section.paths.some((path) => issue.path === path || issue.path.startsWith(`${path}.`)))
  /** A member as a fresh choice: its declared defaults. */
  const fresh = (member: MemberDescription): MemberChoice => ({ id: member.id, params: defaultsOf(member.params) })

  return { engine, draft, validation, issues, errors, estimate, members, issuesOf, fresh }
}
export type ExperimentForm = ReturnType<typeof useExperimentForm>
