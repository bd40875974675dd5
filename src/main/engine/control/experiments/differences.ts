/** In what two configurations differ, in words: "method: Temperature 20 instead of 1". */
import type { MemberChoice } from '../../../../shared/domain'
import { isVisible, type FamilyId, type Field, type ParameterSchema } from '../../../../shared/schema'
import type { MemberTable } from './memberTable'

/** Two values of one place, which the sentences call `part`. */
export interface Compared<Value> {
  readonly part: string
  readonly ours: Value
  readonly theirs: Value
}

const numbers = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 })

/** A value as people read it. */
export function valueText(field: Field, value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'on' : 'off'
    case 'number':
      return numbers.format(value)
    case 'string':
      if (field.kind === 'choice') return field.options.find((option) => option.value === value)?.label ?? value
      return value === '' ? 'none' : value
    default:
      return Array.isArray(value) ? value.join(', ') : JSON.stringify(value)
  }
}

/** Fields that have no say are left out, and so are paths: where files lie differs from machine to machine. */
export function parameterDifferences(
  schema: ParameterSchema,
  { part, ours, theirs }: Compared<Record<string, unknown>>,
): string[] {
  return Object.entries(schema).flatMap(([name, field]) => {
    if (
      field.kind === 'path' ||
      (!isVisible(field, ours) && !isVisible(field, theirs)) ||
      JSON.stringify(ours[name]) === JSON.stringify(theirs[name])
    )
      return []
    return [`${part}: ${field.label} ${valueText(field, ours[name])} instead of ${valueText(field, theirs[name])}`]
  })
}

export function memberDifferences(
  table: MemberTable,
  family: FamilyId,
  { part, ours, theirs }: Compared<MemberChoice>,
): string[] {
  const member = table.find(family, ours.id)
  if (ours.id !== theirs.id)
    return [`${part}: ${member?.title ?? ours.id} instead of ${table.find(family, theirs.id)?.title ?? theirs.id}`]
  return member ? parameterDifferences(member.params, { part, ours: ours.params, theirs: theirs.params }) : []
}
