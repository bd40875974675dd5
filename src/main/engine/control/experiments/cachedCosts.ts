/** Costs that are asked for again and again: a study's thousands of cells have few networks between them. */
import type { CostModel } from './costModel'

/** So many answers of each question are kept; the oldest go first. */
const kept = 512

/** @param keyOf what decides the answer */
function remembered<Args extends unknown[], Result>(
  ask: (...args: Args) => Result,
  keyOf: (...args: Args) => unknown = (...args) => args,
): (...args: Args) => Result {
  const answers = new Map<string, { readonly result: Result }>()
  return (...args) => {
    const key = JSON.stringify(keyOf(...args))
    const known = answers.get(key)
    if (known) return known.result
    const answer = { result: ask(...args) }
    if (answers.size >= kept) answers.delete(answers.keys().next().value ?? '')
    answers.set(key, answer)
    return answer.result
  }
}

/** The same answers. None of them depends on anything but its arguments. */
export const cachedCosts = (costs: CostModel): CostModel => ({
  ...costs,
  forward: remembered(costs.forward),
  refusal: remembered(costs.refusal),
  levels: remembered(costs.levels),
  faults: remembered(costs.faults),
  phase: remembered(costs.phase),
  trainPerClass: remembered(costs.trainPerClass),
  memberIssues: remembered(costs.memberIssues, ({ data, distillation, students }) => [data, distillation, students]),
  distillation: remembered(costs.distillation, ({ data, teacher, distillation }) => [
    data,
    teacher.architecture,
    distillation,
  ]),
  range: remembered(costs.range),
  sizes: remembered(costs.sizes),
})
