import { computed, shallowRef, watch } from 'vue'
import { useConnection } from '../../api/connection'
import type { ClassesArtifact } from '../../analyses/confusions'
import { confusionAnalysis } from '../../analyses/index'
import { useNewestTask } from '../../composables/useNewestTask'
import type { ShownStudent } from '../../students/useStudents'
import { useEngineStore } from '../../stores/engine'

/** The classes of one student's test images at an evaluation. */
export interface Matrix {
  readonly step: number
  readonly artifact: ClassesArtifact
}

/**
 * The newest confusion matrices that were measured at a step or before it, by student. What has come is kept: a step
 * that was seen once is there at once.
 * @param newest what changes when there are others
 */
export function useMatrices(students: () => readonly ShownStudent[], step: () => number | null, newest: () => string) {
  const { engine } = useConnection()
  const store = useEngineStore()
  const analysis = computed(() => confusionAnalysis(store.membersOf('analysis'))?.id)
  const task = useNewestTask()
  const known = new Map<string, Matrix | null>()
  const shown = shallowRef<ReadonlyMap<string, Matrix | null>>(new Map())

  async function matrixOf({ key, runId, stageId }: ShownStudent, at: number, signal?: AbortSignal) {
    const name = `${key}@${at}`
    const found = known.get(name)
    if (found !== undefined || analysis.value === undefined) return found ?? null
    const asked = { runId, stageId, analysis: analysis.value, notAfter: at }
    const [entry] = (await engine.call('runs.artifacts', asked, signal)).artifacts
    const matrix =
      entry?.fault === null && entry.artifact !== null
        ? { step: entry.step, artifact: entry.artifact as ClassesArtifact }
        : null
    known.set(name, matrix)
    return matrix
  }
  const matricesAt = async (at: number, signal?: AbortSignal): Promise<ReadonlyMap<string, Matrix | null>> =>
    new Map(
      await Promise.all(students().map(async (student) => [student.key, await matrixOf(student, at, signal)] as const)),
    )
  watch(newest, () => known.clear())
  watch(
    () => [
      students()
        .map(({ key }) => key)
        .join(),
      step(),
      analysis.value,
      newest(),
    ],
    async () => {
      const at = step()
      if (at === null) return
      const outcome = await task.run((signal) => matricesAt(at, signal))
      // A run that is gone has been said to be gone already.
      if (outcome.kind === 'done') shown.value = outcome.value
    },
    { immediate: true },
  )
  return { shown, matricesAt }
}
