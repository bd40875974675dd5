/** Which baseline a figure is held against: of a group's variants the one with the least median. */
import { comparedFigures, figures } from './figures.mjs'

/**
 * The fastest variant of every group for each figure.
 * @param seconds figure → subject → { median }
 * @returns group → figure → variant
 */
export function bestOf(seconds, variants) {
  const best = {}
  for (const { id, group } of variants) {
    best[group] ??= {}
    for (const [figure, bySubject] of Object.entries(seconds)) {
      const value = bySubject[id]?.median
      const before = bySubject[best[group][figure]]?.median ?? Infinity
      if (value !== undefined && value < before) best[group][figure] = id
    }
  }
  return best
}

/** The phases in which each variant has to run all repeats: those in which it was fastest in a figure. */
export function finalists(best) {
  const phases = new Map()
  for (const figuresOfGroup of Object.values(best))
    for (const [figure, variant] of Object.entries(figuresOfGroup)) {
      const { phase } = figures.find(({ id }) => id === figure)
      phases.set(variant, new Set([...(phases.get(variant) ?? []), phase]))
    }
  return phases
}

/**
 * Their median / our median, figure by figure; a figure that one of the two lacks is left out.
 * @param theirs figure → subject it is compared with
 */
export function ratiosAgainst(seconds, theirs, ours) {
  const compared = ({ id }) => theirs[id] !== undefined
  return Object.fromEntries(
    comparedFigures.filter(compared).flatMap(({ id: figure }) => {
      const subject = theirs[figure]
      const [one, other] = [seconds[figure]?.[subject]?.median, seconds[figure]?.[ours]?.median]
      return one === undefined || other === undefined ? [] : [[figure, one / other]]
    }),
  )
}
