/** Runs that differ in their seed alone, and what their models have in common. */
import { ExhaustiveError } from '../errors'
import type { ExperimentConfig } from './config'
import { countsInMeans } from './health'
import { precisionOf, saidPrecision, type Precision } from './precision'
import type { ModelResult } from './results'
import type { StageName } from './stageName'
import { summaryOf, type Summary } from './statistics'

/** 53 bits of the text, as hexadecimal digits: tells texts apart, keeps no secret. After cyrb53 (public domain). */
function fingerprint(text: string): string {
  let [high, low] = [0xdeadbeef, 0x41c6ce57]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0')
}

/** What two runs have in common that differ in nothing but seed, name, recording and machine; the precision counts. */
export const recipeOf = (config: ExperimentConfig): string => {
  const { data, attack, poisoning, teacher, distillation, students } = config
  const parts = [data, attack, poisoning, teacher, distillation, students]
  return fingerprint(JSON.stringify([...parts, ...furtherParts(precisionOf(config))]))
}

/** Said where it is not the ordinary one: records from before there was a choice keep their fingerprints. */
const furtherParts = (precision: Precision): unknown[] => Object.values(saidPrecision(precision))

/** What models of different runs have in common. */
export interface StageRecipe {
  /** The same for models that differ in nothing but seed, name, recording and machine. */
  readonly recipe: string
  /** The same for students that differ in nothing but that and their defenses. */
  readonly pairKey?: string
}

/**
 * Of a teacher or student of an experiment; undefined of its data stage.
 * @param precision where it is another one than the experiment's: a teacher that was there
 */
export function stageRecipeOf(
  config: ExperimentConfig,
  { kind, index }: StageName,
  precision = precisionOf(config),
): StageRecipe | undefined {
  const { data, attack, poisoning, teacher, distillation, students } = config
  const ofTeacher = [data, attack, poisoning, teacher]
  const further = furtherParts(precision)
  switch (kind) {
    case 'data':
      return undefined
    case 'teacher':
      return { recipe: fingerprint(JSON.stringify([...ofTeacher, ...further])) }
    case 'student': {
      const undefended = [...ofTeacher, distillation]
      return {
        recipe: fingerprint(JSON.stringify([...undefended, students[index] ?? null, ...further])),
        pairKey: fingerprint(JSON.stringify([...undefended, ...further])),
      }
    }
    default:
      throw new ExhaustiveError(kind)
  }
}

/** What of a model is asked for to compare it over seeds. */
export type SeedResult = Pick<
  ModelResult,
  'recipe' | 'stageId' | 'state' | 'seed' | 'createdAt' | 'accuracy' | 'asr' | 'robustAccuracy' | 'der' | 'health'
>

/** One model over the seeds of its runs. */
export interface SeedGroup<Result extends SeedResult = ModelResult> {
  key: string
  /** Of the newest run. */
  sample: Result
  /** Of all its models; ascending, each once. */
  seeds: number[]
  /** Of all seeds; those that do not count in means are left out of what follows. */
  models: readonly Result[]
  accuracy: Summary | null
  asr: Summary | null
  robustAccuracy: Summary | null
  der: Summary | null
}

/** The models that were done with at least two seeds; of several runs with one seed the newest counts. */
export function overSeeds<Result extends SeedResult>(results: readonly Result[]): SeedGroup<Result>[] {
  const groups = new Map<string, Map<number, Result>>()
  for (const result of results) {
    if (result.recipe === null || result.state !== 'done' || result.accuracy === null) continue
    const key = `${result.recipe}/${result.stageId}`
    const group = groups.get(key) ?? new Map<number, Result>()
    const known = group.get(result.seed)
    if (!known || known.createdAt < result.createdAt) group.set(result.seed, result)
    groups.set(key, group)
  }
  return [...groups].flatMap(([key, group]) => {
    const members = [...group.values()].sort((left, right) => left.seed - right.seed)
    const [first, second] = members
    if (!first || !second) return []
    const sample = members.reduce((newest, result) => (result.createdAt > newest.createdAt ? result : newest), first)
    const counted = members.filter(countsInMeans)
    const spread = (name: 'accuracy' | 'asr' | 'robustAccuracy' | 'der'): Summary | null =>
      summaryOf(counted.map((result) => result[name]))
    return [
      {
        key,
        sample,
        seeds: members.map(({ seed }) => seed),
        models: members,
        accuracy: spread('accuracy'),
        asr: spread('asr'),
        robustAccuracy: spread('robustAccuracy'),
        der: spread('der'),
      },
    ]
  })
}
