/** Ticks of an axis at round numbers, also after zooming to a range that is not round. */

const rungs = [1, 2, 2.5, 5, 10]

/** Rounding keeps 0.30000000000000004 off an axis. */
const tidied = (value: number): number => Number(value.toPrecision(12))

/**
 * The smallest distance of 1, 2, 2.5 or 5 times a power of ten that makes at most so many ticks.
 * @param integer of an axis that counts: nothing between two whole numbers
 */
export function tickDistance([from, to]: readonly [number, number], most: number, integer = false): number {
  const span = to - from
  if (!(span > 0)) return integer ? 1 : Math.abs(from) || 1
  const power = 10 ** Math.floor(Math.log10(span / Math.max(1, most)))
  const usable = integer && power <= 1 ? rungs.filter((rung) => Number.isInteger(rung * power)) : rungs
  const rung = usable.find((candidate) => span / (candidate * power) <= most) ?? 10
  const distance = tidied(rung * power)
  return integer ? Math.max(1, Math.round(distance)) : distance
}

/** The round numbers within a range, ends included; E.g. of 1,234 to 5,678: 2,000, 3,000, 4,000, 5,000. */
export function roundTicks(range: readonly [number, number], most = 6, integer = false): number[] {
  const distance = tickDistance(range, most, integer)
  const first = Math.ceil(tidied(range[0] / distance))
  const last = Math.floor(tidied(range[1] / distance))
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => tidied((first + index) * distance))
}

/** The range that begins and ends at round numbers around another one. */
export function roundRange(range: readonly [number, number], most = 5): [number, number] {
  const distance = tickDistance(range, most)
  const [from, to] = [
    tidied(Math.floor(tidied(range[0] / distance)) * distance),
    tidied(Math.ceil(tidied(range[1] / distance)) * distance),
  ]
  return from === to ? [from - distance, to + distance] : [from, to]
}

/** Powers of ten within a range; where they are fewer than two, with their multiples by 2 and 5, or round numbers. */
export function logTicks(range: readonly [number, number], most = 8): number[] {
  const [from, to] = range
  const powers = powersOf(range, [1])
  if (powers.length > most) {
    const every = Math.ceil(powers.length / most)
    return powers.filter((_, index) => index % every === 0)
  }
  if (powers.length >= 3) return powers
  const finer = powersOf(range, [1, 2, 5])
  return finer.length >= 2 ? finer : roundTicks([from, to], 4)
}

function powersOf([from, to]: readonly [number, number], factors: readonly number[]): number[] {
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))]
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
    .flatMap((power) => factors.map((factor) => tidied(factor * power)))
    .filter((tick) => tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9))
}
