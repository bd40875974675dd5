import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import { ownMachine, type StudyDefinition, type StudyRemark } from '@shared/domain'
import { useEngineStore } from './engine'

const storageKey = 'abd.studyDraft'

/** Where a study file came from, and what of it was not understood. */
export interface StudyOrigin {
  readonly kind: 'ready-made' | 'preset' | 'run' | 'file' | 'study'
  readonly title: string
  readonly remarks: readonly StudyRemark[]
}
interface Draft {
  definition: StudyDefinition | null
  origin: StudyOrigin | null
}

/** A base and three seeds, to which other axes come. */
const beginning = (base: StudyDefinition['base'], name: string, strategy: string): StudyDefinition => ({
  format: 1,
  name,
  note: '',
  base,
  axes: [
    {
      path: 'seed',
      values: [0, 1, 2].map((seed) => ({ label: String(seed), value: seed })),
    },
  ],
  exclude: [],
  conditions: [],
  strategy: { id: strategy, params: {} },
  order: 'seedsLast',
  executor: ownMachine,
  priority: 0,
})

function readStored(): Draft {
  try {
    const draft = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Partial<Draft> | null
    return draft?.definition?.format === 1
      ? { definition: draft.definition, origin: draft.origin ?? null }
      : { definition: null, origin: null }
  } catch {
    return { definition: null, origin: null }
  }
}

/** The study being set up; survives closing the window. The engine checks it whole before anything starts. */
export const useStudyDraftStore = defineStore('studyDraft', () => {
  const engine = useEngineStore()
  const stored = readStored()
  const definition = shallowRef<StudyDefinition | null>(stored.definition)
  const origin = shallowRef<StudyOrigin | null>(stored.origin)
  watch([definition, origin], () => {
    if (definition.value)
      localStorage.setItem(storageKey, JSON.stringify({ definition: definition.value, origin: origin.value }))
    else localStorage.removeItem(storageKey)
  })

  function begin(next: StudyDefinition, from: StudyOrigin): void {
    definition.value = next
    origin.value = from
  }
  /** A base and a first axis: seeds. */
  const beginFrom = (base: StudyDefinition['base'], name: string, kind: StudyOrigin['kind']): void => {
    const [first] = engine.membersOf('strategy')
    begin(beginning(base, name, first?.id ?? ''), { kind, title: name, remarks: [] })
  }
  function clear(): void {
    definition.value = null
    origin.value = null
  }
  function change(values: Partial<StudyDefinition>): void {
    if (definition.value) definition.value = { ...definition.value, ...values }
  }
  return { definition, origin, begin, beginFrom, clear, change }
})
