/** What the models of a cell are compared with: those without a defense, or with another one, of the same seeds. */
import { RefusedInputError } from '../../errors'
import { noDefense } from '../config'
import { countsInMeans } from '../health'
import { pairedTest, type PairedTest } from '../statistics'
import type { Steps } from '../steps'
import { compareLabels } from './fields'
import type { PivotModel } from './models'
import type { TestedValue } from './values'

/** Of each value; null without three pairs. */
export type Tests = Readonly<Record<TestedValue, PairedTest | null>>

/** The model that one is compared with; null where there is none, or it is one of them itself. */
export type Baseline = (model: PivotModel) => PivotModel | null

const defenseOf = ({ kind, labels }: PivotModel): string | null =>
  kind === 'student' ? (labels['defenses'] ?? noDefense) : null

/** What models may be compared with: the labels of their defenses, in the order of the study, else by the alphabet. */
export function* defenseLabelSteps(models: readonly PivotModel[], order: readonly string[] = []): Steps<string[]> {
  const found = new Set<string>()
  for (const model of models) {
    const label = defenseOf(model)
    if (label !== null) found.add(label)
    yield
  }
  const placeOf = (label: string): number => (order.includes(label) ? order.indexOf(label) : order.length)
  return [...found].sort((left, right) => placeOf(left) - placeOf(right) || compareLabels(left, right))
}

/**
 * Where one label stands for several settings of a seed, nothing is compared with them, as with a cell that is mixed.
 * @throws RefusedInputError for a defense that none of the models has
 */
export function* baselineSteps(models: readonly PivotModel[], against: string | undefined): Steps<Baseline> {
  if (against === undefined) return ({ twin }) => twin
  const only = new Map<string, PivotModel | null>()
  const placeOf = ({ pairKey, seed }: PivotModel): string => `${pairKey ?? ''} ${seed}`
  let known = false
  for (const model of models) {
    yield
    if (defenseOf(model) !== against) continue
    known = true
    if (model.state !== 'done' || !countsInMeans(model)) continue
    only.set(placeOf(model), only.has(placeOf(model)) ? null : model)
  }
  if (!known) {
    const labels = yield* defenseLabelSteps(models)
    throw new RefusedInputError(`None of these models has the defense "${against}" to be compared with.`, {
      wanted: labels.join(', '),
      got: against,
    })
  }
  return (model) => (defenseOf(model) === against ? null : (only.get(placeOf(model)) ?? null))
}

/** Paired tests over the seeds that a cell and what it is compared with have in common. */
export function testsOf(done: readonly PivotModel[], baseline: Baseline): Tests | null {
  const pairs = done.flatMap((model) => {
    const other = baseline(model)
    return other ? [[other, model] as const] : []
  })
  const test = (value: TestedValue): PairedTest | null =>
    pairedTest(
      pairs.flatMap(([other, model]) => {
        const [without, own] = [other.values[value], model.values[value]]
        return without === null || own === null ? [] : [[without, own] as const]
      }),
    )
  const tests = { accuracy: test('accuracy'), asr: test('asr'), robustAccuracy: test('robustAccuracy') }
  return Object.values(tests).some((entry) => entry !== null) ? tests : null
}
