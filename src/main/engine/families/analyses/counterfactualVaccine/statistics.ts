/** What a mask and a divergence are worth: rates, areas, tails, and the number of layers that follows. Pure. */
import { areaUnderRoc, meanOf } from '../../../../../shared/domain'
import { tailTest } from '../../../maths/losses/shufflingVaccine'
import { within, type Looked, type Observation } from './observe'

/** Of one set of shuffled teachers; null where there are no such images. */
export interface Worth {
  /** Of the triggered images, the share that is suspected. */
  readonly recall: number | null
  /** Of the clean test images, the share that is suspected. */
  readonly falseAlarms: number
  /**
   * Of the clean test images of other classes, the share that the shuffled teachers give the target: a control. They
   * may answer it whatever they see, and a recall that is not above this knows the class, not the trigger.
   */
  readonly targetOnClean: number | null
  /** As `auc`, against the clean test images of the target class alone: a control for the class as well. */
  readonly aucOfClass: number | null
  /** Of what is suspected, the share that is triggered, if there were as many of them as of clean ones. */
  readonly precision: number | null
  /** Area under the ROC curve of "low KL means triggered". */
  readonly auc: number | null
  /** Of the synthetic images, the share that is suspected. */
  readonly synthetic: number | null
  /** Of the synthetic images, the share with log₁₀ KL below mean − 3 standard deviations. */
  readonly tailRatio: number | null
  /** −Σ m_i KL_i / Σ m_i over the synthetic images: the penalty at coefficient 1. */
  readonly penalty: number | null
}

const shareOf = (flags: readonly boolean[]): number => flags.filter(Boolean).length / Math.max(1, flags.length)

/** recall / (recall + false alarms); null where nothing is suspected. */
export function precisionOf(recall: number, falseAlarms: number): number | null {
  return recall + falseAlarms > 0 ? recall / (recall + falseAlarms) : null
}

function penaltyOf(kl: readonly number[], suspected: readonly boolean[]): number {
  const marked = kl.filter((_, row) => suspected[row] === true)
  return marked.length > 0 ? -meanOf(marked) : 0
}

/** Rows of the clean test images that are, or are not, of the target class. */
function cleanRows({ clean, images }: Looked, target: number, isTarget: boolean): number[] {
  const rows = Array.from({ length: clean.last - clean.first }, (_, row) => clean.first + row)
  return rows.filter((row) => (images.labels[row] === target) === isTarget)
}

export function worthOf({ kl, suspected, labels }: Observation, looked: Looked, target: number): Worth {
  const { clean, triggered, synthetic } = looked
  const [own, others] = [cleanRows(looked, target, true), cleanRows(looked, target, false)]
  const of = (rows: readonly number[]): number[] => rows.map((row) => kl[row] ?? 0)
  const falseAlarms = shareOf(within(suspected, clean))
  const recall = triggered && shareOf(within(suspected, triggered))
  return {
    recall,
    falseAlarms,
    targetOnClean: others.length > 0 ? shareOf(others.map((row) => labels[row] === target)) : null,
    aucOfClass: triggered && areaUnderRoc({ positives: of(own), negatives: within(kl, triggered) }),
    precision: recall === null ? null : precisionOf(recall, falseAlarms),
    auc: triggered && areaUnderRoc({ positives: within(kl, clean), negatives: within(kl, triggered) }),
    synthetic: synthetic && shareOf(within(suspected, synthetic)),
    tailRatio: synthetic && tailTest(within(kl, synthetic)).ratio,
    penalty: synthetic && penaltyOf(within(kl, synthetic), within(suspected, synthetic)),
  }
}

/** Several draws of one choice. */
export interface Setting {
  readonly layers: number
  readonly members: number
  readonly draws: readonly Worth[]
}

/** Mean over the draws that have it; null where none has. */
export function averageOf(draws: readonly Worth[], quantity: keyof Worth): number | null {
  const values = valuesOf(draws, quantity)
  return values.length > 0 ? meanOf(values) : null
}

export const valuesOf = (draws: readonly Worth[], quantity: keyof Worth): number[] =>
  draws.flatMap((draw) => draw[quantity] ?? [])

export interface Recommendation {
  /** null: none is better than chance, or none is accepted. */
  readonly layers: number | null
  readonly reason: string
}

const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)

function best<Value>(values: readonly Value[], score: (value: Value) => number): Value | undefined {
  return values.reduce<Value | undefined>(
    (most, value) => (most === undefined || score(value) > score(most) ? value : most),
    undefined,
  )
}

/** Below this the mask tells triggered images from clean ones no better than a guess would on a few hundred images. */
const smallestDifference = 0.1

/**
 * By images whose trigger is known, which a defender has not: where recall is furthest above both the false alarms and
 * the control, of equals the fewest layers.
 */
export function recommendedByTrigger(settings: readonly Setting[]): Recommendation {
  const difference = ({ draws }: Setting): number =>
    (averageOf(draws, 'recall') ?? 0) -
    Math.max(averageOf(draws, 'falseAlarms') ?? 0, averageOf(draws, 'targetOnClean') ?? 0)
  const found = best(settings, difference)
  if (!found || averageOf(found.draws, 'recall') === null) return { layers: null, reason: 'No trigger is known.' }
  const words = `it suspects ${percent(averageOf(found.draws, 'recall'))} of the triggered and ${percent(averageOf(found.draws, 'falseAlarms'))} of the clean test images, and the shuffled teachers give the target to ${percent(averageOf(found.draws, 'targetOnClean'))} of the clean ones of other classes`
  return difference(found) >= smallestDifference
    ? { layers: found.layers, reason: `Of those tried ${words}, the largest difference.` }
    : { layers: null, reason: `Even at best (${found.layers}) ${words}: too little to tell them apart.` }
}

/** By synthetic images alone: the largest tail ratio, where it is accepted as the selection test accepts it. */
export function recommendedByTail(settings: readonly Setting[], acceptedRatio: number): Recommendation {
  const ratio = ({ draws }: Setting): number => averageOf(draws, 'tailRatio') ?? 0
  const found = best(settings, ratio)
  if (!found || averageOf(found.draws, 'tailRatio') === null) return { layers: null, reason: 'No synthetic images.' }
  const words = `tail ratio ${percent(ratio(found))}`
  return ratio(found) > acceptedRatio
    ? {
        layers: found.layers,
        reason: `Largest ${words}; accepted is more than ${percent(acceptedRatio)}. It suspects ${percent(averageOf(found.draws, 'synthetic'))} of them.`,
      }
    : {
        layers: null,
        reason: `Even at best (${found.layers}) ${words}; accepted is more than ${percent(acceptedRatio)}.`,
      }
}
