/** Rows and columns of fields over any set of models; a cell is what its models say over their seeds. */
import { arithmeticsOf, type ComputedIn } from '../arithmetic'
import { fewestSeeds, summaryOf, type Interval, type Summary } from '../statistics'
import { jointVerdict, verdictOn, type Verdict } from '../verdict'
import { countsInMeans } from '../health'
import { precisionsOf } from '../precision'
import { rateOf } from '../rates'
import { atOnce, type Steps } from '../steps'
import { baselineSteps, testsOf, type Baseline, type Tests } from './comparison'
import { compareLabels, noLabel, seedField, variedSteps, type PivotLabels } from './fields'
import type { PivotModel } from './models'
import { pivotValues, type PivotValue, type TestedValue } from './values'

/** What a row or a column stands for. */
export interface PivotHead {
  /** One for each of its fields. */
  readonly labels: readonly string[]
}

/** Beside the published table. */
export interface PublishedCell {
  readonly accuracy: number
  readonly asr: number
  /** With any of them no verdict is given. */
  readonly otherSettings: readonly string[]
  readonly verdicts: { readonly accuracy: Verdict | null; readonly asr: Verdict | null }
  /** Of both. */
  readonly verdict: Pick<Verdict, 'kind' | 'more'> | null
}

/** Which model it is, and what is wrong with it; what it said is in its cell. */
export type CountedModel = Pick<PivotModel, 'runId' | 'stageId' | 'kind' | 'seed' | 'health'>

/** How its counted models were computed stands with it. */
export interface PivotCell extends ComputedIn {
  /** The models that are done and count, by seed. */
  readonly models: readonly CountedModel[]
  /** Those that are done and have learnt nothing: they enter no number. */
  readonly leftOut: readonly CountedModel[]
  /** Ascending, each once. */
  readonly seeds: readonly number[]
  readonly values: Readonly<Record<PivotValue, Summary | null>>
  /** Fewer seeds than `seedsWanted`: too few to say how much they vary. */
  readonly fewSeeds: boolean
  /** Of a single model: how far its test images tell the rate (Wilson). Nothing of other seeds. */
  readonly ofImages: Readonly<Record<TestedValue, Interval | null>> | null
  /** Models of a recipe and seed that have failed, and those that are not done yet. */
  readonly failed: number
  readonly unfinished: number
  /**
   * Fields in which its models differ besides the seed ('settings' where no field tells): the cell averages over them,
   * and neither verdict nor test is given.
   */
  readonly mixed: readonly string[]
  readonly published: PublishedCell | null
  /**
   * Against the undefended models, or those of `against`, over common seeds; null of these themselves and without three
   * common seeds.
   */
  readonly tests: Tests | null
}

export interface PivotQuery {
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** Label of the defenses that the others are compared with; default: no defense. */
  readonly against?: string | undefined
  /** Order of labels by field, as the axes of a study have it; others come by the alphabet. */
  readonly order?: Readonly<Record<string, readonly string[]>>
}

/** How its numbers were computed stands with it. */
export interface Pivot extends ComputedIn {
  readonly rowFields: readonly string[]
  readonly columnFields: readonly string[]
  /** As in the query; null: the undefended models. */
  readonly against: string | null
  readonly rows: readonly PivotHead[]
  readonly columns: readonly PivotHead[]
  /** By row, then column; null where no model belongs. */
  readonly cells: readonly (readonly (PivotCell | null)[])[]
  /** Ids of the runs behind it. */
  readonly runs: readonly string[]
}

const separator = '\u0000'

/** @param models as pivotModels gives them, with or without the teachers */
export const pivotOf = (models: readonly PivotModel[], query: PivotQuery): Pivot => atOnce(pivotSteps(models, query))

/** Seeds below which a cell says that they are few; one is no lack where each seed has cells of its own. */
export const seedsWanted = (fields: readonly string[]): number => (fields.includes(seedField) ? 1 : fewestSeeds)

/** `pivotOf` in steps. */
export function* pivotSteps(models: readonly PivotModel[], query: PivotQuery): Steps<Pivot> {
  const { rows, columns, against, order = {} } = query
  const baseline = yield* baselineSteps(models, against)
  const rowHeads = yield* headsOf(models, rows, order)
  const columnHeads = yield* headsOf(models, columns, order)
  const groups = new Map<string, PivotModel[]>()
  for (const model of models) {
    const key = keyOf(labelsAt(model.labels, [...rows, ...columns]))
    const group = groups.get(key)
    if (group) group.push(model)
    else groups.set(key, [model])
    yield
  }
  const wanted = seedsWanted([...rows, ...columns])
  const cells: (PivotCell | null)[][] = []
  for (const row of rowHeads) {
    const line: (PivotCell | null)[] = []
    for (const column of columnHeads) {
      const group = groups.get(keyOf([...row.labels, ...column.labels]))
      line.push(group ? yield* cellOf(group, { wanted, baseline }) : null)
      yield
    }
    cells.push(line)
  }
  return {
    rowFields: rows,
    columnFields: columns,
    against: against ?? null,
    rows: rowHeads,
    columns: columnHeads,
    cells,
    runs: [...new Set(models.map(({ runId }) => runId))].sort(),
    ...computedIn(models.filter(({ state }) => state === 'done')),
  }
}

