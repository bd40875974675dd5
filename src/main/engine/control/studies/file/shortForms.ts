/** How values of axes are written in a study file, and read back. */
import { noDefense, type AxisValue, type MemberChoice } from '../../../../../shared/domain'
import { RefusedInputError } from '../../../../../shared/errors'
import { wantedAmong } from '../../../../../shared/nearest'
import { memberDefaults, type FamilyId } from '../../../../../shared/schema'
import type { MemberTable } from '../../experiments/memberTable'
import { namedAxes } from '../axes'
import { cellLimit } from '../expand'

export interface FormContext {
  readonly table: MemberTable
  /** The folder that relative file names are seen from; absent: they stay as they are. */
  readonly folder?: string
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** "0..4" as its numbers; null for other text. */
export function numbersOf(text: string): number[] | null {
  const match = /^\s*(-?\d{1,15})\s*\.\.\s*(-?\d{1,15})\s*$/.exec(text)
  if (!match) return null
  const [low, high] = [Number(match[1]), Number(match[2])]
  const count = high - low + 1
  if (count < 1 || count > cellLimit)
    throw new RefusedInputError(`"${text}" stands for ${count < 1 ? 'no' : 'too many'} values.`, {
      wanted: `1 to ${cellLimit.toLocaleString('en')} whole numbers, the lower one first`,
      got: count < 1 ? text : `${count.toLocaleString('en')} of them`,
    })
  return Array.from({ length: count }, (_, index) => low + index)
}

/**
 * A member by its id, or with its named settings ("cmi/inversion"): then every parameter is given, so that none of the
 * base's remains.
 * @throws RefusedInputError naming the nearest known one
 */
export function memberOf(text: string, family: FamilyId, table: MemberTable): MemberChoice {
  const [id = '', settings] = text.split('/')
  const found = table.find(family, id)
  if (!found)
    throw unknown(
      `There is no ${family} called "${id}".`,
      id,
      table.family(family).map((member) => member.id),
    )
  if (settings === undefined) return { id, params: {} }
  if (!Object.hasOwn(found.presets, settings))
    throw unknown(`"${id}" has no settings called "${settings}".`, settings, Object.keys(found.presets))
  return { id, params: memberDefaults(found, settings) }
}

function unknown(message: string, got: string, known: readonly string[]): RefusedInputError {
  return new RefusedInputError(message, { wanted: wantedAmong(got, known), got })
}

const choiceOf = (value: unknown, family: FamilyId, table: MemberTable): MemberChoice => {
  if (typeof value === 'string') return memberOf(value, family, table)
  if (isRecord(value) && typeof value.id === 'string') {
    const { id, params } = memberOf(value.id, family, table)
    return { id, params: { ...params, ...(isRecord(value.params) ? value.params : {}) } }
  }
  throw new RefusedInputError(`A ${family} was wanted.`, {
    wanted: 'an id, "id/settings" or { id, params }',
    got: JSON.stringify(value)?.slice(0, 80) ?? String(value),
  })
}

/** "none", "sv", "sv+sr/late" as a list of defenses. */
export const defensesOf = (text: string, table: MemberTable): MemberChoice[] =>
  text === noDefense ? [] : text.split('+').map((entry) => memberOf(entry.trim(), 'defense', table))

const labelOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200)
const endOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1)

/** One entry of an axis's list, which may stand for several values ("0..4"). */
export function valuesOf(path: string, entry: unknown, context: FormContext): AxisValue[] {
  const { table } = context
  if (isRecord(entry) && 'label' in entry && 'value' in entry) {
    const values = valuesOf(path, entry.value, context)
    const [only] = values
    if (!only || values.length > 1) throw new RefusedInputError('A label names one value.', { got: labelOf(entry) })
    return [{ label: String(entry.label), value: only.value }]
  }
  const family = namedAxes[path]?.family
  if (path === 'defenses') {
    if (typeof entry === 'string') return [{ label: entry, value: defensesOf(entry, table) }]
    const list = (Array.isArray(entry) ? entry : [entry]).map((value: unknown) => choiceOf(value, 'defense', table))
    return [{ label: list.map(({ id }) => id).join('+') || noDefense, value: list }]
  }
  if (family !== undefined) {
    const member = choiceOf(entry, family, table)
    return [{ label: typeof entry === 'string' ? entry : member.id, value: member }]
  }
  if (path === 'teacher.file' && typeof entry === 'string') {
    const file = context.folder !== undefined && !entry.startsWith('/') ? `${context.folder}/${entry}` : entry
    return [{ label: endOf(file), value: file }]
  }
  const numbers = typeof entry === 'string' ? numbersOf(entry) : null
  if (numbers) return numbers.map((value) => ({ label: String(value), value }))
  return [{ label: labelOf(entry), value: entry }]
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right)

/** A member by its id, with named settings where every parameter is given, and with what differs from them. */
function shortMember({ id, params }: MemberChoice, family: FamilyId, table: MemberTable): unknown {
  const member = table.find(family, id)
  const whole = member !== undefined && Object.keys(member.params).every((name) => name in params)
  const named = Object.keys((whole ? member.presets : undefined) ?? {}).map((settings) => {
    const base = member ? memberDefaults(member, settings) : {}
    return {
      id: `${id}/${settings}`,
      params: Object.fromEntries(Object.entries(params).filter(([name, value]) => !same(base[name], value))),
    }
  })
  const shortest = [...named, { id, params }].reduce((best, other) =>
    Object.keys(other.params).length < Object.keys(best.params).length ? other : best,
  )
  return Object.keys(shortest.params).length === 0 ? shortest.id : shortest
}

function shortValue(path: string, value: unknown, table: MemberTable): unknown {
  const family = namedAxes[path]?.family
  if (family === undefined) return value
  if (path !== 'defenses') return shortMember(value as MemberChoice, family, table)
  const list = (value as MemberChoice[]).map((choice) => shortMember(choice, family, table))
  if (list.length === 0) return noDefense
  return list.every((entry) => typeof entry === 'string') ? list.join('+') : list
}

/** The shortest entry that reads back as this value. */
export function entryOf(path: string, wanted: AxisValue, table: MemberTable): unknown {
  const { label, value } = wanted
  const labelled = (): unknown => ({ label, value: shortValue(path, value, table) })
  for (const candidate of [() => label, () => shortValue(path, value, table), labelled]) {
    try {
      const entry = candidate()
      if (same(valuesOf(path, entry, { table }), [wanted])) return entry
    } catch {
      // Not in this form.
    }
  }
  return { label, value }
}
