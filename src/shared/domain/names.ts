/**
 * What models are called: by what differs among those that are shown together, "SV c = 2", never by an id of ours. A
 * name follows from the set of models alone, not from their order.
 */
import { valueWords, type FamilyId, type MemberDescription } from '../schema'
import type { ModelSettings } from './condition'
import { defensesOfLabel, nameWithoutSeed } from './config'
import { precisionNames, stagePrecision, type Precision } from './precision'
import type { ModelResult } from './results'
import type { RunSummary, StageRecord } from './run'

/** What of a model its name is made of. */
export interface NamedModel extends Pick<
  ModelResult,
  'kind' | 'defense' | 'method' | 'data' | 'attack' | 'poisonRatio' | 'seed' | 'runName'
> {
  readonly key: string
  readonly settings?: ModelSettings | undefined
  /** Absent: float32; null: said of no single one. */
  readonly precision?: Precision | null | undefined
  /** Other settings in which these models differ, in words, by path: see ConfigurationDiff. */
  readonly differences?: Readonly<Record<string, string>>
}

/** The models of a run, under the ids of their stages. */
export const namedModelsOf = (run: RunSummary): NamedModel[] =>
  run.stages.flatMap((stage) =>
    stage.kind === 'data'
      ? []
      : [
          {
            key: stage.id,
            kind: stage.kind,
            defense: stage.defense ?? null,
            settings: stage.settings,
            precision: stage.precision,
            method: stage.method ?? null,
            data: run.data,
            attack: run.attack,
            poisonRatio: run.poisonRatio,
            seed: run.seed,
            runName: run.name,
          },
        ],
  )

/** The same model from whatever seed: what a group over seeds is called. */
export const withoutSeed = <Model extends NamedModel>(model: Model): Model => ({
  ...model,
  seed: 0,
  runName: nameWithoutSeed(model.runName, model.seed),
})

/** A model in words, before anything is left out. */
export interface NameParts {
  /** What it is: "Teacher", "No defense", or each defense in short with its settings by path. */
  readonly head: readonly { readonly word: string; readonly settings: Readonly<Record<string, string>> }[]
  /** What else may tell models apart, in the order in which it is told; null where it is nothing of this model. */
  readonly rest: Readonly<Record<string, string | null>>
  readonly seed: string
  readonly run: string
}

export type FindMember = (family: FamilyId, id: string) => MemberDescription | undefined

const nothing = 'No defense'

/** What tables call a member: "SV"; its id where nobody knows it any more. */
export const shortTitle = (member: FindMember, family: FamilyId, id: string): string => {
  const found = member(family, id)
  return found?.short ?? found?.title ?? id
}

/** Whether its method or one of its defenses is given clean images: data-free models are not its equals. */
export const isPrivileged = (
  member: FindMember,
  { method, defense }: Pick<NamedModel, 'method' | 'defense'>,
): boolean =>
  member('distillation', method ?? '')?.facts.usesRealImages === true ||
  defensesOfLabel(defense).some((id) => member('defense', id)?.facts.privileged === true)

/** Of a label of defenses: "No defense", "SV", "SV + SR". */
export const defenseName = (member: FindMember, label: string | null | undefined): string =>
  defensesOfLabel(label)
    .map((id) => shortTitle(member, 'defense', id))
    .join(' + ') || nothing

/** Of a model by itself: "Teacher", or its defenses. */
export const kindName = (member: FindMember, { kind, defense }: Pick<NamedModel, 'kind' | 'defense'>): string =>
  kind === 'teacher' ? 'Teacher' : defenseName(member, defense)

/** "c = 2" of a parameter with a symbol, else "ensemble 5". */
function settingWords(member: MemberDescription | undefined, parameter: string, value: unknown): string {
  const field = member?.params[parameter]
  const words = valueWords(field, value)
  if (field?.symbol !== undefined) return `${field.symbol} = ${words}`
  const label = field?.label ?? parameter
  // "KL" stays what it is.
  return `${/^[A-Z][a-z]/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label} ${words}`
}

function ratioWords(ratio: number | null): string {
  if (ratio === null) return 'teacher from a file'
  return ratio === 0 ? 'clean teacher' : `${valueWords(undefined, ratio * 100)} % poisoned`
}

/** Describes models in the words of a catalogue. */
export const namePartsIn =
  (member: FindMember) =>
  (model: NamedModel): NameParts => {
    const ids = model.kind === 'teacher' ? [] : defensesOfLabel(model.defense)
    const settingsOf = (id: string): Record<string, string> =>
      Object.fromEntries(
        Object.entries(model.settings ?? {})
          .filter(([path]) => path.startsWith(`${id}.`))
          .map(([path, value]) => [path, settingWords(member('defense', id), path.slice(id.length + 1), value)]),
      )
    const head =
      ids.length === 0
        ? [{ word: kindName(member, model), settings: {} }]
        : ids.map((id) => ({ word: shortTitle(member, 'defense', id), settings: settingsOf(id) }))
    return {
      head,
      rest: {
        method: model.method === null ? null : shortTitle(member, 'distillation', model.method),
        attack: shortTitle(member, 'attack', model.attack),
        poisonRatio: ratioWords(model.poisonRatio),
        data: shortTitle(member, 'dataset', model.data),
        precision: model.precision === null ? null : precisionNames[stagePrecision({ precision: model.precision })],
        ...model.differences,
      },
      seed: `seed ${model.seed}`,
      run: model.runName,
    }
  }

