import { onScopeDispose, readonly, ref } from 'vue'
import type { RunState, RunSummary, StageRecord } from '@shared/domain'
import { ExhaustiveError } from '@shared/errors'
import { useConnection } from '../api/connection'
import { percent } from '../format/numbers'

/** So that nobody is interrupted more often; of what came meanwhile the newest is said of each run. */
const calmMilliseconds = 2000
/** Long enough to be read out. */
const shownMilliseconds = 8000

function stateWords(state: RunState): string {
  switch (state) {
    case 'queued':
      return 'waits in the queue'
    case 'running':
      return 'is running'
    case 'paused':
      return 'is paused'
    case 'stopped':
      return 'was stopped'
    case 'interrupted':
      return 'was interrupted'
    case 'failed':
      return 'has failed'
    case 'done':
      return 'is done'
    default:
      throw new ExhaustiveError(state)
  }
}

const runningStage = ({ stages }: RunSummary): StageRecord | undefined =>
  stages.find(({ state }) => state === 'running')

function words(run: RunSummary): string {
  const stage = run.state === 'running' ? runningStage(run) : undefined
  if (stage) return `${run.name}: ${stage.title} is running.`
  const last = run.state === 'done' ? run.stages.findLast(({ evaluation }) => evaluation !== null)?.evaluation : null
  const result = last ? ` Last model: accuracy ${percent(last.accuracy)}, ASR ${percent(last.asr)}.` : ''
  return `${run.name} ${stateWords(run.state)}.${result}`
}

/**
 * What a screen reader says of runs while they go on: their states, and which stage has begun. Cells of studies are
 * many; of them only a failure is said.
 */
export function useAnnouncements() {
  const { engine } = useConnection()
  const text = ref('')
  const said = new Map<string, string>()
  const waiting = new Map<string, string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let clearing: ReturnType<typeof setTimeout> | undefined

  function say(): void {
    timer = undefined
    text.value = [...waiting.values()].join(' ')
    waiting.clear()
    clearTimeout(clearing)
    clearing = setTimeout(() => (text.value = ''), shownMilliseconds)
  }
  onScopeDispose(
    engine.subscribe('run.changed', {}, ({ run }) => {
      const now = `${run.state} ${runningStage(run)?.id ?? ''}`
      const before = said.get(run.id)
      said.set(run.id, now)
      // A run that ended before this page was opened is no news.
      const news = before === undefined ? run.state === 'running' || run.state === 'queued' : before !== now
      if (!news || (run.study && run.state !== 'failed')) return
      waiting.set(run.id, words(run))
      timer ??= setTimeout(say, calmMilliseconds)
    }),
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    clearTimeout(clearing)
  })
  return { text: readonly(text) }
}