const computedIn = (models: readonly PivotModel[]): ComputedIn => ({
  arithmetics: arithmeticsOf(models.map(({ arithmetic }) => arithmetic)),
  precisions: precisionsOf(models.map(({ precision }) => precision)),
})

const keyOf = (labels: readonly string[]): string => labels.join(separator)
const labelsAt = (labels: PivotLabels, fields: readonly string[]): string[] =>
  fields.map((field) => labels[field] ?? noLabel)

function* headsOf(
  models: readonly PivotModel[],
  fields: readonly string[],
  order: Readonly<Record<string, readonly string[]>>,
): Steps<PivotHead[]> {
  const heads = new Map<string, PivotHead>()
  for (const { labels } of models) {
    const own = labelsAt(labels, fields)
    heads.set(keyOf(own), { labels: own })
    yield
  }
  const places = fields.map((field) => new Map((order[field] ?? []).map((label, place) => [label, place])))
  const compare = (left: PivotHead, right: PivotHead): number => {
    for (const [at, known] of places.entries()) {
      const [first = '', second = ''] = [left.labels[at], right.labels[at]]
      if (first === second) continue
      const difference = (known.get(first) ?? Infinity) - (known.get(second) ?? Infinity)
      return Number.isNaN(difference) ? compareLabels(first, second) : difference
    }
    return 0
  }
  return [...heads.values()].sort(compare)
}

interface CellContext {
  readonly wanted: number
  readonly baseline: Baseline
}

function* cellOf(group: readonly PivotModel[], { wanted, baseline }: CellContext): Steps<PivotCell> {
  const ended = group.filter(({ state }) => state === 'done').sort((left, right) => left.seed - right.seed)
  const done = ended.filter(countsInMeans)
  const failed = group.filter(({ state }) => state === 'failed').length
  const mixed = yield* mixedFields(group)
  const seeds = [...new Set(done.map(({ seed }) => seed))]
  const numbers = (value: PivotValue): (number | null)[] => done.map(({ values }) => values[value])
  return {
    models: done,
    leftOut: ended.length === done.length ? [] : ended.filter((model) => !countsInMeans(model)),
    seeds,
    values: Object.fromEntries(pivotValues.map(({ id }) => [id, summaryOf(numbers(id))])) as PivotCell['values'],
    fewSeeds: seeds.length < wanted,
    ofImages: ofImages(done),
    ...computedIn(done),
    failed,
    unfinished: group.length - ended.length - failed,
    mixed,
    published: mixed.length > 0 ? null : publishedCell(done),
    tests: mixed.length > 0 ? null : testsOf(done, baseline),
  }
}

function* mixedFields(group: readonly PivotModel[]): Steps<string[]> {
  const [first, ...others] = group
  if (!first || others.every(({ recipe }) => recipe === first.recipe)) return []
  const varied = yield* variedSteps(group)
  return varied.length > 0 ? varied : ['settings']
}

function ofImages([only, ...others]: readonly PivotModel[]): PivotCell['ofImages'] {
  if (others.length > 0 || !only?.evaluation) return null
  const interval = (value: TestedValue): Interval | null => rateOf(only.evaluation, value)?.interval ?? null
  return { accuracy: interval('accuracy'), asr: interval('asr'), robustAccuracy: interval('robustAccuracy') }
}

function publishedCell(done: readonly PivotModel[]): PublishedCell | null {
  const known = done.map(({ published }) => published).filter((published) => published !== null)
  const [first] = known
  if (!first || known.length < done.length) return null
  const otherSettings = [...new Set(known.flatMap((comparison) => comparison.otherSettings))]
  const verdictOf = (value: 'accuracy' | 'asr'): Verdict | null =>
    otherSettings.length > 0
      ? null
      : verdictOn(
          done.map(({ values }) => values[value]).filter((measured) => measured !== null),
          first[value],
        )
  const verdicts = { accuracy: verdictOf('accuracy'), asr: verdictOf('asr') }
  return {
    accuracy: first.accuracy,
    asr: first.asr,
    otherSettings,
    verdicts,
    verdict: jointVerdict([verdicts.accuracy, verdicts.asr]),
  }
}
