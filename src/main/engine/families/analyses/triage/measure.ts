/** What is measured of one class, and the control that it is read beside. */
import { meanOf } from '../../../../../shared/domain'
import { selectImages } from '../../../images/imageSets'
import type { ImageSet } from '../../../images/types'
import { logKl } from '../../../maths/losses/shufflingVaccine'
import type { RandomStream } from '../../../maths/random'
import { answersOf, type Answer } from '../answers'
import type { OpenNetwork } from '../askedTypes'
import { normOf } from '../vectors'
import type { ClassEvidence, SuspectedClass } from './evidence'
import { radii, type UniversalPerturbation } from './universal'

export interface MeasuredClass extends ClassEvidence {
  readonly universal: UniversalPerturbation | null
  /** Mean log₁₀ KL(teacher ‖ shuffled) of all images with the perturbation. */
  readonly shuffledKl: number | null
  /** Distance of the batch statistics with the perturbation from the running ones, over that without it. */
  readonly statistics: number | null
  /** Of the noise. */
  readonly noiseShare: number
  readonly divergences: readonly number[] | null
}

export interface Triaged {
  readonly words: string
  readonly images: ImageSet
  readonly labels: readonly number[]
  /** KL(teacher ‖ shuffled) of the images as they are. */
  readonly divergences: readonly number[] | null
  readonly ranking: readonly (MeasuredClass & SuspectedClass)[]
  /** Of `radii`: success of a random direction at the first class. */
  readonly control: readonly number[] | null
}

/** clip(x + p, 0, 1) of every image, in intensities. */
function perturbedBy(images: ImageSet, perturbation: Float32Array): Float32Array {
  const size = perturbation.length
  return Float32Array.from(images.pixels, (value, place) =>
    Math.max(0, Math.min(1, value / 255 + (perturbation[place % size] ?? 0))),
  )
}

const asBytes = (images: ImageSet, intensities: Float32Array): ImageSet => ({
  ...images,
  pixels: Uint8Array.from(intensities, (value) => Math.round(255 * value)),
})

export const plainStatistics = (network: OpenNetwork, images: ImageSet): number | null =>
  statisticsOf(
    network,
    Float32Array.from(images.pixels, (value) => value / 255),
    images.labels,
  )

function statisticsOf(network: OpenNetwork, intensities: Float32Array, labels: ArrayLike<number>): number | null {
  return network.inversion({ images: intensities, labels, statisticsWeight: 0, variationWeight: 0 }).statistics
}

export interface ClassQuestion {
  readonly network: OpenNetwork
  readonly label: number
  readonly images: ImageSet
  readonly universal: UniversalPerturbation | null
  readonly divergences: (images: ImageSet) => number[] | null
  /** Distance of the batch statistics of the images as they are. */
  readonly statistics: number | null
  /** Answers to noise. */
  readonly random: readonly Answer[]
}

export function measureClass(question: ClassQuestion): MeasuredClass {
  const { network, label, images, universal, random, statistics } = question
  const noiseShare = random.filter((answer) => answer.label === label).length / Math.max(1, random.length)
  if (!universal)
    return { label, ease: null, universal, shuffledKl: null, statistics: null, noiseShare, divergences: null }
  const intensities = perturbedBy(images, universal.perturbation)
  const divergences = question.divergences(asBytes(images, intensities))
  const moved = statisticsOf(network, intensities, images.labels)
  return {
    label,
    ease: universal.ease,
    universal,
    shuffledKl: divergences && meanOf(logKl(divergences)),
    statistics: statistics === null || moved === null ? null : moved - statistics,
    noiseShare,
    divergences,
  }
}

/** How often a random direction of each norm sends images of other classes to the class. */
export function controlOf(
  network: OpenNetwork,
  { images, labels, label }: { readonly images: ImageSet; readonly labels: readonly number[]; readonly label: number },
  stream: RandomStream,
): number[] {
  const others = selectImages(
    images,
    labels.flatMap((own, row) => (own === label ? [] : [row])),
  )
  const direction = stream.normal(images.height * images.width * images.channels)
  const norm = normOf(direction)
  const weights = new Float32Array(others.count * network.classes)
  return radii.map((radius) => {
    const perturbation = direction.map((value) => (value * radius) / norm)
    const answers = answersOf(network.perturbed(others, { perturbation, weights }).logits, network.classes)
    return answers.filter((answer) => answer.label === label).length / answers.length
  })
}
