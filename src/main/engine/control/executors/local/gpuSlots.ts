/** One GPU for each task, where GPUs were named. */
export interface GpuSlots {
  /** A free one for this task, or where all are taken, the one with the fewest; undefined where none were named. */
  take(task: string): string | undefined
  /** A task that an earlier engine started has this one. */
  hold(task: string, gpu: string): void
  free(task: string): void
}

export function createGpuSlots(names: () => readonly string[]): GpuSlots {
  const taken = new Map<string, string>()
  const tasksOn = (gpu: string): number => [...taken.values()].filter((name) => name === gpu).length
  return {
    take(task) {
      const [gpu] = [...names()].sort((left, right) => tasksOn(left) - tasksOn(right))
      if (gpu !== undefined) taken.set(task, gpu)
      return gpu
    },
    hold: (task, gpu) => void taken.set(task, gpu),
    free: (task) => void taken.delete(task),
  }
}
