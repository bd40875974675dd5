/** Images of every class, made out of a network alone. */
import type { ImageSet, ImageShape } from '../../../images/types'
import { createStream } from '../../../maths/random'
import type { OpenNetwork } from '../askedTypes'

export interface InversionPlan {
  readonly shape: ImageShape
  readonly perClass: number
  readonly rounds: number
  readonly seed: number
}

export interface InvertedImages {
  readonly images: ImageSet
  /** Of the last round: mean cross entropy to the classes, and distance of the batch statistics where there are any. */
  readonly crossEntropy: number
  readonly statistics: number | null
}

/** Adam's, in intensities of 0…1. */
const learningRate = 0.05
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]
const weights = { statisticsWeight: 1, variationWeight: 1 }
const start = { mean: 0.5, deviation: 0.25 }

/**
 * x ← clip(Adam on CE(f(x), class) + R_BN(x) + TV(x), 0, 1) from Gaussian noise; R_BN: mean over the batch-norm layers
 * of ‖μ(x) − μ‖₂ + ‖σ²(x) − σ²‖₂; nothing where the network has none. All images of all classes are one batch.
 * Reference: Yin et al. 2020 (DeepInversion), arXiv:1912.08795, equations 2 to 4. Differs: tens of rounds instead of
 * thousands, no competition with a student, no shifts and flips.
 */
export async function invertImages(
  network: OpenNetwork,
  { shape, perClass, rounds, seed }: InversionPlan,
  tick: (round: number) => Promise<void>,
): Promise<InvertedImages> {
  const labels = Int32Array.from({ length: perClass * network.classes }, (_, row) => row % network.classes)
  const size = labels.length * shape.height * shape.width * shape.channels
  const noise = createStream(seed, 'triageInversion').normal(size)
  const images = noise.map((value) => Math.max(0, Math.min(1, start.mean + start.deviation * value)))
  const [first, second] = [new Float32Array(size), new Float32Array(size)]
  let found = { crossEntropy: NaN, statistics: null as number | null }
  for (let round = 1; round <= rounds; round++) {
    const { gradient, ...measured } = network.inversion({ images, labels, ...weights })
    found = measured
    const [correction1, correction2] = [1 - beta1 ** round, 1 - beta2 ** round]
    for (let place = 0; place < size; place++) {
      const slope = gradient[place] as number
      const mean = (first[place] = beta1 * (first[place] as number) + (1 - beta1) * slope)
      const square = (second[place] = beta2 * (second[place] as number) + (1 - beta2) * slope * slope)
      const moved = (learningRate * mean) / correction1 / (Math.sqrt(square / correction2) + epsilon)
      images[place] = Math.max(0, Math.min(1, (images[place] as number) - moved))
    }
    await tick(round)
  }
  const pixels = Uint8Array.from(images, (value) => Math.round(255 * value))
  return { images: { ...shape, count: labels.length, pixels, labels }, ...found }
}
