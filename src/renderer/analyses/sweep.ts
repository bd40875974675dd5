/** Between the measured points of a sweep: the image, and what networks answer to it. */
import type { ImageBatch, SweepArtifact } from '@shared/domain'

export const bytesFrom = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

/** a + share (b − a) of the two images, rounded to bytes. @param share 0 … 1 */
export function mixedImage(
  { height, width, channels }: SweepArtifact['ends'],
  bytes: Uint8Array,
  share: number,
): ImageBatch {
  const size = height * width * channels
  const pixels = Uint8Array.from({ length: size }, (_, place) => {
    const [first, second] = [bytes[place] ?? 0, bytes[size + place] ?? 0]
    return Math.round(first + share * (second - first))
  })
  return { count: 1, height, width, channels, pixels }
}

/** Probabilities at a place between the measured ones, on straight lines from one to the next. */
export function answersAt(x: readonly number[], probabilities: readonly (readonly number[])[], at: number): number[] {
  const next = x.findIndex((value) => value >= at)
  const [high, low] = [next < 0 ? x.length - 1 : next, Math.max(0, (next < 0 ? x.length : next) - 1)]
  const [from, to] = [x[low] ?? 0, x[high] ?? 0]
  const share = to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 1
  return (probabilities[high] ?? []).map((value, label) => {
    const before = probabilities[low]?.[label] ?? value
    return before + share * (value - before)
  })
}

/** The most likely classes, the most likely first, and the explained one in any case. */
export function likeliest(answers: readonly number[], explained: number, most = 3): number[] {
  const order = [...answers.keys()].sort((left, right) => (answers[right] ?? 0) - (answers[left] ?? 0) || left - right)
  const first = order.slice(0, most)
  return first.includes(explained) ? first : [...first.slice(0, most - 1), explained]
}
