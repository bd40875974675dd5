/** Which tasks go into which array, and how many of each array may run at once. */
import type { TaskNeeds } from '../executor'

/** A task that may be sent: all it waits for is done or has a job. */
export interface Sendable {
  readonly needs: TaskNeeds
  /** Jobs that it waits for. */
  readonly after: readonly string[]
}

export interface ArrayLimits {
  /** Tasks of one array; Infinity: no limit. */
  readonly arraySize: number
  /** Tasks that the cluster's queue takes now; Infinity: no limit. */
  readonly room: number
}

const groupOf = ({ needs, after }: Sendable): string =>
  JSON.stringify([[...new Set(after)].sort(), needs.threads, needs.device])

/**
 * Tasks that wait for the same jobs and need the same become one array, in the order they came; long ones are split.
 * What finds no room is left for later.
 */
export function planArrays<Task extends Sendable>(
  tasks: readonly Task[],
  { arraySize, room }: ArrayLimits,
): { arrays: Task[][]; left: Task[] } {
  const taken = tasks.slice(0, Math.max(0, room))
  const groups = new Map<string, Task[]>()
  for (const task of taken) {
    const group = groups.get(groupOf(task))
    if (group) group.push(task)
    else groups.set(groupOf(task), [task])
  }
  const arrays = [...groups.values()].flatMap((group) => pieces(group, arraySize))
  return { arrays, left: tasks.slice(taken.length) }
}

function pieces<Task>(tasks: readonly Task[], size: number): Task[][] {
  const length = Math.max(1, Math.min(size, tasks.length))
  return Array.from({ length: Math.ceil(tasks.length / length) }, (_, index) =>
    tasks.slice(index * length, (index + 1) * length),
  )
}

export interface LiveArray {
  readonly id: string
  /** Tasks that have not ended. */
  readonly tasks: number
}

/**
 * Shares a limit out over the arrays that may run: evenly, and what one does not use goes to the others. Slurm limits
 * each array by itself and knows no 0, so every array gets at least 1: more arrays than the limit exceed it.
 */
export function shareOut(limit: number, arrays: readonly LiveArray[]): Map<string, number> {
  const shares = new Map<string, number>()
  let left = limit
  const smallestFirst = [...arrays].sort((one, other) => one.tasks - other.tasks)
  smallestFirst.forEach(({ id, tasks }, index) => {
    const share = Math.max(1, Math.min(tasks, Math.floor(left / (arrays.length - index))))
    shares.set(id, share)
    left = Math.max(0, left - share)
  })
  return shares
}
