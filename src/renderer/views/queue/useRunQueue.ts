import { computed } from 'vue'
import type { RunSummary, StageRecord, TableOrder } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useRunRows } from '../../composables/useRunRows'
import { counted } from '../../format/cellStates'
import { whereWords } from '../../format/stageWhere'
import { useNoticesStore } from '../../stores/notices'
import { useRunsStore } from '../../stores/runs'

/** As the engine takes them: the higher priority, then the place, then the age. */
const queueOrder: TableOrder[] = [
  { column: 'priority', descending: true },
  { column: 'position' },
  { column: 'created' },
]
/** The same of records that are here. */
export const inQueueOrder = (runs: readonly RunSummary[]): RunSummary[] =>
  [...runs].sort(
    (left, right) =>
      (right.priority ?? 0) - (left.priority ?? 0) ||
      (left.position ?? left.createdAt) - (right.position ?? right.createdAt),
  )

const nextStage = ({ stages }: RunSummary): StageRecord | undefined => stages.find(({ state }) => state !== 'done')

/** Why a run waits, in words; null where it only waits for those before it. */
export function waitWords(run: RunSummary, place: number): string | null {
  const next = nextStage(run)
  if (next?.where) return whereWords(next.where)
  if (next?.state === 'running')
    return next.origin
      ? `its ${next.title.toLowerCase()} is being trained in “${next.origin.runName}”`
      : 'between two stages'
  return place === 0 ? 'starts as soon as there is room' : null
}

/** At most so many ended runs are offered to be tried again. */
const shownFailures = 20
/** Of more than these, the last are not shown until those before them have begun. */
const shownWaiting = 500

export function useRunQueue() {
  const { engine } = useConnection()
  const store = useRunsStore()
  const notices = useNoticesStore()
  const running = computed(() => inQueueOrder(store.active.filter(({ state }) => state === 'running')))
  const queued = useRunRows({ query: () => 'state:queued', order: queueOrder, limit: shownWaiting })
  const failed = useRunRows({ query: () => 'state:failed', limit: shownFailures })
  const paused = useRunRows({ query: () => 'state:paused', limit: 1 })
  /** What events have told since the question counts too; behind a gap nothing is shown. */
  const waiting = computed(() => {
    const found = new Map([...queued.runs.value, ...store.active].map((run) => [run.id, run]))
    return inQueueOrder([...found.values()].filter(({ state }) => state === 'queued')).slice(0, shownWaiting)
  })
  const waitingCount = computed(() => Math.max(queued.matching.value, waiting.value.length))

  const reorder = (front: readonly RunSummary[]): Promise<unknown> =>
    notices.attempt('The order could not be changed.', () =>
      engine.call('runs.reorder', { runIds: front.map(({ id }) => id) }),
    )
  const idsOf = async (query: string): Promise<string[]> =>
    (await engine.call('table.keys', { of: 'runs', query, order: queueOrder })).keys
  /** One that has ended meanwhile, or cannot be steered, holds up no other. */
  async function steerAll(verb: 'pause' | 'resume', ids: readonly string[]): Promise<void> {
    const failures: unknown[] = []
    for (const id of ids) await store.control(verb, id).catch((error: unknown) => failures.push(error))
    if (failures.length === 0) return
    await notices.attempt(`${counted(failures.length, 'run')} could not ${verb}.`, () => Promise.reject(failures[0]))
  }
  const attempt = (verb: 'pause' | 'resume', ids: () => Promise<readonly string[]>): Promise<void> =>
    notices.attempt(`The runs could not ${verb}.`, async () => steerAll(verb, await ids())).then(() => undefined)
  /** The last that would begin first: what is taken away makes room for nothing that comes next. */
  const pauseAll = (): Promise<void> =>
    attempt('pause', async () => [...(await idsOf('state:queued')).reverse(), ...(await idsOf('state:running'))])
  const resumeAll = (): Promise<void> => attempt('resume', () => idsOf('state:paused'))
  return {
    ...{ running, waiting, waitingCount, reorder, pauseAll, resumeAll },
    ...{ failed: failed.runs, failedCount: failed.matching, pausedCount: paused.matching },
  }
}
