import { computed, onScopeDispose, watch } from 'vue'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../../api/connection'
import type { ShownStudent } from '../../students/useStudents'
import { useRunsStore } from '../../stores/runs'

/** The records of the students' runs, kept current while they are looked at. */
export function useRunsOf(students: () => readonly ShownStudent[]) {
  const { engine } = useConnection()
  const store = useRunsStore()
  const held = new Map<string, () => void>()
  const ids = computed(() => [...new Set(students().map(({ runId }) => runId))])
  async function read(runId: string): Promise<void> {
    if (store.byId.has(runId)) return
    const { config: _config, changedPaths: _changedPaths, ...summary } = await engine.call('runs.get', { runId })
    store.keep(summary)
  }
  watch(
    ids,
    (now) => {
      for (const [id, release] of held) {
        if (now.includes(id)) continue
        release()
        held.delete(id)
      }
      for (const id of now) {
        if (held.has(id)) continue
        held.set(id, store.hold(id))
        // A run that is gone has been said to be gone already.
        void read(id).catch(() => undefined)
      }
    },
    { immediate: true },
  )
  onScopeDispose(() => held.forEach((release) => release()))
  const runOf = (student: Pick<ShownStudent, 'runId'>): RunSummary | undefined => store.byId.get(student.runId)
  /** Changes when a student was measured once more. */
  const newest = (): string =>
    students()
      .map((student) => {
        const stage = runOf(student)?.stages.find(({ id }) => id === student.stageId)
        return `${stage?.state ?? ''} ${Object.values(stage?.artifacts ?? {}).join(' ')}`
      })
      .join()
  return { runOf, newest }
}
