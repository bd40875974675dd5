/** The condition of a model, as its record says it; of records without one derived from method and defenses. */
import type { Condition, StageRecord } from '../../../../shared/domain'

const numbers = new Map<string, number>()

export function conditionOf(stage: StageRecord): Condition {
  if (stage.condition) return stage.condition
  const key = stage.kind === 'student' ? `${stage.method ?? ''} ${stage.defense ?? 'none'}` : stage.kind
  const number = numbers.get(key) ?? numbers.size
  numbers.set(key, number)
  return { key, number }
}
