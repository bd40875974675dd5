/** Images under redrawn shuffles: which of them are suspected, and how far the answers are apart. */
import { RefusedInputError } from '../../../../../shared/errors'
import { joinImages, selectImages } from '../../../images/imageSets'
import { correlations, templateOf } from '../../../images/poisoning/template'
import type { ImageSet } from '../../../images/types'
import { answersOf, divergencesOf, type Answer } from '../answers'
import type { AskedContext, ShuffledTeachers, VaccineProbe } from '../askedTypes'
import type { Params } from './parameters'

export type Context = AskedContext<'teacher' | 'students' | 'vaccine' | 'generator' | 'testImages' | 'trigger'>

/** Where images lie in those that were joined; `last` is not of them. */
export interface Range {
  readonly first: number
  readonly last: number
}

/** What is looked at: clean and triggered test images and synthetic ones, one after the other. */
export interface Looked {
  readonly images: ImageSet
  readonly clean: Range
  /** Of the other classes than the target; null without a trigger. */
  readonly triggered: Range | null
  /** null of a teacher, and of a student without kept images. */
  readonly synthetic: Range | null
  /** Kept step of each synthetic image. */
  readonly steps: readonly number[]
  /** Of the synthetic images with the run's trigger; null where it has no pattern that could be looked for. */
  readonly correlation: readonly number[] | null
  /** Of all images. */
  readonly answers: readonly Answer[]
}

/** One set of shuffled teachers over all images. */
export interface Observation {
  readonly layers: number
  readonly members: number
  readonly seed: number
  /** KL(teacher ‖ shuffled) of each image. */
  readonly kl: readonly number[]
  /** The class that the shuffled teachers give. */
  readonly labels: readonly number[]
  /** Whether it is the teacher's. */
  readonly suspected: readonly boolean[]
}

export const within = <Value>(values: readonly Value[], { first, last }: Range): Value[] => values.slice(first, last)

/** Kept images of the student, from the step that was asked for backwards. */
async function syntheticImages(
  { students, step, warn }: Context,
  most: number,
): Promise<{ images: ImageSet; steps: number[] } | null> {
  const [student] = students
  if (!student || most === 0) return null
  const steps = student.kept.steps.filter((kept) => step === null || kept.step <= step).reverse()
  const sets: ImageSet[] = []
  const origin: number[] = []
  for (const { step: kept, count } of steps) {
    const wanted = Math.min(count, most - origin.length)
    if (wanted <= 0) break
    sets.push(selectImages(await student.kept.read(kept), [...Array(wanted).keys()]))
    origin.push(...new Array<number>(wanted).fill(kept))
  }
  if (sets.length > 0) return { images: joinImages(sets[0] as ImageSet, sets), steps: origin }
  warn(
    `${student.title} has kept no images${step === null ? '' : ` up to step ${step}`}: only test images are looked at.`,
  )
  return null
}

/** As every analysis looks at them: the teacher's answers are those of one pass. */
export async function lookedAt(values: Params, context: Context): Promise<Looked> {
  const { testImages, target, trigger, teacher } = context
  const { clean, triggered: all } = testImages(values.testLimit)
  const others = [...(all?.labels ?? [])].flatMap((label, row) => (label === target ? [] : [row]))
  const triggered = all && others.length > 0 ? selectImages(all, others) : null
  const synthetic = await syntheticImages(context, values.imageLimit)
  const images = joinImages(clean, [clean, ...(triggered ? [triggered] : []), ...(synthetic ? [synthetic.images] : [])])
  const afterTriggered = clean.count + (triggered?.count ?? 0)
  const template = synthetic && trigger && templateOf(trigger.trigger, images)
  const size = images.height * images.width * images.channels
  return {
    images,
    clean: { first: 0, last: clean.count },
    triggered: triggered && { first: clean.count, last: afterTriggered },
    synthetic: synthetic && { first: afterTriggered, last: images.count },
    steps: synthetic?.steps ?? [],
    correlation: template && synthetic ? [...correlations(synthetic.images.pixels, size, template)] : null,
    answers: answersOf(teacher.logits(images), teacher.classes),
  }
}

/** Mean of the first so many members. */
export function meanOfFirst({ members }: Pick<ShuffledTeachers, 'members'>, count: number): Float32Array {
  const taken = members.slice(0, count)
  return Float32Array.from(
    members[0] ?? [],
    (_, place) => taken.reduce((sum, member) => sum + (member[place] ?? 0), 0) / count,
  )
}

/** @throws RefusedInputError where the teacher has nothing to shuffle */
export function probeOf({ vaccine, teacher }: Context): VaccineProbe {
  if (vaccine) return vaccine
  throw new RefusedInputError(`${teacher.title} has no channels that could be shuffled.`, {
    wanted: 'a convolutional teacher',
    got: teacher.title,
    where: 'teacher.architecture',
  })
}

/**
 * A set of shuffled teachers is the first so many of a larger one of the same seed: one pass tells all numbers of
 * members.
 */
export function observe(
  looked: Looked,
  { layers, seed, memberCounts }: { readonly layers: number; readonly seed: number; readonly memberCounts: number[] },
  context: Context,
): Observation[] {
  const { classes } = context.teacher
  const shuffled = probeOf(context).shuffled(looked.images, { members: Math.max(...memberCounts), layers, seed })
  return memberCounts.map((members) => {
    const mean = meanOfFirst(shuffled, members)
    const labels = answersOf(mean, classes).map(({ label }) => label)
    return {
      layers,
      members,
      seed,
      labels,
      kl: divergencesOf(shuffled.teacher, mean, classes),
      suspected: labels.map((label, row) => label >= 0 && label === looked.answers[row]?.label),
    }
  })
}
