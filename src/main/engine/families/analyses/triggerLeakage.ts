import { panelsArtifact, type CurvesArtifact, type PanelsArtifact, type TableArtifact } from '../../../../shared/domain'
import { integer, type ValuesOf } from '../../../../shared/schema'
import {
  correlations,
  meanCorrelation,
  meanStandardised,
  templateOf,
  type TriggerTemplate,
} from '../../images/poisoning/template'
import type { ImageSet, ImageShape } from '../../images/types'
import { createStream, type RandomStream } from '../../maths/random'
import { defineAskedAnalysis, type AskedContext, type AskedStudent, type NamedTrigger } from './askedTypes'
import { numberIn, tableOf } from './panelTables'

const params = {
  stepLimit: integer({
    label: 'Kept steps, at most',
    default: 60,
    min: 2,
    max: 5000,
    help: 'Of more kept steps so many are taken, evenly over the run.',
  }),
  shiftCount: integer({
    label: 'Random controls',
    default: 99,
    min: 19,
    max: 9999,
    help: 'Copies of each trigger moved to random places; the smallest p that can be found is 1 / (controls + 1).',
  }),
  shiftSeed: integer({
    label: 'Seed of the controls',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'Of the random places.',
    advanced: true,
  }),
}
type Context = AskedContext<'students' | 'triggers'>

/** The template moved around by so many rows and columns; what leaves at one side comes in at the other. */
export function shifted(
  { places, values, kind }: TriggerTemplate,
  [down, right]: readonly [number, number],
  { height, width, channels }: ImageShape,
): TriggerTemplate {
  const moved = places.map((place) => {
    const channel = place % channels
    const column = Math.floor(place / channels) % width
    const row = Math.floor(place / (channels * width))
    return (((row + down) % height) * width + ((column + right) % width)) * channels + channel
  })
  return { places: moved, values, kind }
}

/** So many moves, none of them nowhere. */
export function randomMoves(count: number, { height, width }: ImageShape, stream: RandomStream): [number, number][] {
  const draws = stream.uniform(2 * count)
  return Array.from({ length: count }, (_, index) => {
    const down = Math.floor((draws[2 * index] ?? 0) * height) % height
    const right = Math.floor((draws[2 * index + 1] ?? 0) * width) % width
    return down === 0 && right === 0 ? [Math.floor(height / 2), Math.floor(width / 2)] : [down, right]
  })
}

/** A pattern that repeats itself is moved onto itself: the same numbers are summed in another order. */
const roundingOfSums = 1e-12

/** Of a one-sided randomisation test: (1 + controls that reach the value) / (controls + 1). */
export const pValue = (value: number, controls: readonly number[]): number =>
  (1 + controls.filter((control) => control >= value - roundingOfSums).length) / (controls.length + 1)

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

interface Stream {
  readonly steps: readonly number[]
  readonly images: readonly ImageSet[]
  /** Of each step. */
  readonly standardised: readonly Float64Array[]
}

/** [trigger first, then its controls], by step. */
function measured({ images, standardised }: Stream, templates: readonly TriggerTemplate[]): number[][] {
  return images.map((set, index) => {
    const size = set.height * set.width * set.channels
    const whole = standardised[index] as Float64Array
    return templates.map((template) =>
      template.places.length === size
        ? meanCorrelation(whole, template)
        : meanOf(correlations(set.pixels, size, template)),
    )
  })
}

async function readStream(student: AskedStudent, most: number): Promise<Stream> {
  const { steps } = student.kept
  const count = Math.min(most, steps.length)
  const chosen = Array.from({ length: count }, (_, index) => {
    const place = count === 1 ? 0 : Math.round((index * (steps.length - 1)) / (count - 1))
    return steps[place]?.step ?? 0
  })
  const images: ImageSet[] = []
  for (const step of chosen) images.push(await student.kept.read(step))
  const standardised = images.map((set) => meanStandardised(set.pixels, set.height * set.width * set.channels))
  return { steps: chosen, images, standardised }
}

interface Found {
  readonly student: AskedStudent
  readonly named: NamedTrigger
  readonly isOwn: boolean
  readonly steps: readonly number[]
  /** By step. */
  readonly trigger: readonly number[]
  readonly control: readonly number[]
  readonly overall: number
  readonly controls: readonly number[]
}

function foundOf(stream: Stream, template: TriggerTemplate, moves: readonly (readonly [number, number])[]) {
  const shape = stream.images[0] as ImageSet
  const byStep = measured(stream, [template, ...moves.map((move) => shifted(template, move, shape))])
  const overall = byStep[0]?.map((_, column) => meanOf(byStep.map((row) => row[column] ?? 0))) ?? []
  return {
    steps: stream.steps,
    trigger: byStep.map(([own = 0]) => own),
    control: byStep.map(([, ...controls]) => meanOf(controls)),
    overall: overall[0] ?? 0,
    controls: overall.slice(1),
  }
}

