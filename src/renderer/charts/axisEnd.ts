const rungs = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]

/**
 * Where a step axis ends: the next round number, so that it moves in few jumps while a run grows, but never beyond the
 * known end.
 */
export function axisEnd(lastStep: number, totalSteps: number | null): number {
  const last = Math.max(1, lastStep)
  const power = 10 ** Math.floor(Math.log10(last))
  const round = (rungs.find((rung) => rung * power >= last) ?? 10) * power
  return totalSteps !== null && totalSteps >= last ? Math.min(round, totalSteps) : round
}
