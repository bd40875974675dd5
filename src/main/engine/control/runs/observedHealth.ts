/** What is seen of a stage's health while it works; what its record tells anyway is not kept: see findingsOf. */
import type { HealthFinding } from '../../../../shared/domain'
import type { KeptStage } from '../store'
import type { StageContext } from './types'

/** @param change keeps and tells a change of the stage */
export function observedHealth(
  stage: () => Pick<KeptStage, 'health'>,
  change: (change: Pick<KeptStage, 'health'>) => void,
): Pick<StageContext, 'observe' | 'forgetHealthAfter'> {
  const keep = (health: HealthFinding[]): void => {
    // Nothing is the usual case, and is not worth a word.
    if (health.length > 0 || (stage().health ?? []).length > 0) change({ health })
  }
  return {
    observe(kind, finding) {
      const others = (stage().health ?? []).filter((known) => known.kind !== kind)
      keep(finding ? [...others, finding] : others)
    },
    forgetHealthAfter: (step) => keep((stage().health ?? []).filter((known) => (known.step ?? 0) <= step)),
  }
}