async function leakageOf(
  values: ValuesOf<typeof params>,
  { students, triggers, progress, warn }: Context,
): Promise<Found[]> {
  const found: Found[] = []
  let done = 0
  for (const student of students) {
    const stream = await readStream(student, values.stepLimit)
    const [shape] = stream.images
    if (!shape) continue
    const moves = randomMoves(values.shiftCount, shape, createStream(values.shiftSeed, 'leakageControls'))
    for (const [index, named] of triggers.entries()) {
      const template = templateOf(named.trigger, shape)
      if (template) found.push({ student, named, isOwn: index === 0, ...foundOf(stream, template, moves) })
      else if (index === 0) warn(`${named.title} has no fixed pattern that could be looked for.`)
      await progress(++done, students.length * triggers.length, `${student.title}, ${named.title}`)
    }
  }
  return found
}

const asrDefinition =
  'Attack success rate of each student at its evaluations, beside the correlation above: a backdoor that comes through the images should come after them.'

/** What the evaluations of the students recorded. */
const asrLines = (students: readonly AskedStudent[]): CurvesArtifact['lines'] =>
  students.flatMap(({ title, recorded: { asr } }) =>
    asr.steps.length > 0 ? [{ label: title, x: [...asr.steps], y: [...asr.values] }] : [],
  )

/** None where there are no lines. */
const curvesPanel = (
  title: string,
  definition: string,
  { unit, lines }: Pick<CurvesArtifact, 'unit' | 'lines'>,
): PanelsArtifact['panels'] =>
  lines.length > 0 ? [{ kind: 'curves', title, definition, content: { xTitle: 'Step', unit, lines } }] : []

const percentile95 = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[Math.floor(0.95 * (values.length - 1))] ?? 0

function panelsOf(found: readonly Found[]): PanelsArtifact['panels'] {
  const own = found.filter(({ isOwn }) => isOwn)
  const lines: CurvesArtifact['lines'] = own.flatMap(({ student, named, steps, trigger, control }) => [
    { label: `${student.title}, ${named.title}`, x: [...steps], y: [...trigger] },
    { label: `${student.title}, moved at random`, x: [...steps], y: [...control], control: true },
  ])
  const definition =
    'Mean over the images of Pearson’s correlation with the trigger’s pattern at its place. Controls: the same pattern moved around the image to random places. p: (1 + controls that correlate at least as much) / (controls + 1), over all steps; a pattern that repeats itself has controls that are like it, so its p says less.'
  const besides = asrLines(own.map(({ student }) => student))
  return [
    ...curvesPanel('The run’s trigger over the run', definition, { unit: '', lines }),
    ...curvesPanel('ASR over the run', asrDefinition, { unit: '%', lines: besides }),
    {
      kind: 'table',
      title: 'Every trigger, over all steps',
      definition,
      content: {
        columns: [
          { title: 'Student' },
          { title: 'Trigger' },
          { title: 'Of the run' },
          { title: 'Correlation' },
          { title: 'Controls, mean' },
          { title: 'Controls, 95th percentile' },
          { title: 'p', definition },
        ],
        rows: found.map(({ student, named, isOwn, overall, controls }) => [
          student.title,
          named.title,
          isOwn ? 'yes' : 'no',
          overall,
          meanOf(controls),
          percentile95(controls),
          pValue(overall, controls),
        ]),
      },
    },
  ]
}

/** Of the run's own trigger, one for each student. */
const ownRows = (artifact: PanelsArtifact): TableArtifact['rows'] =>
  (tableOf(artifact)?.rows ?? []).filter((row) => row[2] === 'yes')

/**
 * Whether the synthetic stream carries triggers: its correlation with each known one over the kept steps, beside the
 * same patterns moved to random places, and a randomisation test of the difference.
 */
export const triggerLeakage = defineAskedAnalysis({
  id: 'trigger-leakage',
  title: 'Trigger leakage over the run',
  summary:
    'How the kept synthetic images correlate with each known trigger, beside the same patterns at random places and the ASR over the steps, with a randomisation test.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'section 3, whether triggers leak through synthetic data',
  },
  params,
  when: 'asked',
  subject: { of: 'student', most: 4, keptImages: true },
  needs: ['students', 'triggers'],
  artifact: panelsArtifact,
  view: { kind: 'panels' },
  numbers: {
    correlation: {
      title: 'Correlation with the trigger',
      unit: '',
      definition: 'Mean over the kept synthetic images of Pearson’s correlation with the pattern of the run’s trigger.',
      of: (artifact) => numberIn(ownRows(artifact)[0]?.[3]),
    },
    p: {
      title: 'Leakage, p',
      unit: '',
      definition:
        '(1 + moved patterns that correlate at least as much) / (moved patterns + 1): small where the images carry the trigger more than chance does.',
      of: (artifact) => numberIn(ownRows(artifact)[0]?.[6]),
    },
  },
  line(artifact) {
    return ownRows(artifact)
      .map(
        ([student, trigger, , overall, , , p]) =>
          `${student}, ${trigger}: r = ${Number(overall).toFixed(3)}, p = ${Number(p).toFixed(3)}`,
      )
      .join('; ')
  },
  measure: async (values, context) => ({ panels: panelsOf(await leakageOf(values, context)) }),
})
