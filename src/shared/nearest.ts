/** The known word that a misspelt one was meant to be. */

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
export function editDistance(left: string, right: string): number {
  const width = right.length + 1
  let [twoBack, before] = [new Array<number>(width).fill(0), Array.from({ length: width }, (_, index) => index)]
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column < width; column++) {
      const same = left[row - 1] === right[column - 1]
      let least = Math.min(
        (before[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (before[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (row > 1 && column > 1 && swapped) least = Math.min(least, (twoBack[column - 2] ?? 0) + 1)
      current.push(least)
    }
    ;[twoBack, before] = [before, current]
  }
  return before[width - 1] ?? 0
}

/** Words longer than this are nobody's slip of the pen; comparing them would only cost time. */
const comparedLength = 200
const lastPart = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/**
 * The known word nearest to this one; undefined where none is near. Of dotted paths also the one that ends alike
 * ("ratio" is near "poisoning.ratio").
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > comparedLength) return undefined
  const wanted = word.toLowerCase()
  let best: { word: string; distance: number } | undefined
  for (const candidate of known) {
    const name = candidate.toLowerCase()
    const distance = Math.min(editDistance(wanted, name), 1 + editDistance(lastPart(wanted), lastPart(name)))
    if (best === undefined || distance < best.distance) best = { word: candidate, distance }
  }
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.word : undefined
}

/** " (did you mean …?)" where a known word is near, else nothing. */
export const orMeant = (word: string, known: readonly string[]): string => {
  const near = nearest(word, known)
  return near === undefined || near === word ? '' : ` (did you mean ${near}?)`
}

/** The known words for a refusal's "wanted", the one that was probably meant first. */
export function wantedAmong(word: string, known: readonly string[], none = 'none'): string {
  const near = nearest(word, known)
  const list = known.join(', ') || none
  return near === undefined ? list : `"${near}"? Known: ${list}`
}
