import { computed, ref, shallowRef } from 'vue'
import type { ExperimentPreset, RunSummary, StudyDefinition, StudyPreset } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useStudyFromRun } from '../../composables/useStudyFromRun'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'
import { useRunsStore } from '../../stores/runs'
import { useStudyDraftStore } from '../../stores/studyDraft'
import { counted } from '../../format/cellStates'

/** "10 attacks × 4 defenses × 3 seeds": what is crossed; pairs count once. */
export function sizeOf({ axes }: StudyDefinition): string {
  const seen = new Set<string>()
  const sizes = axes.flatMap(({ values, pairedAs }) => {
    if (!values || (pairedAs !== undefined && seen.has(pairedAs))) return []
    if (pairedAs !== undefined) seen.add(pairedAs)
    return [values.length]
  })
  const cells = sizes.reduce((product, size) => product * size, 1)
  return `${sizes.length > 1 ? `${sizes.join(' × ')} = ` : ''}${counted(cells, 'cell')}`
}

/** The ways in which a study begins. */
export function useStudyBeginning() {
  const { engine } = useConnection()
  const engineStore = useEngineStore()
  const draft = useStudyDraftStore()
  const studyFromRun = useStudyFromRun()
  const readyMade = useEngineQuery('studies.presets', () => ({}))
  const presets = computed(() => engineStore.catalogue?.presets ?? [])
  const notices = useNoticesStore()
  const runs = useRunsStore()
  const foundRuns = shallowRef<readonly RunSummary[]>([])
  const fileError = shallowRef<unknown>(null)
  const reading = ref(false)

  const anyRuns = computed(() => runs.total > 0)
  /** The newest runs that a query finds. */
  async function findRuns(query: string): Promise<void> {
    const page = await notices.attempt('The runs could not be searched.', () =>
      engine.call('table.rows', { of: 'runs', query, columns: [], order: [], offset: 0, limit: 50 }),
    )
    foundRuns.value = [...(page?.runs ?? [])]
  }

  const beginReadyMade = ({ definition, title }: StudyPreset): void =>
    draft.begin(definition, { kind: 'ready-made', title, remarks: [] })
  const beginPreset = ({ id, title }: ExperimentPreset): void => draft.beginFrom({ preset: id }, title, 'preset')
  const beginRun = (run: RunSummary): Promise<void> => studyFromRun(run)
  async function openFile(file: File): Promise<void> {
    reading.value = true
    fileError.value = null
    try {
      const text = await file.text()
      const { definition, remarks } = await engine.call('studies.read', { text, fileName: file.name })
      draft.begin(definition, { kind: 'file', title: file.name, remarks })
    } catch (error) {
      fileError.value = error
    }
    reading.value = false
  }
  return {
    readyMade,
    presets,
    anyRuns,
    foundRuns,
    findRuns,
    beginReadyMade,
    beginPreset,
    beginRun,
    openFile,
    fileError,
    reading,
  }
}
