/** The life of runs and the book of their stages, as studies ask for them. */
import type { EventHub } from '../events'
import type { Executor } from '../executors/executor'
import type { RunService } from '../runs/service'
import type { RunStore } from '../store'
import type { StageBook, StudyRuns } from '../studies/types'

export interface StudyRunsOptions {
  readonly store: RunStore
  readonly hub: EventHub
  readonly executors: ReadonlyMap<string, Executor>
  readonly runs: RunService
}

export function studyRuns({ store, hub, executors, runs }: StudyRunsOptions): StudyRuns {
  return {
    create: (cells, alongside) => runs.create(cells, alongside),
    pause: (runId) => void runs.interrupt(runId, 'pause'),
    stop: (runId) => void runs.interrupt(runId, 'stop'),
    resume: (runId, options) => void runs.resume(runId, options),
    summary: (runId) => store.runs.peek(runId),
    has: (runId) => store.runs.has(runId) && store.runs.peek(runId).deletedAt === null,
    setPriority(runIds, priority) {
      store.runs.mark(new Map(runIds.map((id) => [id, { priority }])))
      runs.scheduler.setPriority(runIds, priority)
    },
    reorder: (runIds) => runs.scheduler.putFirst(runIds),
    order: () => runs.scheduler.runs.all().map(({ id }) => id),
    onChanged: (listener) => hub.subscribe('run.changed', {}, ({ run }) => listener(run)),
    slots: (executor) => executors.get(executor)?.slots() ?? 1,
  }
}

export function studyBook({ store, runs }: Pick<StudyRunsOptions, 'store' | 'runs'>): StageBook {
  return {
    read: (configs) => runs.prepare(configs),
    keysOf: (config, executor) => runs.book.keysOf(config, runs.deviceOf(config, executor)),
    find(key) {
      const found = runs.book.find(key)
      if (!found) return null
      const { place, state, seconds, trainedFor } = found
      return { place, state, seconds, runId: trainedFor ?? store.runs.naming(place)[0] ?? '' }
    },
  }
}
