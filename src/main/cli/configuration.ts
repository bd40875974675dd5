/**
 * From the flags of `abd run` to a configuration: preset, then flags, then --set; later ones win, but members are
 * chosen (ids) before parameters are set.
 */
import { resolve } from 'node:path'
import type { Catalogue } from '../../shared/contract'
import { withConfigValue, type PartialExperimentConfig } from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import { nearest, wantedAmong } from '../../shared/nearest'
import type { FamilyId, ParameterSchema } from '../../shared/schema'
import { asRecord, chosenMembers, membersOf } from './members'
import { givenTwice } from './options'
import { declaredFields, valueOf } from './values'

export interface RunFlags {
  preset?: string
  seed?: number
  /** One run each. */
  seeds?: number[]
  set?: string[]
  data?: string
  name?: string
  attack?: string
  target?: number
  poisonRatio?: number
  /** One student per entry: "none", "sv", "sv+sr". */
  defense?: string[]
  method?: string
  device?: string
  precision?: string
  threads?: number
  /** What commander did not know: flags made from the registries. */
  memberFlags?: string[]
}

export type RecognizeData = (path: string) => Promise<{ id: string; params: Record<string, unknown> }>

/** `path=value` of --set, the value as it was typed. */
export function parseAssignment(assignment: string): { path: string; text: string } {
  const at = assignment.indexOf('=')
  if (at <= 0)
    throw new RefusedInputError('--set takes path=value.', { wanted: 'e.g. poisoning.ratio=0.05', got: assignment })
  return { path: assignment.slice(0, at).trim(), text: assignment.slice(at + 1) }
}

/**
 * The assignments of --set, each path once.
 * @throws RefusedInputError where a path comes twice: which of the values is meant is not ours to guess
 */
export function parseAssignments(given: readonly string[] = []): ReturnType<typeof parseAssignment>[] {
  const assignments = given.map(parseAssignment)
  const paths = assignments.map(({ path }) => path)
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  if (twice !== undefined) throw givenTwice(`--set ${twice}`)
  return assignments
}

/** Where each of the flags of their own writes. */
const flagPaths = {
  name: 'name',
  seed: 'seed',
  target: 'poisoning.target',
  poisonRatio: 'poisoning.ratio',
  device: 'execution.device',
  precision: 'execution.precision',
  threads: 'execution.threads',
} as const satisfies Partial<Record<keyof RunFlags, string>>

/** What --set takes the place of although another flag gave it: a sentence for each, so that nothing goes silently. */
export function overruledFlags(flags: RunFlags, catalogue: Catalogue, config: PartialExperimentConfig): string[] {
  const set = new Map(parseAssignments(flags.set).map(({ path, text }) => [path, text]))
  const named = Object.entries(flagPaths).flatMap(([name, path]) =>
    flags[name as keyof typeof flagPaths] === undefined ? [] : [[`--${kebab(name)}`, path] as const],
  )
  const paths = memberFlagPaths(config, catalogue)
  const members = memberFlags(flags.memberFlags ?? []).flatMap(({ flag }) =>
    (paths.get(flag) ?? []).map((path) => [`--${flag}`, path] as const),
  )
  return [...named, ...members].flatMap(([flag, path]) => {
    const text = set.get(path)
    return text === undefined ? [] : [`--set ${path}=${text} is taken, not ${flag}.`]
  })
}

/** Sets a value as --set does: as the parameter at its path reads it. */
export const withAssignment = (
  config: PartialExperimentConfig,
  { path, text }: ReturnType<typeof parseAssignment>,
  catalogue: Catalogue,
): PartialExperimentConfig => withConfigValue(config, path, valueOf(declaredFields(config, catalogue).get(path), text))

