/**
 * In which number format the convolutions and matrix products of a run are computed. It decides what comes out, so it
 * is part of a result's identity: of a stage's key, and of what is said where results stand beside each other.
 */

/**
 * - float32: everything in float32, as the parity tests hold it.
 * - tf32: NVIDIA's format, 10 bits of mantissa in what is multiplied; what the reference ran with. GPUs alone.
 * - mixed: bfloat16 for convolutions, matrix products and the activations between them; float32 for weights, optimizer,
 *   batch-norm statistics, losses, softmax and running sums.
 */
export const precisions = ['float32', 'tf32', 'mixed'] as const
export type Precision = (typeof precisions)[number]

/** What results without a word about it were computed in: all of versions that had no choice. */
export const ordinaryPrecision: Precision = 'float32'

export const precisionTitles: Readonly<Record<Precision, string>> = {
  float32: 'float32',
  tf32: 'TF32',
  mixed: 'mixed (bfloat16)',
}

/** As a configuration says it; one of an earlier version says nothing. */
export const precisionOf = ({ execution }: { readonly execution?: { readonly precision?: Precision } }): Precision =>
  execution?.precision ?? ordinaryPrecision
