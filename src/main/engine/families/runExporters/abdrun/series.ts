/** Recorded numbers, exactly: what a run that is done again is held against. */
import type { MetricDefinition, MetricSeries } from '../../../../../shared/domain'

/** What depends on the machine and its load, not on the experiment. */
const ofMachine: readonly (MetricDefinition['group'] | undefined)[] = ['speed', 'system']

/** Whether a quantity is the same whenever the experiment is done again. */
export const isReproducible = (definition: MetricDefinition | undefined): boolean =>
  !ofMachine.includes(definition?.group)

export interface NamedSeries {
  readonly metric: string
  readonly series: MetricSeries
}

/** Of each quantity its steps, then its values. */
export function encodeSeries(all: readonly NamedSeries[]): Uint8Array {
  const points = all.reduce((sum, { series }) => sum + series.steps.length, 0)
  const bytes = new Float64Array(2 * points)
  let at = 0
  for (const { series } of all)
    for (const column of [series.steps, series.values]) {
      bytes.set(column, at)
      at += column.length
    }
  return new Uint8Array(bytes.buffer)
}

/**
 * @param index quantities with their numbers of points, in the order of the bytes
 * @returns null where the bytes are fewer than that
 */
export function decodeSeries(
  bytes: Uint8Array,
  index: readonly { readonly metric: string; readonly points: number }[],
): NamedSeries[] | null {
  const wanted = index.reduce((sum, { points }) => sum + points * 16, 0)
  if (bytes.byteLength !== wanted) return null
  // Copied: the bytes may begin anywhere, and a Buffer's own slice would be a view.
  const numbers = new Float64Array(Uint8Array.from(bytes).buffer)
  let at = 0
  const column = (points: number): Float64Array => numbers.subarray(at, (at += points))
  return index.map(({ metric, points }) => ({ metric, series: { steps: column(points), values: column(points) } }))
}
