/** What may stand at a place of a command line, as the catalogue has it. */
import type { Catalogue } from '../../../shared/contract'
import { exportFormatsOf, type PartialExperimentConfig } from '../../../shared/domain'
import { choosable, type FamilyId, type Field } from '../../../shared/schema'
import { camel, memberFlagPaths } from '../configuration'
import { membersOf } from '../members'
import { declaredFields } from '../values'

/** A word and what it means. */
export type Suggestion = readonly [word: string, meaning: string]

/** Options whose values are members of a family. */
const familyOptions: Readonly<Record<string, FamilyId>> = {
  attack: 'attack',
  method: 'distillation',
  defense: 'defense',
  architecture: 'architecture',
  data: 'dataset',
}

/** What an option takes, as far as the catalogue knows it. */
export function valuesOfOption(option: string, typed: TypedLine, catalogue: Catalogue): readonly Suggestion[] {
  const family = familyOptions[option]
  if (family)
    return [
      ...(option === 'defense' ? [['none', 'The undefended student'] as const] : []),
      ...members(family, catalogue),
    ]
  if (option === 'preset') return catalogue.presets.map(({ id, title }) => [id, title])
  if (option === 'format') return exportFormatsOf(catalogue.families).map(({ id, title }) => [id, title])
  if (option === 'set' || option === 'axis') return assignments(typed, catalogue)
  return []
}

/** Members by name, and with their named settings ("cmi/inversion"). */
const members = (family: FamilyId, catalogue: Catalogue): Suggestion[] =>
  choosable(membersOf(catalogue, family)).flatMap(({ id, title, presets }): Suggestion[] => [
    [id, title],
    ...Object.entries(presets).map(([name, preset]): Suggestion => [`${id}/${name}`, preset.title]),
  ])

/** The members that the words so far choose. */
export interface TypedLine {
  readonly config: PartialExperimentConfig
  /** The word that is being typed. */
  readonly word: string
}

/** `path=` for every parameter; with its values where it has some to choose from and the path is whole. */
function assignments({ config, word }: TypedLine, catalogue: Catalogue): Suggestion[] {
  const fields = declaredFields(config, catalogue)
  const at = word.indexOf('=')
  const path = at < 0 ? undefined : word.slice(0, at)
  if (path !== undefined) return choices(fields.get(path)).map(([value, meaning]) => [`${path}=${value}`, meaning])
  return [...fields].map(([name, { label }]) => [`${name}=`, label])
}

const choices = (field: Field | undefined): Suggestion[] => {
  if (field?.kind === 'choice') return field.options.map(({ value, label }) => [value, label])
  return field?.kind === 'boolean'
    ? [
        ['true', ''],
        ['false', ''],
      ]
    : []
}

export interface MemberFlag {
  /** Without dashes. */
  readonly flag: string
  readonly label: string
  /** What it has to choose from; empty where it takes numbers or text. */
  readonly values: readonly Suggestion[]
}

/** The flags of the members that the words so far choose. */
export function flagsOfMembers(config: PartialExperimentConfig, catalogue: Catalogue): MemberFlag[] {
  const fields = declaredFields(config, catalogue)
  return [...memberFlagPaths(config, catalogue)].map(([flag, [path = '']]) => {
    const field = fields.get(path)
    return { flag, label: field?.label ?? '', values: choices(field) }
  })
}

/** The configuration that the options among the words choose, as far as members go. */
export function configOfWords(words: readonly string[]): PartialExperimentConfig {
  const given = new Map<string, string>()
  for (const [index, word] of words.entries()) {
    const [, name, attached] = /^--([a-z-]+)(?:=(.*))?$/.exec(word) ?? []
    const value = attached ?? words[index + 1]
    if (name !== undefined && value !== undefined) given.set(camel(name), value)
  }
  const member = (option: string): { id: string } | undefined => {
    const id = given.get(option)?.split('/')[0]
    return id === undefined ? undefined : { id }
  }
  const defenses =
    given
      .get('defense')
      ?.split('+')
      .filter((id) => id !== 'none') ?? []
  return {
    ...(member('data') && { data: member('data') }),
    ...(member('attack') && { attack: member('attack') }),
    ...(member('method') && { distillation: { method: member('method') } }),
    students: [{ defenses: defenses.map((id) => ({ id: id.split('/')[0] })) }],
  }
}
