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
  const alike = new Map<string, AxisValue[]>()
  for (const { named, ...value } of values)
    if (!named && !alike.get(value.label)?.push(value)) alike.set(value.label, [value])
  // Once for each name: an axis may have a hundred thousand values.
  const names = new Map([...alike].map(([label, group]) => [label, group.length < 2 ? [] : differingByPlace(group)]))
  return values.map(({ label, value, named }) => {
    const told = named ? [] : (names.get(label) ?? [])
    const parts = told.length === 0 ? [] : membersOf(value).map((member, place) => partOf(member, told[place] ?? []))
    return { label: parts.length === 0 ? label : parts.join('+').slice(0, 200), value }
  })
}

function partOf({ id, params }: MemberChoice, names: readonly string[]): string {
  const told = names.map((name) => `${name} ${textOf(params[name]).replaceAll('"', '')}`)
  return told.length === 0 ? id : `${id} (${told.join(', ')})`
}

/** The parameters that are not the same in all of these values, by the place of the member in them. */
function differingByPlace(group: readonly AxisValue[]): (readonly string[])[] {
  const members = group.map(({ value }) => membersOf(value))
  return (members[0] ?? []).map((_, place) => differing(members.map((list) => list[place])))
}
