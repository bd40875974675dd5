/** A perturbation against a trigger's pattern, and its control. */
import type { TriggerTemplate } from '../../../images/poisoning/template'
import type { ImageShape } from '../../../images/types'
import type { RandomStream } from '../../../maths/random'
import { pValue, shifted } from '../triggerLeakage'
import type { RoundCorrelation } from './seen'

/** Places that the trigger’s pattern is moved to for comparison. */
export const moveCount = 99

/** Pearson's, over the places of the pattern; 0 where one of both does not vary there. */
export function correlationWith(perturbation: Float32Array, { places, values }: TriggerTemplate): number {
  const own = Array.from(places, (place) => perturbation[place] ?? 0)
  const mean = (of: ArrayLike<number>): number => Array.from(of).reduce((sum, value) => sum + value, 0) / of.length
  const [center, patternCenter] = [mean(own), mean(values)]
  let [product, squares, patternSquares] = [0, 0, 0]
  own.forEach((value, index) => {
    const [one, other] = [value - center, (values[index] ?? 0) - patternCenter]
    product += one * other
    squares += one * one
    patternSquares += other * other
  })
  return squares > 0 && patternSquares > 0 ? product / Math.sqrt(squares * patternSquares) : 0
}

export function correlationsByRound(
  rounds: readonly Float32Array[],
  template: TriggerTemplate,
  { moves, shape }: { readonly moves: readonly (readonly [number, number])[]; readonly shape: ImageShape },
): RoundCorrelation[] {
  const moved = moves.map((move) => shifted(template, move, shape))
  return rounds.map((round) => {
    const trigger = correlationWith(round, template)
    const controls = moved.map((one) => Math.abs(correlationWith(round, one)))
    const sum = controls.reduce((total, value) => total + value, 0)
    return { trigger, moved: sum / Math.max(1, controls.length), p: pValue(Math.abs(trigger), controls) }
  })
}

/** The same colours of pixels at random places: as large, without a shape. */
export function shuffledPixels(
  perturbation: Float32Array,
  { height, width, channels }: ImageShape,
  stream: RandomStream,
): Float32Array {
  const order = stream.permutation(height * width)
  return perturbation.map(
    (_, place) => perturbation[(order[Math.floor(place / channels)] ?? 0) * channels + (place % channels)] ?? 0,
  )
}
