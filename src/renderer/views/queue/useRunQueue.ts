import { computed, ref } from 'vue'
import type { RunSummary, StageRecord } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useRunActions } from '../../composables/useRunActions'
import { useRunRows } from '../../composables/useRunRows'
import { whereWords } from '../../format/stageWhere'
import { useNoticesStore } from '../../stores/notices'
import { useRunsStore } from '../../stores/runs'
import { moved } from '../study/useQueue'

/** As the engine takes them: the higher priority, then the place, then the age. */
export const inQueueOrder = (runs: readonly RunSummary[]): RunSummary[] =>
  [...runs].sort(
    (left, right) =>
      (right.priority ?? 0) - (left.priority ?? 0) ||
      (left.position ?? left.createdAt) - (right.position ?? right.createdAt),
  )

const nextStage = ({ stages }: RunSummary): StageRecord | undefined => stages.find(({ state }) => state !== 'done')

/** Why a run waits, in words. */
export function waitWords(run: RunSummary, place: number): string {
  const next = nextStage(run)
  if (next?.where) return whereWords(next.where)
  if (next?.state === 'running')
    return next.origin
      ? `its ${next.title.toLowerCase()} is being trained in “${next.origin.runName}”`
      : 'between two stages'
  return place === 0 ? 'starts as soon as there is room' : 'waits for its turn'
}

/** At most so many ended runs are offered to be tried again. */
const shownFailures = 20
/** Of more than these, the last are not shown until those before them have begun. */
const shownWaiting = 500

export function useRunQueue() {
  const { engine } = useConnection()
  const store = useRunsStore()
  const notices = useNoticesStore()
  const actions = useRunActions()
  const dragged = ref<number | null>(null)
  const dragOver = ref<number | null>(null)
  const running = computed(() => inQueueOrder(store.active.filter(({ state }) => state === 'running')))
  const queued = useRunRows({ query: () => 'state:queued', limit: shownWaiting })
  const failed = useRunRows({ query: () => 'state:failed', limit: shownFailures })
  const paused = useRunRows({ query: () => 'state:paused', limit: shownWaiting })
  /** What events have told since the question counts too. */
  const waiting = computed(() => {
    const found = new Map([...queued.runs.value, ...store.active].map((run) => [run.id, run]))
    return inQueueOrder([...found.values()].filter(({ state }) => state === 'queued'))
  })

  async function move(from: number, to: number): Promise<void> {
    if (from === to) return
    const order = moved(waiting.value, from, to)
      .slice(0, Math.max(from, to) + 1)
      .map(({ id }) => id)
    await notices.attempt('The order could not be changed.', () => engine.call('runs.reorder', { runIds: order }))
  }
  function drag(place: number): void {
    dragged.value = place
  }
  async function drop(place: number): Promise<void> {
    const from = dragged.value
    dragged.value = null
    dragOver.value = null
    if (from !== null) await move(from, place)
  }
  /** The last that would begin first: what is taken away makes room for nothing that comes next. */
  async function pauseAll(): Promise<void> {
    for (const run of [...waiting.value].reverse()) await actions.control('pause', run)
    for (const run of running.value) await actions.control('pause', run)
  }
  async function resumeAll(): Promise<void> {
    for (const run of [...paused.runs.value].reverse()) await actions.control('resume', run)
  }
  return {
    ...{ running, waiting, dragOver, drag, drop, move, pauseAll, resumeAll },
    ...{ failed: failed.runs, failedCount: failed.matching },
    ...{ paused: paused.runs, pausedCount: paused.matching, waitingCount: queued.matching },
  }
}
