/** Runs that studies steer, without trainers: a test moves them. */
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import type { RunStore } from '../../../../src/main/engine/control/store'
import type { StudyRuns } from '../../../../src/main/engine/control/studies/types'
import type { Evaluation, RunState, RunSummary, StageRecord } from '../../../../src/shared/domain'
import { UserError } from '../../../../src/shared/errors'

export const evaluation = (accuracy: number, asr: number): Evaluation => ({
  accuracy,
  asr,
  asrAll: asr,
  robustAccuracy: 1 - asr,
  images: 100,
  nonTarget: 90,
})

export interface FakeRuns extends StudyRuns {
  readonly runs: Map<string, RunSummary>
  /** In the order in which they would begin. */
  queue: string[]
  /** Changes a run and tells it. */
  change(runId: string, change: Partial<RunSummary>): void
  changeStage(runId: string, kind: StageRecord['kind'], change: Partial<StageRecord>): void
  /** A step of the student. */
  progress(runId: string, step: number): void
  /** Ends the next queued run as it says. */
  finish(runId: string, result?: Evaluation): void
  fail(runId: string): void
  /** The next creation fails when everything is written. */
  breakNext: Error | null
}

/** @param store where runs are inserted too; absent: in memory alone */
export function createFakeRuns(store?: RunStore): FakeRuns {
  const runs = new Map<string, RunSummary>()
  const listeners = new Set<(run: RunSummary) => void>()
  const of = (id: string): RunSummary => {
    const run = runs.get(id)
    if (!run) throw new UserError(`There is no run "${id}".`)
    return run
  }
  let counter = 0
  const change = (id: string, changes: Partial<RunSummary>): void => {
    const run = { ...of(id), ...changes }
    runs.set(id, run)
    for (const listener of listeners) listener(run)
  }
  const move = (id: string, from: readonly RunState[], state: RunState): void => {
    if (!from.includes(of(id).state)) throw new UserError(`The run is ${of(id).state}.`)
    fake.queue = fake.queue.filter((queued) => queued !== id)
    if (state === 'queued') fake.queue.push(id)
    change(id, { state })
  }
  const fake: FakeRuns = {
    runs,
    queue: [],
    breakNext: null,
    create(cells, alongside) {
      const made = cells.map(({ config, study, executor, priority, until }) => ({
        ...newRun({ id: `run-${++counter}`, config, createdAt: counter }),
        study,
        executor,
        priority,
        until: until ?? null,
      }))
      const write = (): void => {
        for (const run of made) store?.runs.insert(run)
        alongside(made)
        if (fake.breakNext) {
          const error = fake.breakNext
          fake.breakNext = null
          throw error
        }
      }
      if (store) store.studies.transaction(write)
      else write()
      for (const { config: _config, ...run } of made) {
        runs.set(run.id, run)
        fake.queue.push(run.id)
      }
      return made
    },
    pause: (id) => move(id, ['queued', 'running'], 'paused'),
    stop: (id) => move(id, ['queued', 'running', 'paused'], 'stopped'),
    resume(id, options) {
      move(id, ['paused', 'stopped', 'interrupted', 'failed'], 'queued')
      change(id, { until: options?.until ?? null, error: null })
    },
    summary: (id) => structuredClone(of(id)),
    has: (id) => runs.has(id) && of(id).deletedAt === null,
    setPriority: (ids, priority) => ids.forEach((id) => change(id, { priority })),
    reorder(ids) {
      fake.queue = [...ids, ...fake.queue.filter((id) => !ids.includes(id))]
    },
    order: () => [...fake.queue],
    onChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    slots: () => 1,
    change,
    changeStage: (id, kind, stageChange) =>
      change(id, {
        stages: of(id).stages.map((stage) => (stage.kind === kind ? { ...stage, ...stageChange } : stage)),
      }),
    progress(id, step) {
      const stages = of(id).stages.map((stage): StageRecord =>
        stage.kind === 'student'
          ? { ...stage, state: 'running', step, totalSteps: 1000, seconds: step, secondsLeft: 1000 - step }
          : { ...stage, state: 'done', seconds: 10 },
      )
      change(id, { state: 'running', stages })
    },
    finish(id, result = evaluation(0.9, 0.5)) {
      fake.queue = fake.queue.filter((queued) => queued !== id)
      const stages = of(id).stages.map((stage): StageRecord => ({
        ...stage,
        state: 'done',
        seconds: 10,
        evaluation: stage.kind === 'student' ? result : stage.kind === 'teacher' ? evaluation(1, 1) : null,
      }))
      change(id, { state: 'done', stages })
    },
    fail(id) {
      fake.queue = fake.queue.filter((queued) => queued !== id)
      change(id, { state: 'failed', error: [{ name: 'UserError', message: 'No memory.', forUser: true }] })
    },
  }
  return fake
}
