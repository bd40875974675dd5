import type { Field } from '@shared/schema'
import { tidy } from '../format/numbers'

/** A value as the form's summary and the configuration table show it. */
export function showValue(field: Field | undefined, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') return field?.unit ? `${value} ${field.unit}` : String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  if (typeof value === 'string') {
    const option = field?.kind === 'choice' ? field.options.find((entry) => entry.value === value) : undefined
    return option?.label ?? (value === '' ? 'none' : value)
  }
  return JSON.stringify(value) ?? ''
}

/** "1 to 16", for the hint beside a number. */
export function rangeText(field: Field): string | null {
  return field.kind === 'integer' || field.kind === 'number' ? `${tidy(field.min)} to ${tidy(field.max)}` : null
}

/**
 * Text of a number field to its value: a number where it reads as one, otherwise the text itself, so that validation
 * can
 * say what is wrong with it and nothing typed is lost. Accepts a decimal comma and a leading typographic minus.
 */
export function readNumber(text: string): number | string {
  const plain = text.trim().replace(',', '.').replace('−', '-')
  if (plain === '') return text
  const value = Number(plain)
  return Number.isFinite(value) ? value : text
}

export function readIntegerList(text: string): (number | string)[] {
  return text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map((part) => readNumber(part))
}

/**
 * The next value up or down: the declared step, a 1–2–5 ladder on logarithmic fields, else a tenth of the magnitude.
 */
export function stepped(field: Field, value: number, direction: 1 | -1): number {
  if (field.kind === 'integer') return clampTo(field, value + direction)
  if (field.kind !== 'number') return value
  if (field.logarithmic === true && value > 0) return clampTo(field, ladder(value, direction))
  const step = field.step ?? Math.max(10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - 1), 1e-6)
  return clampTo(field, Number((value + direction * step).toPrecision(10)))
}

const clampTo = (field: { min: number; max: number }, value: number): number =>
  Math.min(field.max, Math.max(field.min, value))

function ladder(value: number, direction: 1 | -1): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9)
  const rungs = [0.5, 1, 2, 5, 10, 20].map((factor) => Number((factor * power).toPrecision(3)))
  const next =
    direction > 0
      ? rungs.find((rung) => rung > value * 1.0001)
      : [...rungs].reverse().find((rung) => rung < value * 0.9999)
  return next ?? value
}

export const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Issues are written to follow a name ("… wanted a path"); alone they begin with a capital. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