export async function configurationOf(
  flags: RunFlags,
  catalogue: Catalogue,
  recognize: RecognizeData,
): Promise<PartialExperimentConfig> {
  let config = presetConfig(flags.preset, catalogue)
  const set = (path: string, value: unknown): void => {
    config = withConfigValue(config, path, value)
  }
  const choose = (path: string, family: FamilyId, name: string): void => {
    const settings = settingsOf(name, family, catalogue)
    if (settings) set(path, settings)
    else set(`${path}.id`, name)
  }
  if (flags.name !== undefined) set('name', flags.name)
  if (flags.seed !== undefined) set('seed', flags.seed)
  if (flags.data !== undefined) set('data', await dataOf(flags.data, catalogue, recognize))
  if (flags.attack !== undefined) choose('attack', 'attack', flags.attack)
  if (flags.target !== undefined) set('poisoning.target', flags.target)
  if (flags.poisonRatio !== undefined) set('poisoning.ratio', flags.poisonRatio)
  if (flags.method !== undefined) choose('distillation.method', 'distillation', flags.method)
  if (flags.defense !== undefined)
    set(
      'students',
      flags.defense.map((entry) => studentOf(entry, config, catalogue)),
    )
  if (flags.device !== undefined) set('execution.device', flags.device)
  if (flags.precision !== undefined) set('execution.precision', flags.precision)
  if (flags.threads !== undefined) set('execution.threads', flags.threads)
  const assign = (assignment: ReturnType<typeof parseAssignment>): void => {
    config = withAssignment(withDefaultList(config, assignment.path, catalogue), assignment, catalogue)
  }
  const assignments = parseAssignments(flags.set)
  // A member is chosen before its parameters are set, wherever each of them stands.
  const chooses = ({ path }: { path: string }): boolean => path.endsWith('.id')
  assignments.filter(chooses).forEach(assign)
  for (const { path, value } of memberAssignments(flags.memberFlags ?? [], config, catalogue)) set(path, value)
  assignments.filter((assignment) => !chooses(assignment)).forEach(assign)
  return withAbsolutePaths(config, catalogue)
}

function presetConfig(id: string | undefined, catalogue: Catalogue): PartialExperimentConfig {
  if (id === undefined) return {}
  const preset = catalogue.presets.find((entry) => entry.id === id)
  if (preset) return structuredClone(preset.config)
  throw new RefusedInputError(`There is no preset "${id}".`, {
    wanted: wantedAmong(
      id,
      catalogue.presets.map((entry) => entry.id),
    ),
    got: id,
  })
}

/** The name of a data set, or a path that one of them recognises. */
export async function dataOf(
  value: string,
  catalogue: Catalogue,
  recognize: RecognizeData,
): Promise<{ id: string; params?: Record<string, unknown> }> {
  if (membersOf(catalogue, 'dataset').some((member) => member.id === value)) return { id: value }
  return recognize(resolve(value))
}

/** Keeps the parameters that the configuration so far gives a defense of the same name. */
function studentOf(entry: string, config: PartialExperimentConfig, catalogue: Catalogue): unknown {
  if (entry === 'none') return { defenses: [] }
  const known = knownDefenses(config)
  return { defenses: entry.split('+').map((id) => settingsOf(id, 'defense', catalogue) ?? known.get(id) ?? { id }) }
}

/** "cmi/inversion": a member with its settings of that name; undefined for a name alone. */
function settingsOf(
  name: string,
  family: FamilyId,
  catalogue: Catalogue,
): { id: string; params: Record<string, unknown> } | undefined {
  const [id = '', preset] = name.split('/')
  if (preset === undefined) return undefined
  const presets = membersOf(catalogue, family).find((member) => member.id === id)?.presets ?? {}
  const found = Object.hasOwn(presets, preset) ? presets[preset] : undefined
  if (found) return { id, params: { ...found.params } }
  throw new RefusedInputError(`"${id}" has no settings called "${preset}".`, {
    wanted:
      Object.keys(presets)
        .map((known) => `${id}/${known}`)
        .join(', ') || `${id} alone`,
    got: name,
  })
}

function knownDefenses(config: PartialExperimentConfig): Map<string, unknown> {
  const plans = Array.isArray(config.students) ? (config.students as { defenses?: { id: string }[] }[]) : []
  return new Map(plans.flatMap((plan) => plan.defenses ?? []).map((defense) => [defense.id, defense]))
}

/** A path into a list that the configuration leaves to its default: the default is what it points into. */
function withDefaultList(config: PartialExperimentConfig, path: string, catalogue: Catalogue): PartialExperimentConfig {
  return path.startsWith('students.') && config.students === undefined
    ? { ...config, students: structuredClone(catalogue.defaults.students) }
    : config
}

