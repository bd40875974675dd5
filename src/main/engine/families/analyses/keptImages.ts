import { imageNumbersArtifact, type ImageNumbersArtifact } from '../../../../shared/domain'
import { boolean, integer, type ValuesOf } from '../../../../shared/schema'
import { correlations, templateOf, type TriggerTemplate } from '../../images/poisoning/template'
import type { ImageSet } from '../../images/types'
import { penaltyCoefficient } from '../shuffledTeachers'
import { answersOf, divergencesOf } from './answers'
import { defineAskedAnalysis, type AskedContext, type AskedStudent } from './askedTypes'
import { embeddingOf, type Places } from './embedding'
import { shuffleFields } from './shuffleFields'

const params = {
  imageLimit: integer({
    label: 'Images, at most',
    default: 2000,
    min: 1,
    max: 200_000,
    help: 'Of more kept images so many are taken, evenly over students and steps.',
  }),
  embedImages: boolean({
    label: 'Embedding',
    default: true,
    help: 'Places the images in a plane so that those that the teacher sees alike lie near each other (UMAP of the features before its last layer).',
  }),
  embeddingNeighbours: integer({
    label: 'Neighbours',
    default: 15,
    min: 2,
    max: 200,
    help: 'Among so many an image keeps its place: few show small groups, many the whole.',
    visibleWhen: { field: 'embedImages', equals: true },
    advanced: true,
  }),
  embeddingSeed: integer({
    label: 'Seed of the embedding',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'The same seed gives the same picture.',
    visibleWhen: { field: 'embedImages', equals: true },
    advanced: true,
  }),
  ...shuffleFields,
  penaltyCoefficient: penaltyCoefficient({
    help: 'Weight of the penalty that each suspected image adds.',
    advanced: true,
  }),
}
type Params = ValuesOf<typeof params>
type Context = AskedContext<'teacher' | 'students' | 'shuffledTeachers' | 'trigger'>
type Columns = ImageNumbersArtifact['columns']

/** A kept image by where it lies. */
interface Place {
  readonly stage: number
  readonly step: number
  readonly index: number
}

/** Looked at together; the engine hears how far it is after each. */
const chunk = 500

/** At most so many of all kept images, evenly over them in their order. */
export function evenly(students: readonly Pick<AskedStudent, 'kept'>[], most: number): { all: number; taken: Place[] } {
  const places = students.flatMap(({ kept }, stage) =>
    kept.steps.flatMap(({ step, count }) =>
      Array.from({ length: count }, (_, index): Place => ({ stage, step, index })),
    ),
  )
  const count = Math.min(places.length, most)
  const taken = Array.from({ length: count }, (_, row) => places[Math.floor((row * places.length) / count)] as Place)
  return { all: places.length, taken }
}

/** The named images as one set; grids are read once each. */
export async function readPlaces(student: AskedStudent, places: readonly Place[]): Promise<ImageSet> {
  const grids = new Map<number, ImageSet>()
  for (const { step } of places) if (!grids.has(step)) grids.set(step, await student.kept.read(step))
  const [first] = grids.values()
  if (!first) throw new Error('No image was named.')
  const size = first.height * first.width * first.channels
  const pixels = new Uint8Array(places.length * size)
  places.forEach(({ step, index }, row) => {
    const grid = grids.get(step)
    if (grid) pixels.set(grid.pixels.subarray(index * size, (index + 1) * size), row * size)
  })
  return { ...first, count: places.length, pixels, labels: new Int32Array(places.length) }
}

interface Asked {
  readonly params: Params
  readonly context: Context
  readonly template: TriggerTemplate | null
}

function measureChunk(student: AskedStudent, images: ImageSet, { params, context, template }: Asked): Partial<Columns> {
  const { teacher, shuffledTeachers } = context
  const { classes } = teacher
  const choice = { members: params.shuffledCopies, layers: params.shuffledDepth, seed: params.shuffleSeed }
  const shuffled = shuffledTeachers?.(images, choice) ?? null
  const teacherLogits = shuffled?.teacher ?? teacher.logits(images)
  const answers = answersOf(teacherLogits, classes)
  const studentLogits = student.network?.logits(images) ?? null
  const ofStudent = studentLogits && answersOf(studentLogits, classes)
  const kl = shuffled && divergencesOf(teacherLogits, shuffled.mean, classes)
  const suspected =
    shuffled &&
    answersOf(shuffled.mean, classes).map(({ label }, row) => Number(label >= 0 && label === answers[row]?.label))
  const size = images.height * images.width * images.channels
  return {
    teacherClass: answers.map(({ label }) => label),
    teacherConfidence: answers.map(({ confidence }) => confidence),
    studentClass: ofStudent && ofStudent.map(({ label }) => label),
    studentConfidence: ofStudent && ofStudent.map(({ confidence }) => confidence),
    studentKl: studentLogits && divergencesOf(teacherLogits, studentLogits, classes),
    shuffledKl: kl,
    suspected,
    penalty: kl && kl.map((value, row) => -params.penaltyCoefficient * (suspected?.[row] ?? 0) * value),
    correlation: template && [...correlations(images.pixels, size, template)],
  }
}

/** Rows of another chunk below those that are there; a column that one of them lacks is filled with nulls. */
function append(columns: Record<string, (number | null)[]>, more: Partial<Columns>, rows: number): void {
  for (const [name, values] of Object.entries(more)) {
    const filled = values ?? Array.from({ length: rows }, () => null)
    columns[name] = [...(columns[name] ?? []), ...filled]
  }
}

