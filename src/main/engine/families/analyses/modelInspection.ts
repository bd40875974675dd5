import { panelsArtifact, type CurvesArtifact, type Panel, type PanelsArtifact } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { integer, text, type ValuesOf } from '../../../../shared/schema'
import { selectImages } from '../../images/imageSets'
import type { ImageSet } from '../../images/types'
import { createStream } from '../../maths/random'
import { toFloat32 } from '../../weights/weightMap'
import { answersOf } from './answers'
import { defineAskedAnalysis, type AskedContext, type NetworkLayer, type OpenNetwork } from './askedTypes'
import { curvesOf, numberIn } from './panelTables'

const params = {
  testLimit: integer({
    label: 'Test images, at most',
    default: 300,
    min: 10,
    max: 100_000,
    help: 'Clean and triggered test images that channels are compared on and accuracy and ASR are measured with.',
  }),
  prunedLayer: text({
    label: 'Layer to prune',
    default: '',
    maxLength: 200,
    placeholder: 'the last batch norm',
    help: 'Name of the convolution or batch norm whose channels are set to zero, as the table of layers has it. Empty: the last batch norm, or the last convolution.',
  }),
  prunePoints: integer({
    label: 'Points of the pruning curve',
    default: 8,
    min: 2,
    max: 64,
    help: 'How many numbers of channels are tried, evenly up to nearly all.',
    advanced: true,
  }),
  controlSeed: integer({
    label: 'Seed of the control',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'Of the random order of channels that the curve is compared with.',
    advanced: true,
  }),
}
type Context = AskedContext<'model' | 'testImages'>

interface Tested {
  readonly clean: ImageSet
  readonly triggered: ImageSet
  readonly target: number
}

interface Rates {
  readonly accuracy: number
  readonly asr: number
}

/** Channels by how much the trigger changes them, the most active first. */
const byChange = (change: Float32Array): number[] =>
  [...change.keys()].sort((left, right) => (change[right] ?? 0) - (change[left] ?? 0) || left - right)

function ratesOf(network: OpenNetwork, { clean, triggered, target }: Tested, without: ReadonlyMap<string, number[]>) {
  const share = (set: ImageSet, isHit: (label: number, truth: number) => boolean): number => {
    const answers = answersOf(network.logitsWithout(set, without), network.classes)
    const hits = answers.filter(({ label }, row) => isHit(label, set.labels[row] ?? -1)).length
    return hits / Math.max(1, answers.length)
  }
  return {
    accuracy: share(clean, (label, truth) => label === truth),
    asr: share(triggered, (label) => label === target),
  } satisfies Rates
}

function layersPanel(network: OpenNetwork): Panel {
  const rows = [...network.weights()].flatMap(([name, tensor]) => {
    if (tensor.dtype === 'int64') return []
    const values = toFloat32(tensor)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [
      Infinity,
      -Infinity,
    ] as [number, number])
    return [[name, tensor.shape.join(' × '), values.length, mean, Math.sqrt(variance), low, high]]
  })
  const columns = ['Tensor', 'Shape', 'Numbers', 'Mean', 'Deviation', 'Least', 'Most'].map((title) => ({ title }))
  return {
    kind: 'table',
    title: `${network.title}: weights`,
    definition: 'Every tensor of the state_dict, in PyTorch’s names and layout; population standard deviation.',
    content: { columns, rows },
  }
}

const histogramBins = 60

function weightsPanel(network: OpenNetwork): Panel {
  const groups = [
    { label: 'Convolutions', rank: 4 },
    { label: 'Linear layers', rank: 2 },
  ].map(({ label, rank }) => ({
    label,
    values: [...network.weights()].flatMap(([name, tensor]) =>
      tensor.shape.length === rank && name.endsWith('weight') ? [...toFloat32(tensor)] : [],
    ),
  }))
  const widest = Math.max(
    ...groups.map(
      ({ values }) => 4 * Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length)),
    ),
    1e-6,
  )
  const binOf = (value: number): number =>
    Math.max(0, Math.min(histogramBins - 1, Math.floor(((value + widest) / (2 * widest)) * histogramBins)))
  const layers = groups
    .filter(({ values }) => values.length > 0)
    .map(({ label, values }) => {
      const counts = new Array<number>(histogramBins).fill(0)
      for (const value of values) counts[binOf(value)] = (counts[binOf(value)] ?? 0) + 1
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      return { label, images: values.length, mean, counts }
    })
  return {
    kind: 'histogram',
    title: 'Weights',
    definition: 'Shares of the weights of each kind of layer; what lies outside counts in the outermost bins.',
    content: { quantity: 'weight', bins: { from: -widest, to: widest, count: histogramBins }, layers },
  }
}

