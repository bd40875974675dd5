import { z } from 'zod'
import { ExhaustiveError } from '../errors'
import type { Field, ParameterSchema, ValuesOf } from './fields'
import { defaultsOf } from './fields'

/** A finding on one field; `path` is the dotted path that `--set` takes. */
export interface Issue {
  path: string
  severity: 'error' | 'warning'
  message: string
}

/** The zod type of one field, with messages that name what is wanted. */
export function zodOf(field: Field): z.ZodType {
  const range = (minimum: number, maximum: number): string =>
    `wanted a value from ${minimum} to ${maximum}${field.unit ? ` ${field.unit}` : ''}`
  switch (field.kind) {
    case 'integer': {
      const wanted = `wanted a whole number from ${field.min} to ${field.max}${field.unit ? ` ${field.unit}` : ''}`
      return z.number(wanted).int(wanted).min(field.min, wanted).max(field.max, wanted)
    }
    case 'number':
      return z
        .number(range(field.min, field.max))
        .min(field.min, range(field.min, field.max))
        .max(field.max, range(field.min, field.max))
    case 'boolean':
      return z.boolean('wanted true or false')
    case 'choice': {
      const values = field.options.map((option) => option.value)
      return z
        .string(`wanted one of ${values.join(', ')}`)
        .refine((value) => values.includes(value), `wanted one of ${values.join(', ')}`)
    }
    case 'text':
      return z
        .string('wanted text')
        .max(field.maxLength, `wanted at most ${field.maxLength} characters`)
        .refine(
          (value) => !field.pattern || new RegExp(field.pattern).test(value),
          'has a form that is not accepted here',
        )
    case 'path':
      return z
        .string('wanted a path')
        .refine((value) => field.optional === true || value.length > 0, 'wanted a path, got nothing')
    case 'integerList': {
      const wanted = `wanted at most ${field.maxLength} whole numbers from ${field.min} to ${field.max}`
      return z
        .array(z.number(wanted).int(wanted).min(field.min, wanted).max(field.max, wanted), wanted)
        .max(field.maxLength, wanted)
    }
    default:
      throw new ExhaustiveError(field)
  }
}

const show = (value: unknown): string => {
  const shown = JSON.stringify(value) ?? String(value)
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown
}

/**
 * Fills defaults and checks every value of a parameter set.
 * Unknown names are errors (a misspelt option must not be ignored); invisible fields are checked too, since they are
 * saved. A path without a default is
 * wanted even where nothing is given: it would be missed only when a run is under way.
 */
export function validateParameters<S extends ParameterSchema>(
  schema: S,
  input: unknown,
  at: string,
): { values: ValuesOf<S>; issues: Issue[] } {
  const issues: Issue[] = []
  const defaults = defaultsOf(schema) as Record<string, unknown>
  if (input !== undefined && (typeof input !== 'object' || input === null || Array.isArray(input))) {
    return {
      values: defaults as ValuesOf<S>,
      issues: [{ path: at, severity: 'error', message: `wanted a set of parameters, got ${show(input)}` }],
    }
  }
  const given = (input ?? {}) as Record<string, unknown>
  for (const name of Object.keys(given)) {
    if (!(name in schema))
      issues.push({
        path: `${at}.${name}`,
        severity: 'error',
        message: `is no parameter here; known: ${Object.keys(schema).join(', ') || 'none'}`,
      })
  }
  for (const [name, field] of Object.entries(schema)) {
    if (given[name] === undefined && field.kind !== 'path') continue
    const result = zodOf(field).safeParse(given[name] ?? field.default)
    if (result.success) defaults[name] = result.data
    else
      issues.push({
        path: `${at}.${name}`,
        severity: 'error',
        message: `${result.error.issues[0]?.message ?? 'is not valid'}, got ${show(given[name] ?? field.default)}`,
      })
  }
  return { values: defaults as ValuesOf<S>, issues }
}
