import type { AxisValue } from '@shared/domain'
import { validateParameters, type Field } from '@shared/schema'
import { readIntegerList, readNumber } from '../forms/fieldText'

/** Values as one line: lists are told apart by semicolons, anything else by commas. */
export const writeFieldValues = (values: readonly AxisValue[]): string =>
  values.some(({ value }) => Array.isArray(value))
    ? values.map(({ value }) => (Array.isArray(value) ? value.join(', ') : String(value))).join('; ')
    : values.map(({ value }) => String(value)).join(', ')

/** The values in a line, each checked against the field; the first that does not fit is said. */
export function readFieldValues(field: Field, text: string): { values: unknown[]; problem: string | null } {
  const separator = field.kind === 'integerList' ? /\s*;\s*/ : /\s*[,;]\s*|\s+(?=\S)/
  const parts = text.trim().split(field.kind === 'text' || field.kind === 'path' ? /\s*[,;]\s*/ : separator)
  const values = [...new Set(parts.filter((part) => part !== ''))].map((part) => read(field, part))
  for (const value of values) {
    const { issues } = validateParameters({ value: field }, { value }, '')
    const issue = issues.find(({ severity }) => severity === 'error')
    if (issue) return { values, problem: `${String(value)}: ${issue.message}.` }
  }
  return { values, problem: null }
}

const read = (field: Field, part: string): unknown => {
  if (field.kind === 'integer' || field.kind === 'number') return readNumber(part)
  return field.kind === 'integerList' ? readIntegerList(part) : part
}
