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

/** In forms and on marks, where there is little room. */
export const precisionNames: Readonly<Record<Precision, string>> = { float32: 'float32', tf32: 'TF32', mixed: 'mixed' }

export const precisionTitles: Readonly<Record<Precision, string>> = {
  float32: 'float32',
  tf32: 'TF32',
  mixed: 'mixed (bfloat16)',
}

/** As a configuration says it; one of an earlier version says nothing. */
export const precisionOf = ({ execution }: { readonly execution?: { readonly precision?: Precision } }): Precision =>
  execution?.precision ?? ordinaryPrecision

/** Of a stage, whose record says it where it is not the ordinary one. */
export const stagePrecision = ({ precision }: { readonly precision?: Precision | undefined }): Precision =>
  precision ?? ordinaryPrecision

/** Of what stands for a run: its last student, or its teacher. */
export const precisionOfRun = ({
  stages,
}: {
  readonly stages: readonly { readonly precision?: Precision | undefined }[]
}): Precision => stagePrecision(stages.at(-1) ?? {})

/** In words; null of the ordinary one, which goes without saying. */
export function notablePrecision(stage: { readonly precision?: Precision | undefined }): string | null {
  const precision = stagePrecision(stage)
  return precision === ordinaryPrecision ? null : precisionTitles[precision]
}

/** What a record, a key or a fingerprint says of it: nothing of the ordinary one, so that those from before stay. */
export const saidPrecision = (precision: Precision): { readonly precision?: Precision } =>
  precision === ordinaryPrecision ? {} : { precision }

/** In order, each once; what is none is left out. */
export const precisionsOf = (found: Iterable<string | undefined>): Precision[] => {
  const there = new Set(found)
  return precisions.filter((precision) => there.has(precision))
}

/** What each precision brings on a device, measured there. */
export interface PrecisionSpeed {
  /** The shortest time of one 3×3 convolution, forward and backward; without precisions that the device has not. */
  readonly milliseconds: Readonly<Partial<Record<Precision, number>>>
  /** The processor's instructions for bfloat16, as /proc/cpuinfo names them; null: none. Absent of GPUs. */
  readonly instructions?: string | null
}

/** Time in that precision / time in float32, of a convolution; null where it was not measured. */
export function precisionFactor(speed: PrecisionSpeed | undefined, precision: Precision): number | null {
  const { [ordinaryPrecision]: ordinary, [precision]: other } = speed?.milliseconds ?? {}
  return ordinary === undefined || other === undefined || !(ordinary > 0) ? null : other / ordinary
}

const twoDigits = (value: number): string => (value >= 100 ? value.toFixed(0) : Number(value.toPrecision(2)).toString())

/**
 * How long a convolution takes in that precision against float32, e.g. "0.6 of the time of float32 (5.2 ms, 8.7 ms)";
 * null where it was not measured.
 */
export function precisionSpeedWords(speed: PrecisionSpeed | undefined, precision: Precision): string | null {
  const factor = precisionFactor(speed, precision)
  if (!speed || factor === null) return null
  const { [precision]: other = NaN, float32 = NaN } = speed.milliseconds
  return `${twoDigits(factor)} of the time of float32 (${twoDigits(other)} ms, ${twoDigits(float32)} ms)`
}

/** What it was that was measured. */
export const precisionSpeedSubject = 'a 3×3 convolution, forward and backward'

/** As rows of a device report. */
export function precisionSpeedRows(speed: PrecisionSpeed | undefined): (readonly [name: string, words: string])[] {
  if (!speed) return []
  const { instructions } = speed
  return [
    ...(instructions === undefined ? [] : [['bfloat16 instructions', instructions ?? 'none'] as const]),
    ...precisions.flatMap((precision) => {
      if (precision === ordinaryPrecision) return []
      const words = precisionSpeedWords(speed, precision)
      return words === null ? [] : [[precisionTitles[precision], `${words}: ${precisionSpeedSubject}`] as const]
    }),
  ]
}
