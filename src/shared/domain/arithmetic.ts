/**
 * What of a machine decides the last digits of what it computes, in words, and what is said where models that were
 * computed in several ways, or in several precisions, are compared or averaged. The same seed gives the same bytes
 * where these words and the precision are the same and no GPU is among them.
 */
import { ordinaryPrecision, precisionTitles, type Precision } from './precision'
import type { DeviceReport } from './run'

/** Widest first: kernels take the first that the processor has. */
const instructionSets = [
  ['avx512f', 'AVX-512'],
  ['avx2', 'AVX2'],
  ['avx', 'AVX'],
] as const

/** "2 threads, AVX-512", "1 thread, AVX2, without oneDNN", "NVIDIA H100". */
export function arithmeticOf({ kind, title, threads, details }: DeviceReport): string {
  if (kind === 'gpu') return title
  const features = new Set(details['CPU features']?.split(' '))
  const widest = instructionSets.find(([feature]) => features.has(feature))
  return [
    threads === 1 ? '1 thread' : `${threads} threads`,
    ...(widest ? [widest[1]] : []),
    ...(details.oneDNN === 'off' ? ['without oneDNN'] : []),
  ].join(', ')
}

/** Each once, in order; of models whose device is not known (null) nothing can be said. */
export const arithmeticsOf = (found: Iterable<string | null>): string[] =>
  [...new Set(found)].filter((words) => words !== null).sort()

/** How the models of a table or chart were computed. */
export interface ComputedIn {
  /** See arithmeticsOf. */
  readonly arithmetics: readonly string[]
  /** See precisionsOf. */
  readonly precisions: readonly Precision[]
}

/** What stands below a table or chart of such models; null where all were computed alike, and in float32. */
export function arithmeticNote({ arithmetics, precisions }: ComputedIn): string | null {
  const notes = [precisionNote(precisions), waysNote(arithmetics)].filter((note) => note !== null)
  return notes.length === 0 ? null : notes.join('. ')
}

function precisionNote(precisions: readonly Precision[]): string | null {
  const titles = precisions.map((precision) => precisionTitles[precision])
  if (precisions.length > 1)
    return `Of ${precisions.length} precisions (${titles.join('; ')}), each of which gives models of its own`
  return precisions.every((precision) => precision === ordinaryPrecision) ? null : `Computed in ${titles.join('')}`
}

const waysNote = (arithmetics: readonly string[]): string | null =>
  arithmetics.length < 2
    ? null
    : `Computed in ${arithmetics.length} ways (${arithmetics.join('; ')}), which alone moves numbers a little`