function activityPanels(network: OpenNetwork, tested: Tested, pruned: NetworkLayer) {
  const sources = selectImages(
    tested.clean,
    [...tested.clean.labels.keys()].filter((row) => tested.clean.labels[row] !== tested.target),
  )
  const activity = network.channelActivity(sources, tested.triggered)
  const kinds = new Map(
    network.layers.map((layer) => [layer.name, layer.kind === 'batchNorm' ? 'batch norm' : 'convolution']),
  )
  const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const own = activity.find(({ layer }) => layer === pruned.name)
  const order = byChange(own?.change ?? new Float32Array(pruned.channels))
  const change = {
    title: 'Change',
    definition: 'TAC: mean over the images of ‖F(x with trigger) − F(x)‖₂ over the positions of a channel’s output F.',
  }
  const panels: Panel[] = [
    {
      kind: 'table',
      title: 'Where the trigger shows',
      definition: 'Channel activation under clean and triggered images of the other classes than the target, by layer.',
      content: {
        columns: [
          { title: 'Layer' },
          { title: 'Kind' },
          { title: 'Channels' },
          { title: 'Largest change', definition: change.definition },
          { title: 'Mean change' },
          {
            title: 'Largest / mean',
            definition: '1: all channels change alike; large: few channels carry the trigger.',
          },
        ],
        rows: activity.map(({ layer, change: by }) => {
          const most = Math.max(...by)
          return [layer, kinds.get(layer) ?? '', by.length, most, mean(by), most / Math.max(1e-12, mean(by))]
        }),
      },
    },
    {
      kind: 'table',
      title: `Most trigger-active channels of ${pruned.name}`,
      definition: change.definition,
      content: {
        columns: [
          { title: 'Channel' },
          change,
          { title: 'Mean |output|, clean' },
          { title: 'Mean |output|, triggered' },
        ],
        rows: order
          .slice(0, 20)
          .map((channel) => [
            channel,
            own?.change[channel] ?? null,
            own?.first[channel] ?? null,
            own?.second[channel] ?? null,
          ]),
      },
    },
  ]
  return { panels, order }
}

interface Pruning {
  readonly layer: NetworkLayer
  readonly order: readonly number[]
  readonly counts: readonly number[]
}

async function pruningCurve(network: OpenNetwork, tested: Tested, pruning: Pruning, tick: () => Promise<void>) {
  const rates: Rates[] = []
  for (const count of pruning.counts) {
    rates.push(ratesOf(network, tested, new Map([[pruning.layer.name, pruning.order.slice(0, count)]])))
    await tick()
  }
  return rates
}

/** 0 and so many more, evenly up to one channel less than all. */
export const prunedCounts = (channels: number, points: number): number[] => [
  ...new Set(Array.from({ length: points }, (_, index) => Math.round((index * (channels - 1)) / (points - 1)))),
]

function layerOf(network: OpenNetwork, wanted: string): NetworkLayer | undefined {
  const ofKind = (kind: NetworkLayer['kind']): NetworkLayer | undefined =>
    network.layers.filter((layer) => layer.kind === kind).at(-1)
  if (wanted === '') return ofKind('batchNorm') ?? ofKind('convolution')
  const found = network.layers.find(({ name }) => name === wanted)
  if (found || network.layers.length === 0) return found
  throw new RefusedInputError(`${network.title} has no layer "${wanted}".`, {
    wanted: network.layers.map(({ name }) => name).join(', '),
    got: wanted,
    where: 'prunedLayer',
  })
}