const separator = ' · '

interface Described {
  readonly key: string
  readonly parts: NameParts
  /** Of the same defenses. */
  readonly kind: string
  name: string
}

/**
 * A name for each model: its kind, the settings that differ among those of one kind, then what differs among all, the
 * seed last; the run's name only where nothing else tells models apart, and a number where not even that does.
 * E.g. "SV", "SV c = 2", "SV (c = 2) + SR · Blend · seed 1". No two are equal.
 * @param models in any order, each key once
 * @returns in the order of the models
 */
export function modelNames<Model extends { readonly key: string }>(
  models: readonly Model[],
  describe: (model: Model) => NameParts,
): Map<string, string> {
  const described = models.map<Described>((model) => {
    const parts = describe(model)
    return { key: model.key, parts, kind: parts.head.map(({ word }) => word).join(' + '), name: '' }
  })
  for (const alike of groupsOf(described, ({ kind }) => kind)) nameHeads(alike)
  appendRest(described)
  for (const alike of groupsOf(described, ({ name }) => name)) appendRun(alike)
  number(described)
  return new Map(described.map(({ key, name }) => [key, name]))
}

/** What stages of a run are called wherever they stand beside each other: "Teacher", "Student: SV". */
export function stageNamer(run: RunSummary, member: FindMember): (stage: StageRecord) => string {
  const names = modelNames(namedModelsOf(run), namePartsIn(member))
  return ({ id, kind, title }) => (kind === 'student' ? `Student: ${names.get(id) ?? title}` : title)
}

function groupsOf(models: readonly Described[], of: (model: Described) => string): Described[][] {
  const groups = new Map<string, Described[]>()
  for (const model of models) {
    const group = groups.get(of(model))
    if (group) group.push(model)
    else groups.set(of(model), [model])
  }
  return [...groups.values()]
}

type Words = Readonly<Record<string, string | null>>

/** The keys for which `records` have several values, in the order in which they come. */
function differing(records: readonly Words[]): string[] {
  const values = new Map<string, Set<string>>()
  for (const record of records)
    for (const [key, words] of Object.entries(record)) {
      if (words === null) continue
      const seen = values.get(key)
      if (seen) seen.add(words)
      else values.set(key, new Set([words]))
    }
  return [...values].filter(([, seen]) => seen.size > 1).map(([key]) => key)
}

/**
 * As `differing`; where no key has several values, those that not all have. A parameter that shows only while another
 * one is set says nothing beside that one.
 */
function differingSettings(records: readonly Words[]): string[] {
  const several = differing(records)
  if (several.length > 0) return several
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))]
  return keys.filter((key) => !records.every((record) => key in record))
}

/** Names models of the same defenses by these, each with its settings that differ. */
function nameHeads(models: readonly Described[]): void {
  const places = models[0]?.parts.head.length ?? 0
  const told = Array.from({ length: places }, (_, place) =>
    differingSettings(models.map(({ parts }) => parts.head[place]?.settings ?? {})),
  )
  for (const model of models)
    model.name = model.parts.head
      .map(({ word, settings }, place) => {
        const words = (told[place] ?? []).flatMap((path) => settings[path] ?? []).join(', ')
        if (words === '') return word
        return places === 1 ? `${word} ${words}` : `${word} (${words})`
      })
      .join(' + ')
}

function appendRest(models: readonly Described[]): void {
  const told = differing(models.map(({ parts }) => parts.rest))
  const seeds = new Set(models.map(({ parts }) => parts.seed)).size > 1
  for (const model of models) {
    const rest = told.flatMap((key) => model.parts.rest[key] ?? [])
    model.name = [model.name, ...rest, ...(seeds ? [model.parts.seed] : [])].join(separator)
  }
}

function appendRun(models: readonly Described[]): void {
  if (new Set(models.map(({ parts }) => parts.run)).size < 2) return
  for (const model of models) model.name = `${model.name}${separator}${model.parts.run}`
}

/** Counts through models of one name, by their keys. */
function number(models: readonly Described[]): void {
  const taken = new Set(models.map(({ name }) => name))
  const byKey = (left: Described, right: Described): number =>
    left.key.localeCompare(right.key, 'en', { numeric: true })
  for (const alike of groupsOf(models, ({ name }) => name)) {
    let count = 1
    for (const model of alike.sort(byKey).slice(1)) {
      const { name } = model
      do model.name = `${name} (${++count})`
      while (taken.has(model.name))
      taken.add(model.name)
    }
  }
}
