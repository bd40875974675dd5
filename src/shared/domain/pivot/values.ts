/** What a cell of a pivot may show of its models. */
import type { Summary } from '../statistics'

export type PivotValue = 'accuracy' | 'asr' | 'robustAccuracy' | 'der' | 'rir' | 'seconds'

export interface PivotValueDefinition {
  readonly id: PivotValue
  readonly title: string
  /** Which end is the better one, for whoever defends. */
  readonly better: 'higher' | 'lower'
  /** A rate is a fraction of 1, shown as a percentage. */
  readonly unit: 'rate' | 'seconds'
}

export const pivotValues: readonly PivotValueDefinition[] = [
  { id: 'accuracy', title: 'Accuracy', better: 'higher', unit: 'rate' },
  { id: 'asr', title: 'ASR', better: 'lower', unit: 'rate' },
  { id: 'robustAccuracy', title: 'Robust accuracy', better: 'higher', unit: 'rate' },
  { id: 'der', title: 'DER', better: 'higher', unit: 'rate' },
  { id: 'rir', title: 'RIR', better: 'higher', unit: 'rate' },
  { id: 'seconds', title: 'Time', better: 'lower', unit: 'seconds' },
]

export const pivotValueOf = (id: PivotValue): PivotValueDefinition => {
  const found = pivotValues.find((value) => value.id === id)
  if (!found) throw new Error(`There is no value "${String(id)}".`)
  return found
}

export type PivotStatistic = 'meanDeviation' | 'interval' | 'median' | 'range' | 'count'

export interface PivotStatisticDefinition {
  readonly id: PivotStatistic
  readonly title: string
  /** @param shown writes one number of the value at hand */
  readonly text: (summary: Summary, shown: (value: number) => string) => string
  /** What "best" goes by; null where nothing is better than anything. */
  readonly rank: (summary: Summary) => number | null
}

export const pivotStatistics: readonly PivotStatisticDefinition[] = [
  {
    id: 'meanDeviation',
    title: 'mean ± standard deviation',
    text: ({ mean, deviation }, shown) => (deviation === null ? shown(mean) : `${shown(mean)} ± ${shown(deviation)}`),
    rank: ({ mean }) => mean,
  },
  {
    id: 'interval',
    title: 'mean [95 % interval]',
    text: ({ mean, interval }, shown) =>
      interval === null ? shown(mean) : `${shown(mean)} [${shown(interval.low)}, ${shown(interval.high)}]`,
    rank: ({ mean }) => mean,
  },
  {
    id: 'median',
    title: 'median',
    text: ({ median }, shown) => shown(median),
    rank: ({ median }) => median,
  },
  {
    id: 'range',
    title: 'min – max',
    text: ({ min, max }, shown) => (min === max ? shown(min) : `${shown(min)} – ${shown(max)}`),
    rank: ({ mean }) => mean,
  },
  { id: 'count', title: 'n', text: ({ n }) => String(n), rank: () => null },
]

export const pivotStatisticOf = (id: PivotStatistic): PivotStatisticDefinition => {
  const found = pivotStatistics.find((statistic) => statistic.id === id)
  if (!found) throw new Error(`There is no statistic "${String(id)}".`)
  return found
}

/** Values that are rates over test images, and are compared with those of another model. */
export type TestedValue = 'accuracy' | 'asr' | 'robustAccuracy'
export const isTestedValue = (value: PivotValue): value is TestedValue =>
  value === 'accuracy' || value === 'asr' || value === 'robustAccuracy'

/** "71.9" of a rate of 0.719, "−2.0" of −0.02, "132" of 131.7 seconds; without a unit, which the head names. */
export const valueText = (value: number, definition: Pick<PivotValueDefinition, 'unit'>): string =>
  shownDigits(value, definition).replace('-', '−')

/** The same as programs read numbers. */
export function shownDigits(value: number, { unit }: Pick<PivotValueDefinition, 'unit'>): string {
  const text = unit === 'rate' ? (value * 100).toFixed(1) : value.toFixed(value < 10 ? 1 : 0)
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text
}