export const camel = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The parameters with each path seen from the caller's folder: the engine works in another one. */
export const absolutePaths = (
  schema: ParameterSchema | undefined,
  params: Record<string, unknown>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      schema?.[name]?.kind === 'path' && typeof value === 'string' && value !== '' ? resolve(value) : value,
    ]),
  )

function withAbsolutePaths(config: PartialExperimentConfig, catalogue: Catalogue): PartialExperimentConfig {
  let changed = config
  const set = (place: string, given: unknown, schema: ParameterSchema | undefined): void => {
    for (const [name, value] of Object.entries(absolutePaths(schema, asRecord(given))))
      if (value !== asRecord(given)[name]) changed = withConfigValue(changed, `${place}.${name}`, value)
  }
  for (const { family, id, choice, place } of chosenMembers(config, catalogue))
    set(
      `${place}.params`,
      asRecord(choice).params,
      membersOf(catalogue, family).find((member) => member.id === id)?.params,
    )
  set('teacher', config.teacher, catalogue.sections.teacher.params)
  return changed
}

/** `--attack.patch-size 5` and the like: each flag is a parameter of the member that the configuration chose. */
function memberAssignments(
  given: readonly string[],
  config: PartialExperimentConfig,
  catalogue: Catalogue,
): { path: string; value: unknown }[] {
  const known = memberFlagPaths(config, catalogue)
  const fields = declaredFields(config, catalogue)
  return memberFlags(given).flatMap(({ flag, text, typed }) => {
    const paths = known.get(flag)
    if (!paths) throw unknownFlag(typed, [...known.keys()], catalogue)
    if (text === undefined) throw new RefusedInputError(`--${flag} wants a value.`, { got: 'nothing' })
    return paths.map((path) => ({ path, value: valueOf(fields.get(path), text) }))
  })
}

interface MemberFlag {
  /** As it was typed. */
  readonly typed: string
  /** Without dashes, in the one way of writing it. */
  readonly flag: string
  readonly text: string | undefined
}

/** @throws RefusedInputError where a flag comes twice */
export function memberFlags(given: readonly string[]): MemberFlag[] {
  const flags: MemberFlag[] = []
  for (let index = 0; index < given.length; index++) {
    const typed = given[index] ?? ''
    const [name, attached] = splitFlag(typed)
    const flag = kebab(name)
    // Of a word that is no flag the next one is no value.
    const text = attached ?? (typed.startsWith('-') ? given[++index] : undefined)
    if (flags.some((other) => other.flag === flag)) throw givenTwice(`--${flag}`)
    flags.push({ typed, flag, text })
  }
  return flags
}

function unknownFlag(typed: string, known: readonly string[], { presets }: Catalogue): RefusedInputError {
  if (presets.some(({ id }) => id === typed))
    return new RefusedInputError(`"${typed}" is no flag of abd run.`, {
      wanted: `--preset ${typed}?`,
      got: typed,
    })
  const near = nearest(typed.replace(/^-+/, ''), known)
  const list = known.map((name) => `--${name}`).join(', ')
  return new RefusedInputError(`"${typed}" is no flag of abd run.`, {
    wanted: near === undefined ? `its own flags (--help) or ${list}` : `--${near}? Others: its own (--help) or ${list}`,
    got: typed,
  })
}

function splitFlag(argument: string): [string, string | undefined] {
  const name = argument.replace(/^--/, '')
  const at = name.indexOf('=')
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)]
}

/** Flag name (without dashes) to the configuration paths it sets. */
export function memberFlagPaths(config: PartialExperimentConfig, catalogue: Catalogue): Map<string, string[]> {
  const paths = new Map<string, string[]>()
  for (const { prefix, family, id, place } of chosenMembers(config, catalogue)) {
    const member = membersOf(catalogue, family).find((entry) => entry.id === id)
    for (const name of Object.keys(member?.params ?? {})) {
      const flag = `${prefix}.${kebab(name)}`
      paths.set(flag, [...(paths.get(flag) ?? []), `${place}.params.${camel(kebab(name))}`])
    }
  }
  return paths
}
