/** An entry of a list that can be reordered. */
export interface Reorderable {
  readonly key: string | number
  readonly name: string
  /** Where its name leads. */
  readonly to?: string | undefined
  /** What it waits for. */
  readonly where: string | null
}

/** The list with one entry at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const copy = [...list]
  const [entry] = copy.splice(from, 1)
  if (entry !== undefined) copy.splice(to, 0, entry)
  return copy
}

/** Those up to the last that changes its place, in their new order: the others stay behind them as they are. */
export const frontAfterMove = <T>(list: readonly T[], from: number, to: number): T[] =>
  moved(list, from, to).slice(0, Math.max(from, to) + 1)
