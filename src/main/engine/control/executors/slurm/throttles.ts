/** The limit of tasks at once, kept over the arrays that may run: Slurm limits each array by itself. */
import { shareOut, type LiveArray } from './arrays'
import { arrayOf } from './queue'
import type { SlurmTask } from './task'

export interface Throttles {
  /** As it was sent; 0: no limit. */
  sent(array: string, limit: number): void
  /** Sets anew what is another share now. */
  keep(tasks: readonly SlurmTask[], limit: number): Promise<void>
}

export function createThrottles(set: (array: string, limit: number) => Promise<void>): Throttles {
  const known = new Map<string, number>()
  return {
    sent: (array, limit) => void known.set(array, limit),
    async keep(tasks, limit) {
      const arrays = liveArrays(tasks)
      for (const id of known.keys()) if (!arrays.has(id)) known.delete(id)
      const eligible = [...arrays.values()].filter(({ mayRun }) => mayRun)
      const shares = limit === 0 ? new Map(eligible.map(({ id }) => [id, 0])) : shareOut(limit, eligible)
      for (const [id, share] of shares) {
        if ((known.get(id) ?? (limit === 0 ? 0 : -1)) === share) continue
        await set(id, share)
        known.set(id, share)
      }
    },
  }
}

function liveArrays(tasks: readonly SlurmTask[]): Map<string, LiveArray & { mayRun: boolean }> {
  const arrays = new Map<string, { id: string; tasks: number; mayRun: boolean }>()
  for (const { state, job, row } of tasks) {
    const id = state === 'sent' && job !== null ? arrayOf(job) : null
    if (id === null) continue
    const array = arrays.get(id) ?? { id, tasks: 0, mayRun: false }
    array.tasks += 1
    array.mayRun ||= row !== null && row.reason !== 'Dependency'
    arrays.set(id, array)
  }
  return arrays
}
