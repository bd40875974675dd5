import { panelsArtifact } from '../../../../../shared/domain'
import { RefusedInputError } from '../../../../../shared/errors'
import { choice, integer, type ValuesOf } from '../../../../../shared/schema'
import { selectImages } from '../../../images/imageSets'
import { templateOf, type TriggerTemplate } from '../../../images/poisoning/template'
import type { ImageSet } from '../../../images/types'
import { createStream } from '../../../maths/random'
import { defineAskedAnalysis, type AskedContext, type AskedStudent } from '../askedTypes'
import { numberIn, tableOf } from '../panelTables'
import { randomMoves } from '../triggerLeakage'
import { sentBy, type SentBy } from './answers'
import { panelsOf, stationsTitle } from './panels'
import { correlationsByRound, moveCount, shuffledPixels } from './perturbation'
import type { Seen, Station } from './seen'

const params = {
  images: choice({
    label: 'Searched on',
    default: 'kept',
    help: 'The batch of images that the perturbation is looked for on.',
    options: [
      { value: 'kept', label: 'Kept synthetic images', help: 'The newest that the student has kept: as in training.' },
      { value: 'clean', label: 'Clean test images', help: 'For a student that has kept none.' },
    ],
  }),
  imageLimit: integer({
    label: 'Images of the search, at most',
    default: 64,
    min: 2,
    max: 1000,
    help: 'They are one batch, as those of a training step.',
    advanced: true,
  }),
  testLimit: integer({
    label: 'Test images, at most',
    default: 300,
    min: 10,
    max: 100_000,
    help: 'Clean test images that the perturbation is added to.',
  }),
  stationLimit: integer({
    label: 'Kept checkpoints, at most',
    default: 4,
    min: 0,
    max: 100,
    help: 'Beside the student as it is: those of its earlier checkpoints that are kept, evenly over them.',
    advanced: true,
  }),
  seed: integer({
    label: 'Seed',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'Of the perturbation’s random start and of the controls; training begins each of its perturbations elsewhere.',
    advanced: true,
  }),
}
type Values = ValuesOf<typeof params>
type Context = AskedContext<'students' | 'perturbations' | 'testImages' | 'trigger'>

async function searchedOn(values: Values, defended: AskedStudent, clean: ImageSet): Promise<ImageSet> {
  if (values.images === 'clean') return selectImages(clean, firstOf(clean.count, values.imageLimit))
  const step = defended.kept.steps.at(-1)?.step
  if (step === undefined)
    throw new RefusedInputError(`${defended.title} has kept no images.`, {
      wanted: 'a student with kept images',
      got: 'none',
      where: 'images',
      action: 'Search on clean test images instead.',
    })
  const grid = await defended.kept.read(step)
  return selectImages(grid, firstOf(grid.count, values.imageLimit))
}

const firstOf = (count: number, most: number): number[] =>
  Array.from({ length: Math.min(count, most) }, (_, row) => row)

interface Place {
  readonly student: AskedStudent
  /** null: as it is, or as it was at the step that was asked for. */
  readonly step: number | null
}

/** The others as they are, then the defended one as earlier checkpoints have it, then as it is. */
export function placesOf(
  students: readonly AskedStudent[],
  defended: AskedStudent,
  { most, step }: { readonly most: number; readonly step: number | null },
): Place[] {
  // A student that has ended keeps the checkpoint of its end: that one is the student as it is.
  const end = step ?? defended.recorded.accuracy.steps.at(-1) ?? Infinity
  const keptSteps = defended.keptSteps.filter((kept) => kept < end)
  const count = Math.min(most, keptSteps.length)
  const kept = Array.from({ length: count }, (_, row) =>
    count === 1 ? keptSteps.at(-1) : keptSteps[Math.round((row * (keptSteps.length - 1)) / (count - 1))],
  )
  return [
    ...students.filter((one) => one !== defended && one.network).map((student) => ({ student, step: null })),
    ...kept.flatMap((at) => (at === undefined ? [] : [{ student: defended, step: at }])),
    ...(defended.network ? [{ student: defended, step: null }] : []),
  ]
}

const nothingToDraw = (students: readonly AskedStudent[]): RefusedInputError =>
  new RefusedInputError('No defense of these students looks for a universal perturbation.', {
    wanted: 'a student with such a defense, e.g. Self-Retrospection',
    got: students.map(({ title }) => title).join(', '),
    action: 'Choose the defended student; its undefended twin may stand beside it.',
  })

