/** What a cell has come to, told from its run. */
import type { CellState, RunSummary, StageRecord, StageWhere, StudyCell } from '../../../../shared/domain'
import type { StoredCell } from '../store/studyRecords'

/** Cells that nothing more will happen to by itself. */
const ended: ReadonlySet<CellState> = new Set(['done', 'failed', 'cancelled', 'stopped'])
export const hasEnded = (state: CellState): boolean => ended.has(state)

/** Cells that work, or wait for a place to. */
const live: ReadonlySet<CellState> = new Set(['waiting', 'queued', 'running'])
export const isLive = (state: CellState): boolean => live.has(state)

export function stateOf(cell: StoredCell, run: RunSummary | null): CellState {
  if (run === null || run.deletedAt !== null) return cell.cancelled || cell.runId !== null ? 'cancelled' : 'waiting'
  if (cell.cancelled && run.state !== 'done' && run.state !== 'running') return 'cancelled'
  return run.state
}

/** 0 … 1 of a stage's steps. */
export function fractionOf({ state, step, totalSteps, activity }: StageRecord): number {
  if (state === 'done') return 1
  if (totalSteps !== null && totalSteps > 0) return Math.min(1, step / totalSteps)
  return activity?.fraction ?? 0
}

function progressOf(cell: StoredCell, run: RunSummary): number {
  if (run.state === 'done') return 1
  let [done, total] = [0, 0]
  for (const stage of run.stages) {
    const weight = cell.stages.find(({ id }) => id === stage.id)?.seconds ?? 1
    total += weight
    done += weight * fractionOf(stage)
  }
  return total > 0 ? done / total : 0
}

/** "waits for Resources", "n2, job 17_3"; null where there is nothing to say. */
function whereWords(where: StageWhere | undefined): string | null {
  if (!where) return null
  const { state, reason, job, node, gpu } = where
  if (state === 'waiting') return reason === undefined ? null : `waits for ${reason}`
  const parts = [node, gpu === undefined ? undefined : `GPU ${gpu}`, job === undefined ? undefined : `job ${job}`]
  return parts.filter((part) => part !== undefined).join(', ') || null
}

/** @param run null where there is none (any more) */
export function cellOf(cell: StoredCell, run: RunSummary | null): StudyCell {
  const { index, axes } = cell
  const state = stateOf(cell, run)
  if (run === null)
    return {
      index,
      axes,
      state,
      runId: null,
      progress: 0,
      secondsLeft: null,
      teacher: null,
      student: null,
      error: null,
      where: null,
    }
  const [teacher, student] = (['teacher', 'student'] as const).map((kind) =>
    run.stages.find((stage) => stage.kind === kind),
  )
  const current = run.stages.find((stage) => stage.state !== 'done')
  return {
    index,
    axes,
    state,
    runId: run.id,
    progress: progressOf(cell, run),
    secondsLeft: state === 'running' ? (current?.secondsLeft ?? null) : null,
    teacher: teacher?.evaluation ?? null,
    student: student?.evaluation ?? null,
    ...(student?.health ? { health: student.health } : {}),
    ...(teacher?.health ? { teacherHealth: teacher.health } : {}),
    error: run.error,
    where: hasEnded(state) ? null : whereWords(current?.where),
  }
}
