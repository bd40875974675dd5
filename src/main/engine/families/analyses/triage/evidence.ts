/** From what was measured of each class to one score, and its calibration. */

/** What is measured of a class. */
export interface ClassEvidence {
  readonly label: number
  /** Mean success of the universal perturbation over all norms, 0…1; null where it could not be searched for. */
  readonly ease: number | null
}

export interface SuspectedClass extends ClassEvidence {
  /** How much easier the class is reached than the easiest other one: −1…1. */
  readonly lead: number | null
  /** 0…1. */
  readonly score: number | null
}

/**
 * Logistic regression of "poisoned with this target" on the lead: score = 1 / (1 + exp(−(intercept + slope · lead))).
 * Fitted by `npm run triage` on the first classes of the teachers that docs/seeing.md names; elsewhere it orders.
 */
export const calibration = { intercept: -2.48, slope: 14.3 } as const

export const scoreOf = (lead: number): number => 1 / (1 + Math.exp(-(calibration.intercept + calibration.slope * lead)))

/**
 * lead_c = ease_c − max over the other classes of ease; positive for one class at most. By descending lead; classes
 * that could not be searched for come last. Differs from Neural Cleanse, which divides by the median absolute
 * deviation: of ten classes that is close to 0 by chance, and two that are alike by nature are far from the median.
 */
export function ranked<Evidence extends ClassEvidence>(evidence: readonly Evidence[]): (Evidence & SuspectedClass)[] {
  const scored = evidence.map((one) => {
    const others = evidence.flatMap(({ label, ease }) => (label === one.label || ease === null ? [] : [ease]))
    const lead = one.ease === null || others.length === 0 ? null : one.ease - Math.max(...others)
    return { ...one, lead, score: lead === null ? null : scoreOf(lead) }
  })
  return scored.sort((left, right) => (right.lead ?? -Infinity) - (left.lead ?? -Infinity) || left.label - right.label)
}
