import { computed, shallowRef, watch } from 'vue'
import { useConnection } from '../../api/connection'
import type { ClassesArtifact } from '../../analyses/confusions'
import { confusionAnalysis } from '../../analyses/index'
import { useNewestTask } from '../../composables/useNewestTask'
import type { ShownStudent } from '../../students/useStudents'
import { useEngineStore } from '../../stores/engine'
import type { Absence } from './moments'

/** The classes of one student's test images at an evaluation. */
export interface Matrix {
  readonly step: number
  readonly artifact: ClassesArtifact
}
export type MatricesAt = ReadonlyMap<string, Matrix | Absence>

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
  let known = new Map<string, Matrix | 'none'>()
  const shown = shallowRef<MatricesAt>(new Map())

  async function matrixOf({ key, runId, stageId }: ShownStudent, at: number, signal?: AbortSignal) {
    // What is on its way when there are others belongs to those before.
    const then = known
    const name = `${key}@${at}`
    const found = then.get(name)
    if (found !== undefined || analysis.value === undefined) return found ?? 'none'
    const asked = { runId, stageId, analysis: analysis.value, notAfter: at }
    const [entry] = (await engine.call('runs.artifacts', asked, signal)).artifacts
    const matrix =
      entry?.fault === null && entry.artifact !== null
        ? { step: entry.step, artifact: entry.artifact as ClassesArtifact }
        : 'none'
    then.set(name, matrix)
    return matrix
  }
  /** A student that cannot be read keeps no other one from being seen. */
  const readable = (student: ShownStudent, at: number, signal?: AbortSignal): Promise<Matrix | Absence> =>
    matrixOf(student, at, signal).catch((): Absence => 'unreadable')
  const matricesAt = async (of: readonly ShownStudent[], at: number, signal?: AbortSignal): Promise<MatricesAt> =>
    new Map(await Promise.all(of.map(async (student) => [student.key, await readable(student, at, signal)] as const)))
  watch(newest, () => {
    known = new Map()
  })
  watch(
    // As text: an array would be another one with every step of a run.
    () => [...students().map(({ key }) => key), step(), analysis.value, newest()].join(' '),
    async () => {
      const at = step()
      if (at === null) return
      const outcome = await task.run((signal) => matricesAt(students(), at, signal))
      if (outcome.kind === 'done') shown.value = outcome.value
    },
    { immediate: true },
  )
  return { shown, matricesAt }
}
