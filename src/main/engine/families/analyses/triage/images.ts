/** The images that a triage is made with: none of them is a real one. */
import { ExhaustiveError, RefusedInputError } from '../../../../../shared/errors'
import { joinImages } from '../../../images/imageSets'
import type { ImageSet, ImageShape } from '../../../images/types'
import { createStream } from '../../../maths/random'
import type { AskedStudent, OpenNetwork } from '../askedTypes'
import { evenly, readPlaces } from '../keptImages'
import { invertImages } from './inversion'

export type ImageSource = 'inverted' | 'kept' | 'uniform' | 'gaussian'

export interface TriageImages {
  readonly images: ImageSet
  /** What they are, in a sentence. */
  readonly words: string
}

interface Wanted {
  readonly source: ImageSource
  readonly perClass: number
  readonly rounds: number
  readonly seed: number
}

interface Given {
  readonly network: OpenNetwork
  readonly students: readonly AskedStudent[]
  readonly tick: (round: number) => Promise<void>
}

/** Bytes of noise: uniform over all of them, or normal around the middle with a quarter of the range, clipped. */
export function noise(kind: 'uniform' | 'gaussian', count: number, shape: ImageShape, seed: number): ImageSet {
  const size = count * shape.height * shape.width * shape.channels
  const stream = createStream(seed, `triage/${kind}`)
  const values =
    kind === 'uniform'
      ? stream.uniform(size).map((value) => Math.floor(256 * value))
      : stream.normal(size).map((value) => Math.max(0, Math.min(255, Math.round(127.5 + 63.75 * value))))
  return { ...shape, count, pixels: Uint8Array.from(values), labels: new Int32Array(count) }
}

export async function triageImages(wanted: Wanted, { network, students, tick }: Given): Promise<TriageImages> {
  const { source, perClass, rounds, seed } = wanted
  const count = perClass * network.classes
  switch (source) {
    case 'inverted': {
      const made = await invertImages(network, { shape: network.image, perClass, rounds, seed }, tick)
      const statistics =
        made.statistics === null
          ? 'The teacher has no batch norm, so that nothing but smoothness holds them to its training data.'
          : `Their batch-norm statistics are ${made.statistics.toFixed(2)} from the running ones.`
      return {
        images: made.images,
        words: `${count} images, ${perClass} of each class, made by inverting the teacher in ${rounds} rounds. ${statistics}`,
      }
    }
    case 'kept':
      return keptOf(students, count)
    case 'uniform':
      return { images: noise('uniform', count, network.image, seed), words: `${count} images of uniform noise.` }
    case 'gaussian':
      return { images: noise('gaussian', count, network.image, seed), words: `${count} images of Gaussian noise.` }
    default:
      throw new ExhaustiveError(source)
  }
}

async function keptOf(students: readonly AskedStudent[], most: number): Promise<TriageImages> {
  const { all, taken } = evenly(students, most)
  const sets: ImageSet[] = []
  for (const [stage, student] of students.entries()) {
    const own = taken.filter((place) => place.stage === stage)
    if (own.length > 0) sets.push(await readPlaces(student, own))
  }
  const [first] = sets
  if (!first)
    throw new RefusedInputError('The students of this run have kept no images.', {
      wanted: 'a run with a student that keeps images',
      got: 'none',
      where: 'images',
      action: 'Choose inverted images, which need no student.',
    })
  return { images: joinImages(first, sets), words: `${taken.length} of ${all} synthetic images that the run has kept.` }
}
