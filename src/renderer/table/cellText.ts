import type { ColumnKind, Summary } from '@shared/domain'
import { ExhaustiveError } from '@shared/errors'
import type { JsonScalar } from '@shared/schema'
import { bytes, compact, missing, percent, tidy } from '../format/numbers'
import { ago, dateTime, duration } from '../format/times'

const numeric: readonly ColumnKind[] = ['number', 'share', 'seconds', 'bytes']
/** Right-aligned, and told as a mean in groups. */
export const isNumeric = (kind: ColumnKind): boolean => numeric.includes(kind)

/** A value of a table as text. @param now for times: "3 min ago"; without it the date */
export function cellText(kind: ColumnKind, value: JsonScalar, now?: number): string {
  if (value === null) return missing
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value
  switch (kind) {
    case 'share':
      return percent(value)
    case 'seconds':
      return duration(value)
    case 'bytes':
      return bytes(value)
    case 'time':
      return now === undefined ? dateTime(value) : ago(value, now)
    case 'number':
      return Number.isInteger(value) ? tidyInteger(value) : tidy(value)
    case 'flag':
      return value === 0 ? 'no' : 'yes'
    case 'text':
    case 'state':
      return String(value)
    default:
      throw new ExhaustiveError(kind)
  }
}
/** Small whole numbers (seeds, steps) as they are written. */
const tidyInteger = (value: number): string => (Math.abs(value) < 10_000 ? String(value) : compact(value))

/** "71.2 ± 1.3 %": mean and standard deviation. */
export function summaryText(kind: ColumnKind, { mean, deviation }: Summary): string {
  if (deviation === null) return cellText(kind, mean)
  if (kind === 'share') return `${(mean * 100).toFixed(1)} ± ${(deviation * 100).toFixed(1)} %`
  return `${cellText(kind, mean)} ± ${cellText(kind, deviation)}`
}

/** What stands behind a mean, in words. */
export function summaryWords(kind: ColumnKind, { n, interval, min, max, median }: Summary): string {
  const of = n === 1 ? 'one value' : `${n} values`
  const range = `from ${cellText(kind, min)} to ${cellText(kind, max)}, median ${cellText(kind, median)}`
  if (n === 1) return `Of ${of}; a spread wants two.`
  const ends = interval
    ? ` 95 % interval of the mean: ${cellText(kind, interval.low)} … ${cellText(kind, interval.high)}.`
    : ''
  return `Mean ± standard deviation of ${of}, ${range}.${ends}`
}
