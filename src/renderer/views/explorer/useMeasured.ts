import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { hasEnded, imageNumbersArtifact, type AskedAnalysis, type ImageNumbersArtifact } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { analysisFacts } from '../../analyses/shown'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'
import { keptSince } from './measuredNumbers'
import type { ShownStudent } from '../../students/useStudents'

/** What was measured of the images of one run's students. */
export interface MeasuredRun {
  readonly runId: string
  /** The newest that has ended well. */
  readonly numbers: ImageNumbersArtifact | null
  /** Of the students that are shown: those that it says nothing of. */
  readonly lacking: readonly ShownStudent[]
  /** Images that its students have kept since. */
  readonly keptSince: number
  /** The newest that was asked for, until it has ended well. */
  readonly asked: AskedAnalysis | null
}

/** More images are measured evenly: 2,000 take some 20 seconds. */
const mostMeasured = 20_000

/**
 * The analysis that measures numbers per kept image: what it has found of the students, and how to ask for it.
 * @param counts of the images that students of a run have kept, as far as they are known
 */
export function useMeasured(
  students: () => readonly ShownStudent[],
  counts: (runId: string) => ReadonlyMap<string, number>,
) {
  const { engine, onReopen } = useConnection()
  const store = useEngineStore()
  const notices = useNoticesStore()
  const member = computed(() =>
    store.membersOf('analysis').find((entry) => analysisFacts(entry).view.kind === 'imageNumbers'),
  )
  const newest = shallowRef<ReadonlyMap<string, AskedAnalysis>>(new Map())
  const found = shallowRef<ReadonlyMap<string, ImageNumbersArtifact>>(new Map())
  const runIds = computed(() => [...new Set(students().map(({ runId }) => runId))])

  async function read(runId: string): Promise<void> {
    const analysis = member.value?.id
    if (analysis === undefined) return
    const { asked } = await engine.call('analyses.list', { runId, analysis })
    newest.value = withEntry(newest.value, runId, asked[0])
    const done = asked.find(({ state }) => state === 'done')
    const answer = done && (await engine.call('analyses.get', { id: done.id }))
    const parsed = imageNumbersArtifact.safeParse(answer?.artifact)
    found.value = withEntry(found.value, runId, parsed.success ? parsed.data : undefined)
  }
  /** A run that is gone has been said to be gone already. */
  const readAll = (): void => runIds.value.forEach((runId) => void read(runId).catch(() => undefined))
  watch([runIds, member], readAll, { immediate: true })
  onScopeDispose(onReopen(readAll))
  onScopeDispose(
    engine.subscribe('analysis.changed', {}, ({ runId, asked }) => {
      if (asked.analysis !== member.value?.id || !runIds.value.includes(runId)) return
      newest.value = withEntry(newest.value, runId, asked)
      if (hasEnded(asked)) void read(runId).catch(() => undefined)
    }),
  )

  const runs = computed(() =>
    runIds.value.map((runId): MeasuredRun => {
      const numbers = found.value.get(runId) ?? null
      const own = students().filter((student) => student.runId === runId)
      const asked = newest.value.get(runId)
      return {
        runId,
        numbers,
        keptSince: numbers ? keptSince(numbers, counts(runId)) : 0,
        lacking: own.filter(({ stageId }) => !numbers?.stages.includes(stageId)),
        asked: asked && asked.state !== 'done' ? asked : null,
      }
    }),
  )
  /** All students of the run that are shown, so that one answer tells of all of them. */
  const measure = ({ runId }: MeasuredRun): Promise<unknown> =>
    notices.attempt('The images could not be measured.', () =>
      engine.call('analyses.start', {
        runId,
        analysis: member.value?.id ?? '',
        params: { imageLimit: mostMeasured },
        stageIds: students().flatMap((student) => (student.runId === runId ? [student.stageId] : [])),
      }),
    )
  const cancel = ({ asked }: MeasuredRun): Promise<unknown> =>
    notices.attempt('The measurement could not be cancelled.', () =>
      asked ? engine.call('analyses.cancel', { id: asked.id }) : Promise.resolve(null),
    )
  const numbersOf = (runId: string): ImageNumbersArtifact | null => found.value.get(runId) ?? null
  return { runs, measure, cancel, numbersOf, offered: computed(() => member.value !== undefined) }
}

function withEntry<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value | undefined,
): ReadonlyMap<string, Value> {
  const next = new Map(map)
  if (value === undefined) next.delete(key)
  else next.set(key, value)
  return next
}
