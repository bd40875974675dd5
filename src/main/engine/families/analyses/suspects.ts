import { z } from 'zod'
import { binsSchema } from '../../../../shared/domain'
import { divergenceBins } from '../../maths/losses/suspectTest'
import type { CurveFigure } from '../../images/figures/types'
import { defineAnalysis } from './types'

/** null where it is not finite: JSON has no word for that. */
const finite = z.number().nullable()

const sample = z.object({
  images: z.number().int().min(0),
  mean: finite,
  /** Population standard deviation. */
  deviation: finite,
  /** Images per bin. */
  counts: z.array(z.number().int().min(0)),
})

/** The lower tail over synthetic images, which a selection test decides by. */
const tail = z.object({
  /** Share of images with log₁₀ KL below `limit`. */
  ratio: finite,
  /** mean − 3 · deviation of log₁₀ KL. */
  limit: finite,
  images: sample,
})

const trial = z.object({
  /** 1 for the ensemble that the stage begins with, one more for each that is drawn anew. */
  trial: z.number().int().min(1),
  /** Pseudo batches done when it was measured last. */
  step: z.number().int().min(0),
  /** accepted, refused by the selection test; waiting: the test is still to come; untested: none is asked for. */
  verdict: z.enum(['waiting', 'untested', 'accepted', 'refused']),
  /** Clean test images. */
  clean: sample,
  /** Triggered test images of the other classes than the target; null without a trigger. */
  triggered: sample.nullable(),
  /**
   * Share of pairs of a triggered and a clean image in which the triggered one has the lower KL, ties counting half.
   * 0.5: the ensemble tells nothing.
   */
  auc: finite,
  /** Over the pooled synthetic images; null before the selection test and without one. */
  tail: tail.nullable(),
})
export type SuspectTrial = z.infer<typeof trial>

const measurements = z.object({
  trials: z.array(trial),
  /** A tail is accepted above this share; null without a selection test. */
  acceptedRatio: finite,
  /** Over the last pseudo batch of the stage: whether the generator still makes images that the ensemble suspects. */
  last: tail.extend({ step: z.number().int() }).nullable(),
})
/** What a defense that suspects images by an ensemble of altered teachers measures of it. */
export type SuspectMeasurements = z.infer<typeof measurements>

const artifact = measurements.extend({ bins: binsSchema })
export type SuspectsArtifact = z.infer<typeof artifact>

const percent = (fraction: number | null): string => (fraction === null ? '–' : `${(fraction * 100).toFixed(1)} %`)

/**
 * Precision over recall of "low KL means triggered", one point for each bin's upper end: of what lies below it, the
 * share that is triggered; of what is triggered, the share that lies below it.
 */
export function precisionRecall({ triggered, clean }: Pick<SuspectTrial, 'triggered' | 'clean'>): [number, number][] {
  const positives = triggered?.counts.reduce((sum, count) => sum + count, 0) ?? 0
  if (!triggered || positives === 0) return []
  const points: [number, number][] = []
  let [found, wrong] = [0, 0]
  for (const [bin, count] of triggered.counts.entries()) {
    found += count
    wrong += clean.counts[bin] ?? 0
    if (found + wrong > 0) points.push([found / positives, found / (found + wrong)])
  }
  return points
}

/**
 * The suspect test: how well an ensemble of altered teachers tells triggered images from clean ones. A report; no
 * decision of a defense uses the test images.
 */
export const suspects = defineAnalysis({
  id: 'suspects',
  title: 'Suspect test',
  summary: 'How well shuffled copies of the teacher tell triggered images from clean ones.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'ABD zskt/utils/syn_vaccine.py compare_shuffle',
  },
  params: {},
  metrics: {
    auc: {
      title: 'AUC',
      group: 'defense',
      unit: '%',
      definition:
        'Area under the ROC curve of “low KL(teacher ‖ shuffled ensemble) means triggered”: the share of pairs of a triggered and a clean test image in which the triggered one has the lower KL, ties counting half. 100 %: the ensemble separates them; 50 %: it tells nothing.',
    },
  },
  needs: ['measurements'],
  when: 'handed',
  artifact,
  view: { kind: 'component', component: 'Suspects' },
  measure: (_params, context) => ({ ...(context.measurements as SuspectMeasurements), bins: { ...divergenceBins } }),
  figures({ trials }) {
    const current = trials.at(-1)
    const points = current ? precisionRecall(current) : []
    const figure: CurveFigure = {
      kind: 'curve',
      name: 'precision-recall',
      title: 'Suspect test: precision and recall',
      x: 'recall: share of triggered images that are suspected',
      y: 'precision: share of suspected images that are triggered',
      points,
    }
    return points.length > 0 ? [figure] : []
  },
  line({ trials }) {
    const current = trials.at(-1)
    if (!current) return null
    const tried = `${trials.length} ${trials.length === 1 ? 'ensemble' : 'ensembles'}`
    const ratio = current.tail ? `, tail ratio ${percent(current.tail.ratio)}` : ''
    return `AUC ${percent(current.auc)}, ${tried}, ${current.verdict}${ratio}`
  },
  /** Until 0.1 it stood in the record of its stage, over the bins that it has still. */
  formerly: ({ suspectTest, ...record }) =>
    suspectTest === undefined
      ? null
      : { artifact: { ...(suspectTest as SuspectMeasurements), bins: { ...divergenceBins } }, record },
})

/** Hands the measurements over; they replace what was handed before. */
export const handSuspects = (account: SuspectMeasurements) =>
  ({ type: 'measurements', analysis: suspects.id, measurements: account }) as const
