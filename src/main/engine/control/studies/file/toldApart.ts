/** Values of an axis that would have one name are told apart by what differs between them. */
import type { AxisValue, MemberChoice } from '../../../../../shared/domain'

export interface ReadValue extends AxisValue {
  /** Whether the file itself calls it so. */
  readonly named: boolean
}

const isMember = (value: unknown): value is MemberChoice =>
  typeof value === 'object' && value !== null && 'id' in value && 'params' in value

const membersOf = (value: unknown): readonly MemberChoice[] =>
  (Array.isArray(value) ? value : [value]).filter((entry) => isMember(entry))

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'default'

/** Names of parameters that are not the same in all, of the members at one place. */
function differing(members: readonly (MemberChoice | undefined)[]): readonly string[] {
  const names = new Set(members.flatMap((member) => Object.keys(member?.params ?? {})))
  return [...names].filter((name) => new Set(members.map((member) => textOf(member?.params[name]))).size > 1)
}

/**
 * Labels that several values share get the parameters that differ: "sv (coefficient 3)", "sv (coefficient 10)"; a
 * parameter that one of them leaves out is its default. Equal values keep one label; so does what the file names.
 */
export function toldApart(values: readonly ReadValue[]): AxisValue[] {
  return values.map(({ label, value, named }) => {
    const alike = values.filter((other) => other.label === label && !other.named)
    if (named || alike.length < 2) return { label, value }
    const parts = membersOf(value).map(({ id, params }, place) => {
      const names = differing(alike.map((other) => membersOf(other.value)[place]))
      const told = names.map((name) => `${name} ${textOf(params[name]).replaceAll('"', '')}`)
      return told.length === 0 ? id : `${id} (${told.join(', ')})`
    })
    return { label: parts.length === 0 ? label : parts.join('+').slice(0, 200), value }
  })
}
