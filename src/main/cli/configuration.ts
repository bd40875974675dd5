/**
 * From the flags of `abd run` to a configuration: preset, then flags, then --set; later ones win, but members are
 * chosen (ids) before parameters are set.
 */
import { resolve } from 'node:path'
import type { Catalogue } from '../../shared/contract'
import { withConfigValue, type PartialExperimentConfig } from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import type { FamilyId, MemberDescription, ParameterSchema } from '../../shared/schema'

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
  threads?: number
  /** What commander did not know: flags made from the registries. */
  memberFlags?: string[]
}

export type RecognizeData = (path: string) => Promise<{ id: string; params: Record<string, unknown> }>

/** `path=value`; the value as JSON, or else text. */
export function parseAssignment(assignment: string): { path: string; value: unknown } {
  const at = assignment.indexOf('=')
  if (at <= 0)
    throw new RefusedInputError('--set takes path=value.', { wanted: 'e.g. poisoning.ratio=0.05', got: assignment })
  return { path: assignment.slice(0, at), value: parseValue(assignment.slice(at + 1)) }
}

export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** `name=value` entries of a repeatable option as parameters. `example` shows how one is written. */
export const namedValues = (entries: readonly string[], example: string): Record<string, unknown> =>
  Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=')
      if (at < 1)
        throw new RefusedInputError('A parameter has no value.', {
          wanted: 'name=value',
          got: entry,
          action: `Write e.g. ${example}.`,
        })
      return [entry.slice(0, at), parseValue(entry.slice(at + 1))]
    }),
  )

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
  if (flags.threads !== undefined) set('execution.threads', flags.threads)
  const assign = ({ path, value }: ReturnType<typeof parseAssignment>): void => {
    config = withConfigValue(withDefaultList(config, path, catalogue), path, value)
  }
  const assignments = (flags.set ?? []).map(parseAssignment)
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
    wanted: `one of ${catalogue.presets.map((entry) => entry.id).join(', ')}`,
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

export const membersOf = (catalogue: Catalogue, family: FamilyId): MemberDescription[] =>
  catalogue.families.find((entry) => entry.id === family)?.members ?? []

const camel = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
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

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

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
  flags: readonly string[],
  config: PartialExperimentConfig,
  catalogue: Catalogue,
): { path: string; value: unknown }[] {
  const known = memberFlagPaths(config, catalogue)
  const result: { path: string; value: unknown }[] = []
  for (let index = 0; index < flags.length; index++) {
    const [flag = '', attached] = splitFlag(flags[index] ?? '')
    const paths = known.get(flag)
    if (!paths)
      throw new RefusedInputError(`"${flags[index] ?? ''}" is no flag of abd run.`, {
        wanted: `its own flags (--help) or ${[...known.keys()].map((name) => `--${name}`).join(', ')}`,
        got: flags[index],
      })
    const text = attached ?? flags[++index]
    if (text === undefined) throw new RefusedInputError(`--${flag} wants a value.`, { got: 'nothing' })
    for (const path of paths) result.push({ path, value: parseValue(text) })
  }
  return result
}

function splitFlag(argument: string): [string, string | undefined] {
  const name = argument.replace(/^--/, '')
  const at = name.indexOf('=')
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)]
}

interface ChosenMember {
  prefix: string
  family: FamilyId
  id: unknown
  choice: unknown
  place: string
}

/**
 * Every member of the configuration with the prefix of its flags and the place of its choice; what is left out is the
 * default's.
 */
function chosenMembers(config: PartialExperimentConfig, { defaults }: Catalogue): ChosenMember[] {
  const { method, architecture: student } = asRecord(config.distillation)
  const { architecture: teacher } = asRecord(config.teacher)
  const chosen = (
    prefix: string,
    family: FamilyId,
    choice: unknown,
    place: string,
    fallback: string,
  ): ChosenMember => ({ prefix, family, choice, place, id: asRecord(choice).id ?? fallback })
  const students: unknown[] = Array.isArray(config.students) ? config.students : []
  return [
    chosen('data', 'dataset', config.data, 'data', defaults.data.id),
    chosen('attack', 'attack', config.attack, 'attack', defaults.attack.id),
    chosen('teacher', 'architecture', teacher, 'teacher.architecture', defaults.teacher.architecture.id),
    chosen('student', 'architecture', student, 'distillation.architecture', defaults.distillation.architecture.id),
    chosen('method', 'distillation', method, 'distillation.method', defaults.distillation.method.id),
    ...students.flatMap((plan, index) => {
      const { defenses } = asRecord(plan)
      return (Array.isArray(defenses) ? (defenses as unknown[]) : []).map((defense, position) => {
        const id = String(asRecord(defense).id)
        return chosen(id, 'defense', defense, `students.${index}.defenses.${position}`, id)
      })
    }),
  ]
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
