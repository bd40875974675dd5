/** The runs that train or wait, in their order: the higher priority first, then as they came or were put. */
import type { StageKey } from '../experiments/stageKeys'

export interface ActiveRun {
  readonly id: string
  readonly executor: string
  readonly priority: number
  /** Among those of its priority the lower comes first. */
  readonly position: number
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
  /**
   * Those named come first among their equals, in this order.
   * @returns their new positions
   */
  putFirst(ids: readonly string[]): ReadonlyMap<string, number>
}

export function createActiveRuns(): ActiveRuns {
  const runs = new Map<string, ActiveRun>()
  let sorted: readonly ActiveRun[] | null = null
  const all = (): readonly ActiveRun[] =>
    (sorted ??= [...runs.values()].sort(
      (left, right) =>
        right.priority - left.priority || left.position - right.position || (left.id < right.id ? -1 : 1),
    ))
  const change = (id: string, part: Partial<ActiveRun>): void => {
    const run = runs.get(id)
    if (run) runs.set(id, { ...run, ...part })
    sorted = null
  }
  return {
    all,
    of: (executor) => all().filter((run) => run.executor === executor),
    get: (id) => runs.get(id),
    add(run) {
      runs.set(run.id, run)
      sorted = null
    },
    remove(id) {
      sorted = null
      return runs.delete(id)
    },
    setPriority: (id, priority) => change(id, { priority }),
    putFirst(ids) {
      const named = ids.filter((id) => runs.has(id))
      const first = Math.min(0, ...[...runs.values()].map(({ position }) => position)) - named.length
      const positions = new Map(named.map((id, place) => [id, first + place]))
      for (const [id, position] of positions) change(id, { position })
      return positions
    },
  }
}
