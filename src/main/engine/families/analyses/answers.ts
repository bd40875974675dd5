/** What logits say, on the host and in float64: classes, confidences, divergences. */

/** −1 and NaN where the logits are not all finite. */
export interface Answer {
  readonly label: number
  /** Softmax probability of that class. */
  readonly confidence: number
}

const rowOf = (logits: Float32Array, classes: number, image: number): Float32Array =>
  logits.subarray(image * classes, (image + 1) * classes)

/** log softmax of one row. */
export function logProbabilities(row: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(row)
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity)
  const total = Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0)) + largest
  return values.map((value) => value - total)
}

/** The most likely class of each image; of several the first. */
export function answersOf(logits: Float32Array, classes: number): Answer[] {
  return Array.from({ length: logits.length / classes }, (_, image) => {
    const row = rowOf(logits, classes, image)
    if (!row.every(Number.isFinite)) return { label: -1, confidence: NaN }
    const label = row.indexOf(Math.max(...row))
    return { label, confidence: Math.exp(logProbabilities(row)[label] ?? NaN) }
  })
}

/**
 * Mean over the classes of KL(softmax(teacher) ‖ softmax(other)) of each image: (1/C) Σ_c p_c (log p_c − log q_c), as
 * the Shuffling Vaccine has it; in nats.
 */
export function divergencesOf(teacher: Float32Array, other: Float32Array, classes: number): number[] {
  return Array.from({ length: teacher.length / classes }, (_, image) => {
    const p = logProbabilities(rowOf(teacher, classes, image))
    const q = logProbabilities(rowOf(other, classes, image))
    return p.reduce((sum, value, index) => sum + Math.exp(value) * (value - (q[index] ?? 0)), 0) / classes
  })
}
