/** The runs that train or wait, in their order: the higher priority first, then as they came or were put. */
import type { StageKey } from '../experiments/stageKeys'

export interface ActiveRun {
  readonly id: string
  readonly executor: string
  readonly priority: number
  readonly keys: readonly StageKey[]
}

export interface ActiveRuns {
  add(run: ActiveRun): void
  /** False where it was not there. */
  remove(id: string): boolean
  get(id: string): ActiveRun | undefined
  /** In order. */
  of(executor: string): readonly ActiveRun[]
  all(): readonly ActiveRun[]
  setPriority(id: string, priority: number): void
  /** Those named come first among their equals, in this order. */
  putFirst(ids: readonly string[]): void
}

export function createActiveRuns(): ActiveRuns {
  const runs = new Map<string, { run: ActiveRun; position: number }>()
  let last = 0
  let first = 0
  let sorted: readonly ActiveRun[] | null = null
  const all = (): readonly ActiveRun[] =>
    (sorted ??= [...runs.values()]
      .sort((left, right) => right.run.priority - left.run.priority || left.position - right.position)
      .map(({ run }) => run))
  const changed = (): void => {
    sorted = null
  }
  return {
    all,
    of: (executor) => all().filter((run) => run.executor === executor),
    get: (id) => runs.get(id)?.run,
    add(run) {
      runs.set(run.id, { run, position: runs.get(run.id)?.position ?? ++last })
      changed()
    },
    remove(id) {
      changed()
      return runs.delete(id)
    },
    setPriority(id, priority) {
      const found = runs.get(id)
      if (found) found.run = { ...found.run, priority }
      changed()
    },
    putFirst(ids) {
      for (const id of [...ids].reverse()) {
        const found = runs.get(id)
        if (found) found.position = --first
      }
      changed()
    },
  }
}