async function pruningPanels(values: ValuesOf<typeof params>, tested: Tested, context: Context): Promise<Panel[]> {
  const { model, progress } = context
  const layer = layerOf(model, values.prunedLayer)
  if (!layer) {
    context.warn('This network has no layers that can be looked into: it comes as a graph out of a file.')
    return []
  }
  const { panels, order } = activityPanels(model, tested, layer)
  const counts = prunedCounts(layer.channels, values.prunePoints)
  let done = 1
  const tick = (): Promise<void> => progress(++done, 2 * counts.length + 1, `Pruning ${layer.name}`)
  await progress(done, 2 * counts.length + 1, 'Comparing channels')
  const random = Array.from(createStream(values.controlSeed, 'pruningControl').permutation(layer.channels))
  const chosen = await pruningCurve(model, tested, { layer, order, counts }, tick)
  const control = await pruningCurve(model, tested, { layer, order: random, counts }, tick)
  const lines: CurvesArtifact['lines'] = [
    { label: 'Accuracy', x: counts, y: chosen.map(({ accuracy }) => accuracy) },
    { label: 'ASR', x: counts, y: chosen.map(({ asr }) => asr) },
    { label: 'Accuracy, random order', x: counts, y: control.map(({ accuracy }) => accuracy), control: true },
    { label: 'ASR, random order', x: counts, y: control.map(({ asr }) => asr), control: true },
  ]
  return [
    {
      kind: 'curves',
      title: `Pruning ${layer.name}: accuracy and ASR`,
      definition: `Channels of ${layer.name} set to zero, those that the trigger changes most first; as control the same number in a random order.`,
      content: { xTitle: 'Channels set to zero', unit: '%', lines },
    },
    ...panels,
  ]
}

/** A backdoor that is called removed. */
const removedAsr = 0.1

/** Where the pruning curve first has removed a backdoor that was there. */
function firstWithout(artifact: PanelsArtifact): { channels: number; accuracy: number | null } | null {
  const [accuracy, asr] = curvesOf(artifact)?.lines ?? []
  const place = asr?.y.findIndex((value) => value !== null && value <= removedAsr) ?? -1
  return place < 1 ? null : { channels: asr?.x[place] ?? NaN, accuracy: accuracy?.y[place] ?? null }
}

/**
 * Layers, weights, which channels the trigger changes, and what becomes of accuracy and ASR without them.
 * Reference: Zheng et al. 2022 (TAC), Liu et al. 2018 (fine-pruning). Differs from fine-pruning: channels are ordered
 * by the trigger's change, which a defender does not know; nothing is trained afterwards.
 */
export const modelInspection = defineAskedAnalysis({
  id: 'model-inspection',
  title: 'Model inspection',
  summary: 'Layers, shapes and weights; which channels the trigger changes, and accuracy and ASR without them.',
  reference: {
    citation: 'Zheng et al. 2022, Data-free backdoor removal based on channel Lipschitzness',
    link: 'https://arxiv.org/abs/2208.03111',
    place: 'section 3.3, trigger-activated change',
  },
  params,
  when: 'asked',
  subject: { of: 'model', most: 1, keptImages: false },
  needs: ['model', 'testImages'],
  artifact: panelsArtifact,
  view: { kind: 'panels' },
  numbers: {
    channels: {
      title: 'Channels of the backdoor',
      unit: '',
      definition: `Fewest channels, those that the trigger changes most first, without which the ASR is at most ${100 * removedAsr} %; none where it never is, or where it never was above.`,
      of: (artifact) => numberIn(firstWithout(artifact)?.channels),
    },
    accuracyWithout: {
      title: 'Accuracy without them',
      unit: '%',
      definition: 'Accuracy on clean test images without the channels of the backdoor.',
      of: (artifact) => numberIn(firstWithout(artifact)?.accuracy),
    },
  },
  line(artifact) {
    const curve = curvesOf(artifact)
    if (!curve) return null
    const [accuracy, asr] = curve.lines
    const at = (line: typeof asr, index: number): string => `${(100 * (line?.y.at(index) ?? 0)).toFixed(1)} %`
    const middle = Math.floor((asr?.x.length ?? 0) / 2)
    return `without ${asr?.x[middle] ?? 0} channels ASR ${at(asr, 0)} → ${at(asr, middle)}, accuracy ${at(accuracy, 0)} → ${at(accuracy, middle)}`
  },
  async measure(values, context): Promise<PanelsArtifact> {
    const { model, testImages, target } = context
    const { clean, triggered } = testImages(values.testLimit)
    const others = [...clean.labels.keys()].filter((row) => clean.labels[row] !== target)
    const pruning = triggered
      ? await pruningPanels(values, { clean, triggered: selectImages(triggered, others), target }, context)
      : []
    return { panels: [...pruning, layersPanel(model), weightsPanel(model)] }
  },
})
