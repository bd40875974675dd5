/** How values are typed on a command line: the parameter that a value is for says how its text is read. */
import type { Catalogue } from '../../shared/contract'
import type { PartialExperimentConfig } from '../../shared/domain'
import { ExhaustiveError, RefusedInputError } from '../../shared/errors'
import type { Field, ParameterSchema } from '../../shared/schema'
import { chosenMembers, membersOf } from './members'

/** JSON, or else text. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const switches: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
}

/** JSON's quotes go where somebody pasted a value with them. */
const unquoted = (text: string): string => {
  const value = /^".*"$/s.test(text) ? parseValue(text) : text
  return typeof value === 'string' ? value : text
}

function numberOf(text: string, field: Field): unknown {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1]
  if (share !== undefined && field.kind === 'number' && field.max <= 1) return Number(share) / 100
  const value = text.trim() === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : text
}

/**
 * The value that `text` stands for. A parameter that takes words gets the text as it was typed, also where it looks
 * like a number ("34", "007"); fractions may be given in percent, switches as yes and no, lists of numbers with commas.
 * What is no value of the parameter goes on as it is: the engine says what is wanted.
 * @param field the parameter; without it the text is read as JSON, or else stays text
 */
export function valueOf(field: Field | undefined, text: string): unknown {
  switch (field?.kind) {
    case undefined:
      return parseValue(text)
    case 'integer':
    case 'number':
      return numberOf(unquoted(text), field)
    case 'boolean':
      return switches[unquoted(text).toLowerCase()] ?? parseValue(text)
    case 'choice':
    case 'text':
    case 'path':
      return unquoted(text)
    case 'integerList':
      return /^\s*-?\d+(\s*,\s*-?\d+)*\s*$/.test(text) ? text.split(',').map(Number) : parseValue(text)
    default:
      throw new ExhaustiveError(field)
  }
}

const sectionPlaces: readonly (readonly [section: keyof Catalogue['sections'], prefix: string])[] = [
  ['experiment', ''],
  ['poisoning', 'poisoning.'],
  ['teacher', 'teacher.'],
  ['training', 'teacher.training.'],
  ['recording', 'recording.'],
  ['execution', 'execution.'],
]

/** Every parameter that the members chosen so far have, by its path in the configuration. */
export function declaredFields(config: PartialExperimentConfig, catalogue: Catalogue): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>()
  const add = (prefix: string, params: ParameterSchema = {}): void => {
    for (const [name, field] of Object.entries(params)) fields.set(`${prefix}${name}`, field)
  }
  for (const [section, prefix] of sectionPlaces) add(prefix, catalogue.sections[section].params)
  for (const { family, id, place } of chosenMembers(config, catalogue))
    add(`${place}.params.`, membersOf(catalogue, family).find((member) => member.id === id)?.params)
  return fields
}

/**
 * `name=value` entries of a repeatable option as parameters.
 * @param example shows how one is written
 * @param schema the parameters that they are for, where they are known here
 * @throws RefusedInputError where an entry has no value, or a name comes twice
 */
export function namedValues(
  entries: readonly string[],
  example: string,
  schema: ParameterSchema = {},
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const entry of entries) {
    const at = entry.indexOf('=')
    if (at < 1)
      throw new RefusedInputError('A parameter has no value.', {
        wanted: 'name=value',
        got: entry,
        action: `Write e.g. ${example}.`,
      })
    const name = entry.slice(0, at)
    if (Object.hasOwn(values, name))
      throw new RefusedInputError(`The parameter "${name}" is given twice.`, {
        wanted: 'each parameter once',
        got: entry,
      })
    values[name] = valueOf(schema[name], entry.slice(at + 1))
  }
  return values
}