interface StationQuestion {
  readonly values: Values
  readonly clean: ImageSet
  readonly template: TriggerTemplate | null
  readonly target: number
  /** That was asked for. */
  readonly step: number | null
  readonly draw: (place: Place) => Promise<readonly Float32Array[]>
}

async function stationOf(
  place: Place,
  { values, clean, template, target, step, draw }: StationQuestion,
): Promise<Station | null> {
  const network = place.step === null ? place.student.network : await place.student.networkAt(place.step)
  if (!network) return null
  const rounds = await draw(place)
  const last = rounds.at(-1) ?? new Float32Array(0)
  const moves = randomMoves(moveCount, clean, createStream(values.seed, 'perturbationControls'))
  const plain = network.logits(clean)
  const send = (perturbation: Float32Array): SentBy => sentBy(network, { clean, plain, perturbation, target })
  const control = shuffledPixels(last, clean, createStream(values.seed, 'perturbationShuffle'))
  return {
    title: place.student.title,
    step: place.step ?? step,
    rounds,
    correlations: template && correlationsByRound(rounds, template, { moves, shape: clean }),
    sent: send(last),
    control: send(control).all,
  }
}

async function measured(values: Values, context: Context): Promise<Seen> {
  const { students, perturbations, testImages, trigger, target, step: asked, progress } = context
  const defended = [...students].reverse().find(({ stageId }) => perturbations.searchOf(stageId))
  const search = defended && perturbations.searchOf(defended.stageId)
  if (!defended || !search) throw nothingToDraw(students)
  const { clean } = testImages(values.testLimit)
  const images = await searchedOn(values, defended, clean)
  const template = trigger && templateOf(trigger.trigger, clean)
  const redraw = ({ student, step }: Place): Promise<readonly Float32Array[]> =>
    perturbations.redraw({
      ...{ stageId: defended.stageId, images, seed: values.seed },
      at: { stageId: student.stageId, step: step ?? asked },
    })
  const places = placesOf(students, defended, { most: values.stationLimit, step: asked })
  const [first] = places
  // One against the teacher is the same whichever student stands beside it.
  const shared = search.against === 'teacher' && first ? await redraw(first) : null
  const draw = async (place: Place): Promise<readonly Float32Array[]> => shared ?? redraw(place)
  const stations: Station[] = []
  for (const [index, place] of places.entries()) {
    await progress(index, places.length, `Where it sends images of ${place.student.title}`)
    const station = await stationOf(place, { values, clean, template, target, step: asked, draw })
    if (station) stations.push(station)
  }
  return { search, stations, images, source: values.images, clean, trigger, target }
}

/**
 * What a defense's universal perturbation looks like, round by round, where it sends clean images before and after the
 * defense has acted, and whether it is the trigger.
 */
export const perturbationSeen = defineAskedAnalysis({
  id: 'perturbation-seen',
  title: 'Self-Retrospection seen',
  summary:
    'The universal perturbation that the defense looks for, drawn again: a picture of each round, its norm, where it sends clean images class by class before and after the defense, and how it correlates with the true trigger.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'section 4.2, Student Self-Retrospection',
  },
  params,
  when: 'asked',
  subject: { of: 'student', most: 2, keptImages: false },
  needs: ['students', 'perturbations', 'testImages', 'trigger'],
  artifact: panelsArtifact,
  view: { kind: 'panels' },
  numbers: {
    sent: {
      title: 'Sent to the target',
      unit: '%',
      definition: 'Share of clean test images of other classes that the defense’s perturbation sends to the target.',
      of: (artifact) => numberIn(tableOf(artifact, stationsTitle)?.rows.at(-1)?.[4]),
    },
    sentAtRandom: {
      title: 'Sent to the target at random places',
      unit: '%',
      definition: 'The same with the perturbation’s pixels at random places: the control.',
      of: (artifact) => numberIn(tableOf(artifact, stationsTitle)?.rows.at(-1)?.[5]),
    },
  },
  line(artifact) {
    const table = tableOf(artifact, stationsTitle)
    if (!table) return null
    const told = table.rows.map((row) => `${row[0]} ${(100 * Number(row[4] ?? 0)).toFixed(1)} %`)
    return `sent to the target: ${told.join(', ')}`
  },
  measure: async (values, context) => ({ panels: panelsOf(await measured(values, context), context.classNames) }),
})
