import { z } from 'zod'
import { ExhaustiveError } from '../errors'
import { orMeant } from '../nearest'
import { defaultsOf, type Field, type ParameterSchema, type ValuesOf } from './fields'

/** A finding on one field; `path` is the dotted path that `--set` takes. */
export interface Issue {
  path: string
  severity: 'error' | 'warning'
  message: string
}

/** What a field accepts, as the words after "wanted". */
function wantedBy(field: Field): string {
  const unit = field.unit ? ` ${field.unit}` : ''
  switch (field.kind) {
    case 'integer':
      return `a whole number from ${field.min} to ${field.max}${unit}`
    case 'number':
      return `a value from ${field.min} to ${field.max}${unit}`
    case 'boolean':
      return 'true or false'
    case 'choice':
      return `one of ${field.options.map(({ value }) => value).join(', ')}`
    case 'text':
      return `text of at most ${field.maxLength} characters${field.pattern ? ` of the form ${field.pattern}` : ''}`
    case 'path':
      return 'a path'
    case 'integerList':
      return `at most ${field.maxLength} whole numbers from ${field.min} to ${field.max}`
    default:
      throw new ExhaustiveError(field)
  }
}

/** A number or a switch where words are wanted, as YAML and JSON read `depth: 34` and `name: 2024`. */
const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value

const typesOfFields = new WeakMap<Field, z.ZodType>()

/** The zod type of one field, with messages that name what is wanted. Made once: a study checks thousands of cells. */
export function zodOf(field: Field): z.ZodType {
  const made = typesOfFields.get(field) ?? makeType(field)
  typesOfFields.set(field, made)
  return made
}

function makeType(field: Field): z.ZodType {
  const wanted = `wanted ${wantedBy(field)}`
  switch (field.kind) {
    case 'integer':
      return z.number(wanted).int(wanted).min(field.min, wanted).max(field.max, wanted)
    case 'number':
      return z.number(wanted).min(field.min, wanted).max(field.max, wanted)
    case 'boolean':
      return z.boolean(wanted)
    case 'choice': {
      const values = field.options.map((option) => option.value)
      return z.preprocess(
        asText,
        z.string(wanted).refine((value) => values.includes(value), {
          error: ({ input }) => `${wanted}${orMeant(String(input), values)}`,
        }),
      )
    }
    case 'text':
      return z.preprocess(
        asText,
        z
          .string('wanted text')
          .max(field.maxLength, `wanted at most ${field.maxLength} characters`)
          .refine(
            (value) => !field.pattern || new RegExp(field.pattern).test(value),
            'has a form that is not accepted here',
          ),
      )
    case 'path':
      return z.preprocess(
        asText,
        z.string(wanted).refine((value) => field.optional === true || value.length > 0, 'wanted a path, got nothing'),
      )
    case 'integerList':
      return z
        .array(z.number(wanted).int(wanted).min(field.min, wanted).max(field.max, wanted), wanted)
        .max(field.maxLength, wanted)
    default:
      throw new ExhaustiveError(field)
  }
}

const show = (value: unknown): string => {
  const shown = JSON.stringify(value) ?? String(value)
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown
}

/** A value that is not accepted, with the parts of its sentence. */
export interface ParameterRefusal {
  /** Absent where the whole set of parameters is none. */
  readonly name?: string
  /** Goes on from the parameter's path: "wanted …, got …". */
  readonly message: string
  readonly wanted: string
  readonly got: string
}

/**
 * Fills defaults and checks every value of a parameter set.
 * Unknown names are refused (a misspelt option must not be ignored); invisible fields are checked too, since they are
 * saved. A path without a default is wanted even where nothing is given: it would be missed only when a run is under
 * way.
 */
export function checkParameters<S extends ParameterSchema>(
  schema: S,
  input: unknown,
): { values: ValuesOf<S>; refusals: ParameterRefusal[] } {
  const refusals: ParameterRefusal[] = []
  const values = defaultsOf(schema) as Record<string, unknown>
  if (input !== undefined && (typeof input !== 'object' || input === null || Array.isArray(input))) {
    const wanted = 'a set of parameters'
    const got = show(input)
    return { values: values as ValuesOf<S>, refusals: [{ wanted, got, message: `wanted ${wanted}, got ${got}` }] }
  }
  const given = (input ?? {}) as Record<string, unknown>
  const known = Object.keys(schema).join(', ') || 'none'
  for (const name of Object.keys(given)) {
    if (name in schema) continue
    const message = `is no parameter here${orMeant(name, Object.keys(schema))}; known: ${known}`
    refusals.push({ name, wanted: `one of ${known}`, got: name, message })
  }
  for (const [name, field] of Object.entries(schema)) {
    if (given[name] === undefined && field.kind !== 'path') continue
    const value = given[name] ?? field.default
    const result = zodOf(field).safeParse(value)
    if (result.success) values[name] = result.data
    else {
      const got = show(value)
      const message = `${result.error.issues[0]?.message ?? 'is not valid'}, got ${got}`
      refusals.push({ name, wanted: wantedBy(field), got, message })
    }
  }
  return { values: values as ValuesOf<S>, refusals }
}

/** As `checkParameters`, with the refused values as findings below the path `at`: for forms, which show them all. */
export function validateParameters<S extends ParameterSchema>(
  schema: S,
  input: unknown,
  at: string,
): { values: ValuesOf<S>; issues: Issue[] } {
  const { values, refusals } = checkParameters(schema, input)
  const issues = refusals.map(({ name, message }): Issue => ({
    path: name === undefined ? at : `${at}.${name}`,
    severity: 'error',
    message,
  }))
  return { values, issues }
}
