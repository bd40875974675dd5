/** Values as they are written in a query, with percent signs, units, dates and ranges, as intervals of numbers. */
import { ExhaustiveError } from '../../errors'
import type { ColumnKind } from '../table'
import type { QueryOperator } from './syntax'

/** Numbers from low to high; an end that is null is open to infinity. `includes`: whether the ends belong to it. */
export interface NumberRange {
  readonly low: number | null
  readonly high: number | null
  readonly includesLow: boolean
  readonly includesHigh: boolean
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, sec: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800 }
const bytesOf: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 }
const numberText = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%|[a-z]+)?$/i

/** What a value of a kind looks like, for messages. */
export function exampleOf(kind: ColumnKind): string {
  switch (kind) {
    case 'text':
    case 'state':
      return 'a word'
    case 'number':
      return 'a number, e.g. 4 or 0..4'
    case 'share':
      return 'a rate, e.g. 10% or 0.1'
    case 'seconds':
      return 'a time, e.g. 90s, 20min or 2h'
    case 'bytes':
      return 'a size, e.g. 20MB'
    case 'time':
      return 'a day or an age, e.g. 2026-11-01, today or 7d'
    case 'flag':
      return 'yes or no'
    default:
      throw new ExhaustiveError(kind)
  }
}

/**
 * The numbers that a value stands for by itself: a rate all that are shown alike (71.9% is 71.85 … 71.95 %), a day its
 * 24 hours.
 * @returns null where it is no value of this kind
 */
export function rangeOf(text: string, kind: ColumnKind, now: number): NumberRange | null {
  const dots = text.indexOf('..')
  if (dots < 0) return single(text, kind, now)
  const [from, to] = [text.slice(0, dots).trim(), text.slice(dots + 2).trim()]
  const [low, high] = [from === '' ? null : single(from, kind, now), to === '' ? null : single(to, kind, now)]
  if ((from !== '' && !low) || (to !== '' && !high) || (!low && !high)) return null
  return {
    low: low?.low ?? null,
    high: high?.high ?? null,
    includesLow: low?.includesLow ?? true,
    includesHigh: high?.includesHigh ?? true,
  }
}

/** What a comparison with the value leaves: less than a day is before it begins, more than it after its end. */
export function comparedRange(range: NumberRange, operator: QueryOperator): NumberRange {
  const { low, high, includesLow, includesHigh } = range
  switch (operator) {
    case ':':
    case '=':
    case '!=':
      return range
    case '<':
      return { low: null, high: low, includesLow: false, includesHigh: !includesLow }
    case '<=':
      return { low: null, high, includesLow: false, includesHigh }
    case '>':
      return { low: high, high: null, includesLow: !includesHigh, includesHigh: false }
    case '>=':
      return { low, high: null, includesLow, includesHigh: false }
    default:
      throw new ExhaustiveError(operator)
  }
}

const exactly = (value: number): NumberRange => ({ low: value, high: value, includesLow: true, includesHigh: true })

function single(text: string, kind: ColumnKind, now: number): NumberRange | null {
  if (kind === 'text' || kind === 'state') return null
  if (kind === 'flag') return flag(text)
  if (kind === 'time') return moment(text, now)
  const [, digits, unit = ''] = numberText.exec(text) ?? []
  if (digits === undefined) return null
  const value = Number(digits)
  if (!Number.isFinite(value)) return null
  if (kind === 'share') return share(digits, unit)
  const factor = factorOf(kind, unit.toLowerCase())
  return factor === undefined ? null : exactly(value * factor)
}

function factorOf(kind: ColumnKind, unit: string): number | undefined {
  if (unit === '') return 1
  if (kind === 'seconds') return secondsOf[unit]
  if (kind === 'bytes') return bytesOf[unit]
  return unit === '%' ? 0.01 : undefined
}

/** Rates are stored as fractions of 1 and shown in percent: what is above 1 without a sign is meant in percent. */
function share(digits: string, unit: string): NumberRange | null {
  if (unit !== '' && unit !== '%') return null
  const value = Number(digits)
  const scale = unit === '%' || Math.abs(value) > 1 ? 0.01 : 1
  return { low: value * scale, high: value * scale, includesLow: true, includesHigh: true }
}

/** The half of the last digit that is written, so that a rate is found by what is shown of it. */
export function shownShare(text: string): number {
  const [, digits = '', unit = ''] = numberText.exec(text) ?? []
  const scale = unit === '%' || Math.abs(Number(digits)) > 1 ? 0.01 : 1
  const decimals = /\.(\d*)/.exec(digits)?.[1]?.length ?? 0
  return (10 ** -decimals / 2) * scale
}

function flag(text: string): NumberRange | null {
  const word = text.toLowerCase()
  if (['yes', 'true', 'on', '1'].includes(word)) return exactly(1)
  if (['no', 'false', 'off', '0'].includes(word)) return exactly(0)
  return null
}

/** Days and months of this machine's calendar; an age is a time before now. */
function moment(text: string, now: number): NumberRange | null {
  const today = new Date(now)
  const startOf = (year: number, month: number, date: number): number => new Date(year, month, date).getTime()
  const between = (low: number, high: number): NumberRange => ({ low, high, includesLow: true, includesHigh: false })
  const [year, month, date] = [today.getFullYear(), today.getMonth(), today.getDate()]
  if (text.toLowerCase() === 'today') return between(startOf(year, month, date), startOf(year, month, date + 1))
  if (text.toLowerCase() === 'yesterday') return between(startOf(year, month, date - 1), startOf(year, month, date))
  const calendar = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text)
  if (!calendar) return null
  const [own, ownMonth, ownDate] = calendar.slice(1).map((part) => (part === undefined ? undefined : Number(part)))
  if (own === undefined || (ownMonth ?? 1) < 1 || (ownMonth ?? 1) > 12 || (ownDate ?? 1) < 1 || (ownDate ?? 1) > 31)
    return null
  if (ownMonth === undefined) return between(startOf(own, 0, 1), startOf(own + 1, 0, 1))
  if (ownDate === undefined) return between(startOf(own, ownMonth - 1, 1), startOf(own, ownMonth, 1))
  return between(startOf(own, ownMonth - 1, ownDate), startOf(own, ownMonth - 1, ownDate + 1))
}

/** An age in milliseconds ("7d", "2h"); null where it is none. */
export function ageOf(text: string): number | null {
  const [, digits, unit = ''] = numberText.exec(text) ?? []
  const seconds = secondsOf[unit.toLowerCase()]
  return digits === undefined || seconds === undefined ? null : Number(digits) * seconds * 1000
}
