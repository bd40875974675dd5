/** At least so many letters stay at the end, so that it is a word and not a number alone. */
const fewestKept = 6
/** A beginning shorter than the least width that it is given would leave a gap in a name that fits. */
const fewestCut = 6

const commonPrefix = (left: string, right: string): number => {
  const most = Math.min(left.length, right.length)
  let at = 0
  while (at < most && left[at] === right[at]) at++
  return at
}

/** The names above and below one of a list. */
export const neighboursAt = (names: readonly string[], index: number): string[] =>
  [names[index - 1], names[index + 1]].flatMap((name) => name ?? [])

/**
 * Where a name is cut, if it has to be: what stands from there on tells it from its neighbours and stays in sight.
 * E.g. "blend, 10 %, seed 3" beside "blend, 10 %, seed 4": before "seed 3".
 * @param neighbours the names above and below it
 */
export function cutOf(name: string, neighbours: readonly string[]): number {
  const others = neighbours.filter((other) => other !== name)
  const shared = Math.max(0, ...others.map((other) => commonPrefix(name, other)))
  // Without neighbours that share a beginning the end of a name tells most: seeds and numbers stand there.
  const cut = shared > fewestKept ? Math.min(shared, name.length - fewestKept) : name.length - 2 * fewestKept
  const word = name.lastIndexOf(' ', cut)
  const at = cut > 0 && word > 0 && cut - word <= 2 * fewestKept ? word + 1 : cut
  return at < fewestCut ? 0 : at
}
