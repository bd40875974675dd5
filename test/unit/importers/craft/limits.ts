/** The bound of processor time of an import. */
import { expect } from 'vitest'

/** What the yardstick takes on a machine on which an import may take a second; measured on two slow cores. */
const usualYardstick = 0.16
/** The quickest counts: a core that others use as well takes half as long again. */
const tries = 3

const processorSeconds = (start?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

/** Work of the kind that an import does, names in maps: a slower machine takes longer for both. */
function yardstick(): number {
  const start = process.cpuUsage()
  const shapes = new Map<string, number[]>()
  for (let index = 0; index < 100_000; index++) shapes.set(`layer${index % 5000}.conv${index}.weight`, [index, 3, 3])
  let extents = 0
  for (const [name, shape] of shapes) extents += name.length * shape.length
  expect(extents).toBeGreaterThan(0)
  return processorSeconds(start)
}

/** A second; on a slower machine as much more as it is slower. */
export const secondsAllowed = Math.max(1, Math.min(...Array.from({ length: tries }, yardstick)) / usualYardstick)

/** The quickest of the tries, of which no more are made than it takes to be within the bound. */
export async function quickest<Measured extends { seconds: number }>(
  measure: () => Promise<Measured>,
): Promise<Measured> {
  let best = await measure()
  for (let done = 1; done < tries && best.seconds >= secondsAllowed; done++) {
    const again = await measure()
    if (again.seconds < best.seconds) best = again
  }
  return best
}

/** What the work gives; it has to be within the bound. */
export async function withinBound<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  const { result, seconds } = await quickest(async () => {
    const start = process.cpuUsage()
    const result = await work()
    return { result, seconds: processorSeconds(start) }
  })
  expect(seconds).toBeLessThan(secondsAllowed)
  return result
}
