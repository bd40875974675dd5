/** What executors have really computed on, and the keys of stages that were to be computed on something else. */
import type { ExperimentConfig } from '../../../../shared/domain'
import type { Executor } from '../executors/executor'
import type { MemberTable } from '../experiments/memberTable'
import type { RunStore } from '../store'
import { asTrained } from './asTrained'
import { placeOf } from './demand'
import type { RunRecorder } from './recorder'
import type { StageScheduler } from './scheduler'
import { givenTeacher, keyFields, type StageBook } from './stageBook'

export interface FoundDevicesOptions {
  readonly store: RunStore
  readonly recorder: RunRecorder
  readonly table: MemberTable
  readonly executors: ReadonlyMap<string, Executor>
  readonly book: StageBook
  readonly scheduler: StageScheduler
  /** What the book has to know before it can tell keys. */
  prepare(configs: readonly ExperimentConfig[]): Promise<void>
}

export interface FoundDevices {
  /** What a run of that configuration computes on there, as far as is known. */
  of(config: ExperimentConfig, executor: string): 'cpu' | 'gpu'
}

export function createFoundDevices(options: FoundDevicesOptions): FoundDevices {
  const { store, recorder, table, executors, book, scheduler } = options
  const found = new Map<string, 'cpu' | 'gpu'>()

  /** Stages that were to be computed on another device are other stages than those whose keys they bear. */
  function deviceFound(place: string, kind: 'cpu' | 'gpu'): void {
    for (const id of store.runs.naming(place)) {
      const active = scheduler.runs.get(id)
      if (!active) continue
      found.set(active.executor, kind)
      const { keyDevice } = store.runs.peek(id).stages.find((stage) => stage.place === place) ?? {}
      if (keyDevice === undefined || keyDevice === kind) continue
      // A key that nobody can tell is left as it is; the numbers are right whatever they are filed under.
      void rekey(id, place, kind).catch((error: unknown) => recorder.causesOf(error))
    }
  }

  async function rekey(id: string, place: string, device: 'cpu' | 'gpu'): Promise<void> {
    const config = asTrained(id, store, table)
    await options.prepare([config])
    const { stages } = store.runs.peek(id)
    const teacher = stages.find((stage) => stage.kind === 'teacher')
    // A teacher that is there stays the one that its students build on.
    const kept = teacher?.state === 'done' && teacher.place !== place ? teacher : undefined
    const fork = stages.find(({ prefix }) => prefix?.fork)?.prefix ?? undefined
    const keys = book.keysOf(config, device, { teacher: kept && givenTeacher(kept), fork })
    for (const stage of stages) {
      const key = keys.find((entry) => entry.id === stage.id)
      if (!key?.keyDevice || (stage.state === 'done' && stage.place !== place)) continue
      store.runs.setStage(id, stage.id, { prefix: null, ...keyFields(key) })
      store.stages.update(placeOf(stage), { key: key.key })
    }
    scheduler.refresh(id)
  }

  recorder.onDevice((place, { kind }) => deviceFound(place, kind))
  return {
    of: ({ execution: { device } }, executor) =>
      device === 'auto' ? (found.get(executor) ?? executors.get(executor)?.device?.() ?? 'cpu') : device,
  }
}
