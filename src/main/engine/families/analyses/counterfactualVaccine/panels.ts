/** What redrawn shuffles would do, as curves and tables. */
import {
  areaUnderRoc,
  aucInterval,
  rocCurve,
  type CurvesArtifact,
  type Panel,
  type PanelsArtifact,
} from '../../../../../shared/domain'
import { acceptedTailRatio } from '../../../maths/losses/shufflingVaccine'
import { curvesOf, numberIn } from '../panelTables'
import { within, type Looked, type Observation } from './observe'
import type { Choices } from './parameters'
import {
  averageOf,
  recommendedByTail,
  recommendedByTrigger,
  valuesOf,
  worthOf,
  type Recommendation,
  type Setting,
  type Worth,
} from './statistics'

/** All that was observed under one teacher. */
export interface Found {
  readonly looked: Looked
  readonly observations: readonly Observation[]
  readonly choices: Choices
  /** The class that the attack aims at. */
  readonly target: number
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

const lengthOf = (range: Looked['clean'] | null): number => (range ? range.last - range.first : 0)

/** In the order of layers and members. */
export function settingsOf({ looked, observations, choices, target }: Found): Setting[] {
  return choices.layerCounts.flatMap((layers) =>
    choices.memberCounts.map((members) => ({
      layers,
      members,
      draws: observations
        .filter((one) => one.layers === layers && one.members === members)
        .map((one) => worthOf(one, looked, target)),
    })),
  )
}

const countsOf = ({ clean, triggered, synthetic }: Looked): string =>
  `${lengthOf(clean)} clean and ${lengthOf(triggered)} triggered test images of other classes than the target, ${lengthOf(synthetic)} synthetic images`

const drawsOf = ({ seeds }: Choices): string =>
  seeds.length === 1 ? 'one draw of the permutations' : `means over ${seeds.length} draws of the permutations`

export function recommendationPanel({ looked, choices }: Found, settings: readonly Setting[]): Panel {
  const { members } = choices.today
  const own = settings.filter((setting) => setting.members === members)
  const row = (by: string, { layers, reason }: Recommendation) => [
    by,
    layers === null ? 'none' : String(layers),
    reason,
  ]
  return {
    kind: 'table',
    title: 'Recommended number of shuffled layers',
    definition: `Of those tried, with ${members} shuffled teachers; ${drawsOf(choices)}; ${countsOf(looked)}. Nobody who defends has triggered images: that row says what the synthetic ones should have told.`,
    content: {
      columns: [{ title: 'By' }, { title: 'Layers' }, { title: 'Why' }],
      rows: [
        row('test images with the known trigger', recommendedByTrigger(own)),
        row('synthetic images alone', recommendedByTail(own, acceptedTailRatio)),
      ],
    },
  }
}

const layersTitle = 'Who is suspected, by number of shuffled layers'
const triggeredLabel = 'Triggered test images'
const cleanLabel = 'Clean test images'

/** The most of recall minus false alarms; null without triggered images. */
export function bestSeparation(artifact: PanelsArtifact): number | null {
  const lines = curvesOf(artifact, layersTitle)?.lines ?? []
  const [recall, falseAlarms] = [triggeredLabel, cleanLabel].map((label) => lines.find((one) => one.label === label)?.y)
  if (!recall || !falseAlarms) return null
  return numberIn(Math.max(...recall.map((value, place) => (value ?? NaN) - (falseAlarms[place] ?? NaN))))
}

export function layersPanel({ looked, choices }: Found, settings: readonly Setting[]): Panel {
  const own = settings.filter(({ members }) => members === choices.today.members)
  const { layers: today } = choices.today
  const line = (label: string, quantity: keyof Worth) => {
    const y = own.map(({ draws }) => averageOf(draws, quantity))
    const figure = `${percent(y[own.findIndex(({ layers }) => layers === today)] ?? 0)} at ${today}`
    return { label, figure, x: own.map(({ layers }) => layers), y }
  }
  const lines: CurvesArtifact['lines'] = [
    ...(looked.triggered ? [line(triggeredLabel, 'recall')] : []),
    line(cleanLabel, 'falseAlarms'),
    ...(looked.triggered ? [{ ...line('Target given to clean images', 'targetOnClean'), control: true }] : []),
    ...(looked.synthetic ? [line('Synthetic images', 'synthetic')] : []),
  ]
  return {
    kind: 'curves',
    title: layersTitle,
    definition: `Share of the images that the shuffled teachers, their logits averaged, give the teacher’s class; ${choices.today.members} of them, ${drawsOf(choices)}; ${countsOf(looked)}. A mask that is worth something is high for triggered and low for clean images. Control: share of the clean images of other classes that the shuffled teachers give the target; they may answer it whatever they see, and recall that is not above it knows the class, not the trigger.`,
    content: { xTitle: 'Shuffled layers', unit: '%', lines },
  }
}

/** Of the first draw; a curve wants no more places than can be seen. */
const mostPoints = 200

function thinned<Value>(points: readonly Value[]): Value[] {
  const step = Math.max(1, Math.ceil(points.length / mostPoints))
  return points.filter((_, index) => index % step === 0 || index === points.length - 1)
}

export function rocPanel({ looked, observations, choices }: Found): Panel[] {
  const { clean, triggered } = looked
  const { members, seed } = choices.today
  if (!triggered) return []
  const lines = observations
    .filter((one) => one.members === members && one.seed === seed)
    .map((one): CurvesArtifact['lines'][number] => {
      const sides = {
        positives: within(one.kl, triggered).map((value) => -value),
        negatives: within(one.kl, clean).map((value) => -value),
      }
      const auc = areaUnderRoc(sides)
      const { low, high } = aucInterval(auc ?? 0.5, sides.positives.length, sides.negatives.length)
      const points = thinned(rocCurve(sides))
      return {
        label: `${one.layers} ${one.layers === 1 ? 'layer' : 'layers'}`,
        figure: `${percent(auc ?? 0.5)} (${percent(low)} to ${percent(high)})`,
        x: points.map(({ falsePositives }) => 100 * falsePositives),
        y: points.map(({ truePositives }) => truePositives),
      }
    })
  return [
    {
      kind: 'curves',
      title: 'ROC of the divergence',
      definition: `Share of the triggered over the share of the clean test images whose KL(teacher ‖ shuffled) lies below a threshold; in the legend the area with its 95 % interval over images (Newcombe 2006). First draw, ${members} shuffled teachers; ${countsOf(looked)}.`,
      content: {
        xTitle: 'Clean test images below the threshold, %',
        unit: '%',
        lines: [...lines, { label: 'Chance', x: [0, 100], y: [0, 1], control: true, figure: percent(0.5) }],
      },
    },
  ]
}

const definitions = {
  recall: 'Of the triggered test images of other classes than the target, the share that is suspected.',
  falseAlarms: 'Of the clean test images, the share that is suspected.',
  targetOnClean:
    'Control: of the clean test images of other classes, the share that the shuffled teachers give the target. A recall not above it knows the class, not the trigger.',
  aucOfClass:
    'Control: the area of triggered images against the clean ones of the target class alone, which the teacher takes for the same.',
  precision: 'recall / (recall + false alarms): of what is suspected, the share that is triggered, were there as many.',
  auc: 'Area under the ROC curve of “low KL means triggered”, mean over the draws.',
  interval: '95 % interval of that area over images, after Newcombe 2006; it says nothing of other draws.',
  draws: 'Least and largest area of a draw.',
  tail: 'Share of the synthetic images with log₁₀ KL below mean − 3 standard deviations.',
  accepted: `Draws whose tail ratio the selection test accepts at its default, more than ${percent(acceptedTailRatio)}.`,
}

export function settingsPanel({ looked, choices }: Found, settings: readonly Setting[]): Panel {
  const [positives, negatives] = [lengthOf(looked.triggered), lengthOf(looked.clean)]
  const rows = settings.map(({ layers, members, draws }) => {
    const auc = averageOf(draws, 'auc')
    const { low, high } = auc === null ? { low: null, high: null } : aucInterval(auc, positives, negatives)
    const areas = valuesOf(draws, 'auc')
    const tails = valuesOf(draws, 'tailRatio')
    const accepted = tails.filter((ratio) => ratio > acceptedTailRatio).length
    return [
      layers,
      members,
      averageOf(draws, 'recall'),
      averageOf(draws, 'falseAlarms'),
      averageOf(draws, 'targetOnClean'),
      averageOf(draws, 'precision'),
      auc,
      low,
      high,
      areas.length > 0 ? Math.min(...areas) : null,
      areas.length > 0 ? Math.max(...areas) : null,
      averageOf(draws, 'aucOfClass'),
      averageOf(draws, 'synthetic'),
      averageOf(draws, 'tailRatio'),
      tails.length > 0 ? `${accepted} of ${tails.length}` : null,
    ]
  })
  return {
    kind: 'table',
    title: 'Every choice',
    definition: `${drawsOf(choices)}; ${countsOf(looked)}.`.replace(/^./, (first) => first.toUpperCase()),
    content: {
      columns: [
        { title: 'Layers' },
        { title: 'Teachers', definition: 'Shuffled teachers whose logits are averaged.' },
        { title: 'Recall', unit: '%', definition: definitions.recall },
        { title: 'False alarms', unit: '%', definition: definitions.falseAlarms },
        { title: 'Target on clean', unit: '%', definition: definitions.targetOnClean },
        { title: 'Precision', unit: '%', definition: definitions.precision },
        { title: 'AUC', unit: '%', definition: definitions.auc },
        { title: 'from', unit: '%', definition: definitions.interval },
        { title: 'to', unit: '%', definition: definitions.interval },
        { title: 'Least draw', unit: '%', definition: definitions.draws },
        { title: 'Best draw', unit: '%', definition: definitions.draws },
        { title: 'AUC within the class', unit: '%', definition: definitions.aucOfClass },
        { title: 'Synthetic suspected', unit: '%' },
        { title: 'Tail ratio', unit: '%', definition: definitions.tail },
        { title: 'Accepted', definition: definitions.accepted },
      ],
      rows,
    },
  }
}
