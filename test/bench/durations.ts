/** Times of a phase on the clock and of the processor. */
import type { Part, PhaseTimes, Times } from './phases'

/** Seconds on the clock, and those that this process took of all cores. */
export interface Duration {
  readonly wall: number
  readonly cpu: number
}

export function durationOf(work: () => void): Duration {
  const [start, before] = [performance.now(), process.cpuUsage()]
  work()
  const { user, system } = process.cpuUsage(before)
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }
}

export function answerOf(parts: Readonly<Record<'total', Duration>> & Partial<Record<Part, Duration>>): PhaseTimes {
  const clock = (which: keyof Duration): Times =>
    Object.fromEntries(Object.entries(parts).map(([part, duration]) => [part, duration[which]])) as unknown as Times
  return { ...clock('wall'), cpu: clock('cpu') }
}

export const sumOf = (durations: readonly Duration[]): Duration => ({
  wall: durations.reduce((sum, { wall }) => sum + wall, 0),
  cpu: durations.reduce((sum, { cpu }) => sum + cpu, 0),
})

export const shareOf = ({ wall, cpu }: Duration, count: number): Duration => ({ wall: wall / count, cpu: cpu / count })