const orAbsent = (values: readonly (number | null)[]): (number | null)[] | null =>
  values.every((value) => value === null) ? null : [...values]

/** Classes are whole numbers: −1 where a student has no network to ask. */
const classesOrAbsent = (values: readonly (number | null)[]): number[] | null =>
  values.every((value) => value === null) ? null : values.map((value) => value ?? -1)

type Features = NonNullable<ReturnType<Context['teacher']['features']>>

/** Of the images of all chunks; null where they are too few, or the teacher has no features to tell. */
async function planeOf(
  chunks: readonly Features[],
  { embeddingNeighbours: neighbours, embeddingSeed: seed }: Params,
  progress: (share: number) => Promise<void>,
): Promise<Places | null> {
  const width = chunks[0]?.width ?? 0
  if (width === 0) return null
  const values = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.values.length, 0))
  let first = 0
  for (const chunk of chunks) {
    values.set(chunk.values, first)
    first += chunk.values.length
  }
  return embeddingOf({ values, width, count: values.length / width, neighbours, seed, progress })
}

const share = (part: number, all: number): string => `${((100 * part) / Math.max(1, all)).toFixed(1)} %`

/**
 * What teacher, shuffled teachers and student say of each kept synthetic image, and how it correlates with the known
 * trigger. Images are the kept bytes, rounded and clipped: answers may differ a little from those of the training.
 */
export const keptImages = defineAskedAnalysis({
  id: 'kept-images',
  title: 'Kept images in numbers',
  summary:
    'Of each kept synthetic image: the teacher’s and the student’s class and confidence, their divergence, whether shuffled teachers suspect it, how it correlates with the known trigger, and its place among images that the teacher sees alike.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'section 4.1, the Shuffling Vaccine’s suspicion',
  },
  params,
  when: 'asked',
  subject: { of: 'student', most: 4, keptImages: true },
  needs: ['teacher', 'students', 'shuffledTeachers', 'trigger'],
  artifact: imageNumbersArtifact,
  view: { kind: 'imageNumbers' },
  numbers: {
    suspected: {
      title: 'Kept images suspected',
      unit: '%',
      definition:
        'Share of the kept synthetic images that the shuffled teachers, their logits averaged, give the teacher’s class.',
      of: ({ columns: { suspected } }) =>
        suspected && suspected.length > 0 ? suspected.filter((one) => one === 1).length / suspected.length : null,
    },
  },
  line({ keptImages: all, columns: { step, suspected, teacherClass } }) {
    const rows = step.length
    const marked = suspected ? `, ${share(suspected.filter((one) => one === 1).length, rows)} suspected` : ''
    return `${rows} of ${all} images, ${new Set(teacherClass).size} classes of the teacher${marked}`
  },
  async measure(params, context) {
    const { students, teacher, trigger } = context
    const { all, taken } = evenly(students, params.imageLimit)
    const columns: Record<string, (number | null)[]> = {}
    const features: Features[] = []
    // The plane comes last, and takes about as long again as a third of the images.
    const work = taken.length * (params.embedImages ? 4 / 3 : 1)
    let done = 0
    for (const [stage, student] of students.entries()) {
      const own = taken.filter((place) => place.stage === stage)
      if (own.length > 0 && !student.network) context.warn(`${student.title} has neither weights nor a checkpoint.`)
      for (let first = 0; first < own.length; first += chunk) {
        const places = own.slice(first, first + chunk)
        const images = await readPlaces(student, places)
        const template = trigger && templateOf(trigger.trigger, images)
        append(columns, measureChunk(student, images, { params, context, template }), places.length)
        const seen = params.embedImages ? teacher.features(images) : null
        if (seen) features.push(seen)
        done += places.length
        await context.progress(done, work, 'Asking the networks')
      }
    }
    const plane = await planeOf(features, params, (share) =>
      context.progress(done + share * (work - done), work, 'Placing the images in a plane'),
    )
    const column = (name: keyof Columns): (number | null)[] => columns[name] ?? []
    const correlation = orAbsent(column('correlation'))
    return {
      stages: students.map(({ stageId }) => stageId),
      trigger: trigger && correlation ? { id: trigger.id, title: trigger.title } : null,
      shuffled: context.shuffledTeachers && {
        members: params.shuffledCopies,
        layers: params.shuffledDepth,
        seed: params.shuffleSeed,
        coefficient: params.penaltyCoefficient,
      },
      keptImages: all,
      columns: {
        stage: taken.map(({ stage }) => stage),
        step: taken.map(({ step }) => step),
        index: taken.map(({ index }) => index),
        teacherClass: column('teacherClass').map((value) => value ?? -1),
        teacherConfidence: column('teacherConfidence'),
        studentClass: classesOrAbsent(column('studentClass')),
        studentConfidence: orAbsent(column('studentConfidence')),
        studentKl: orAbsent(column('studentKl')),
        shuffledKl: orAbsent(column('shuffledKl')),
        suspected: classesOrAbsent(column('suspected')),
        penalty: orAbsent(column('penalty')),
        correlation,
        embeddingX: plane && [...plane.x],
        embeddingY: plane && [...plane.y],
      },
    }
  },
})
