import { integer } from '../../../../shared/schema'
import { searchParameters } from './metric'
import { drawPoint, pointKey, triedPoints } from './points'
import { defineStrategy, type Suggestion, type Trial } from './types'

/** Pseudo batches of the rungs below a whole run: first · factorᵏ. */
export function rungsOf({ first, factor, length }: { first: number; factor: number; length: number }): number[] {
  const rungs: number[] = []
  for (let step = first; step < length; step *= factor) rungs.push(step)
  return rungs
}

const valueAtRung = ({ rungs }: Trial, step: number): number | undefined =>
  rungs.find((rung) => rung.step === step)?.value

/** The trials that stand at a rung, and are among its best 1 / factor; the best first. */
function promotable(history: readonly Trial[], step: number, factor: number): Trial[] {
  const reached = history
    .filter((trial) => valueAtRung(trial, step) !== undefined)
    .sort((left, right) => (valueAtRung(right, step) ?? 0) - (valueAtRung(left, step) ?? 0))
  return reached
    .slice(0, Math.floor(reached.length / factor))
    .filter((trial) => trial.state === 'resting' && trial.rungs.at(-1)?.step === step)
}

/**
 * Asynchronous successive halving: a run rests at each rung, and goes on once it is among the best 1/factor of all that
 * have reached the rung so far. Nobody waits for others: where none may go on, another one begins.
 * Differs from the paper: a run keeps its schedule of learning rates for the whole length, whatever rung it rests at.
 */
export const asha = defineStrategy({
  id: 'asha',
  title: 'Successive halving',
  summary: 'Lets many short runs begin and only the best of them go on: asynchronous successive halving (ASHA).',
  reference: {
    citation: 'Li et al. 2018, A System for Massively Parallel Hyperparameter Tuning',
    link: 'https://arxiv.org/abs/1810.05934',
    place: 'algorithm 2',
  },
  params: {
    ...searchParameters,
    first: integer({
      label: 'First rung',
      unit: 'pseudo batches',
      default: 100,
      min: 1,
      max: 1_000_000,
      help: 'After so many a run rests for the first time. A multiple of the evaluation interval, so that its value is fresh.',
    }),
    factor: integer({
      label: 'Reduction factor',
      default: 3,
      min: 2,
      max: 100,
      help: 'One in so many goes on from each rung, to a rung so many times as far.',
    }),
  },
  search: ({ metric, trials, atOnce }) => ({ metric, trials, atOnce }),
  checks: ({ first }, { length }) =>
    first < length || length === 0
      ? []
      : [
          {
            parameter: 'first',
            severity: 'error',
            message: `wanted fewer than the run's ${length} pseudo batches, got ${first}`,
          },
        ],
  next({ trials, seed, first, factor }, space, history, count) {
    const rungs = rungsOf({ first, factor, length: space.length })
    const suggestions: Suggestion[] = []
    for (let rung = rungs.length - 1; rung >= 0; rung--) {
      const until = rungs[rung + 1]
      for (const { number } of promotable(history, rungs[rung] ?? 0, factor))
        if (suggestions.length < count)
          suggestions.push({ kind: 'goOn', trial: number, ...(until === undefined ? {} : { until }) })
    }
    const tried = triedPoints(history)
    for (let number = history.length; number < trials && suggestions.length < count; number++) {
      const point = drawPoint(space, { seed, number, tried })
      if (!point) break
      tried.add(pointKey(point))
      suggestions.push({ kind: 'new', point, ...(rungs[0] === undefined ? {} : { until: rungs[0] }) })
    }
    return suggestions
  },
})
