/** What confusion matrices say, class by class. confusion[true][predicted], counts. */
import { rateOfShare, type Rate } from '@shared/domain'

type Matrix = readonly (readonly number[])[]

/** The artifact, as its analysis measures it. */
export interface ClassesArtifact {
  /** Test images of each class. */
  images: number[]
  /** Of the clean test images. */
  confusion: number[][]
  accuracy: number[]
  /** Of the same images with the trigger. */
  triggered?: number[][] | undefined
}

export interface Confusion {
  truth: number
  predicted: number
  count: number
  /** Of the images of the true class. */ share: number
}

/** One class as a source of the attack. */
export interface ClassRates {
  readonly index: number
  readonly images: number
  /** null of a class without images. */
  readonly accuracy: Rate | null
  /** null of the target, and where no triggered images were measured. */
  readonly asr: Rate | null
}

/** Each row as shares of the images of its class; a class without images gives zeros. */
export const shares = (confusion: Matrix, images: readonly number[]): number[][] =>
  confusion.map((row, truth) => row.map((count) => (images[truth] ? count / images[truth] : 0)))

/** Share with the trigger − share without it. */
export function differences({ confusion, triggered, images }: ClassesArtifact): number[][] | null {
  if (!triggered) return null
  const without = shares(confusion, images)
  return shares(triggered, images).map((row, truth) =>
    row.map((share, predicted) => share - (without[truth]?.[predicted] ?? 0)),
  )
}

/** Accuracy and ASR of each class, in the order of the classes. */
export const ratesByClass = ({ images, confusion, triggered }: ClassesArtifact, target: number): ClassRates[] =>
  images.map((count, index) => {
    const rate = (hits: number | undefined): Rate | null =>
      count > 0 && hits !== undefined ? rateOfShare(hits / count, count) : null
    return {
      index,
      images: count,
      accuracy: rate(confusion[index]?.[index]),
      asr: index === target ? null : rate(triggered?.[index]?.[target]),
    }
  })

export type ClassOrder = 'index' | 'images' | 'accuracy' | 'asr'

/** The largest first, classes in their own order; what was not measured comes last. */
export function orderedBy(rates: readonly ClassRates[], order: ClassOrder): ClassRates[] {
  const valueOf = (entry: ClassRates): number =>
    order === 'index' ? -entry.index : order === 'images' ? entry.images : (entry[order]?.value ?? -1)
  return [...rates].sort((left, right) => valueOf(right) - valueOf(left) || left.index - right.index)
}

/** The mistakes with the largest share of their class, at most `limit`. */
export function frequentConfusions({ confusion, images }: ClassesArtifact, limit: number): Confusion[] {
  const shareOf = shares(confusion, images)
  return confusion
    .flatMap((row, truth) =>
      row.map((count, predicted) => ({ truth, predicted, count, share: shareOf[truth]?.[predicted] ?? 0 })),
    )
    .filter((entry) => entry.truth !== entry.predicted && entry.count > 0)
    .sort((first, second) => second.share - first.share)
    .slice(0, limit)
}

/** One place of the matrices, with and without the trigger. */
export interface ConfusionPlace {
  readonly truth: number
  readonly predicted: number
  readonly clean: number
  /** null where no triggered images were measured. */
  readonly triggered: number | null
  /** Images of the true class. */
  readonly images: number
}

/** The places that hold an image, those that the trigger changes most first, else the fullest. */
export function filledPlaces({ confusion, triggered, images }: ClassesArtifact): ConfusionPlace[] {
  const places = confusion.flatMap((row, truth) =>
    row.map((clean, predicted) => ({
      truth,
      predicted,
      clean,
      triggered: triggered ? (triggered[truth]?.[predicted] ?? 0) : null,
      images: images[truth] ?? 0,
    })),
  )
  const weight = ({ clean, triggered: with_, images: all }: ConfusionPlace): number =>
    Math.abs((with_ ?? 2 * clean) - clean) / Math.max(1, all)
  return places
    .filter((place) => place.clean > 0 || (place.triggered ?? 0) > 0)
    .sort((left, right) => weight(right) - weight(left))
}

/** In whole percent; nothing where it rounds to 0. */
export const percentAt =
  (values: readonly (readonly number[])[], signed: boolean) =>
  (row: number, column: number): string => {
    const value = Math.round((values[row]?.[column] ?? 0) * 100)
    if (value === 0) return ''
    const sign = value < 0 ? '−' : signed ? '+' : ''
    return `${sign}${Math.abs(value)}`
  }
