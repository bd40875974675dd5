/** A pivot over the models that match: what the page shows of thousands of models comes to it as a table. */
import type { CallArgs, CallResult } from '../../../../shared/contract'
import {
  checkFields,
  defaultQuerySteps,
  defenseLabelSteps,
  fieldsOf,
  fieldSteps,
  gatherPivotModels,
  noLabel,
  pivotSteps,
  type CountedModel,
  type Pivot,
  type PivotCell,
  type PivotField,
  type PivotLabels,
  type PivotModel,
  type PivotQuery,
  type Steps,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { createYielding, inSlices } from '../../images/yielding'
import type { IndexColumn } from './columns'
import { columnsOf, isTextual, matchingLines } from './columnValues'
import { ask, columnsFor, type Question } from './question'
import { modelKinds } from './schema'
import type { TableLine } from './rowMemory'
import type { TableSource } from './source'
import type { TableIndex } from './tableIndex'
import { chosen } from './values'

type PivotArgs = CallArgs<'table.pivot'>

export async function tablePivot(
  index: TableIndex,
  source: TableSource,
  args: PivotArgs,
): Promise<CallResult<'table.pivot'>> {
  const question = ask(index, { of: 'models', query: args.query })
  const lines = await linesOf(index, source, { question, args })
  const own = await settingLabels(index, { lines, question, args })
  const models = await modelsOf(index, source, { lines, own })
  const axes = source.studies().find(({ id }) => id === args.study)?.axes ?? []
  const titles = Object.fromEntries([...own.titles, ...axes.map(({ path, title }) => [path, title] as const)])
  return inSlices(pivotAndFields({ models, axes, titles, args }))
}

interface PivotWork {
  readonly models: readonly PivotModel[]
  readonly axes: NonNullable<Parameters<typeof defaultQuerySteps>[1]>
  readonly titles: PivotLabels
  readonly args: PivotArgs
}

function* pivotAndFields({ models, axes, titles, args }: PivotWork): Steps<CallResult<'table.pivot'>> {
  const fields = yield* fieldSteps(models, titles)
  const usual = yield* narrowed(models, yield* defaultQuerySteps(models, axes))
  const { rows, columns } = sides(args, usual)
  checkFields({ rows, columns }, fields)
  assertReadable(yield* rowsIn(models, rows), rows)
  const varied = yield* differing(models, fields)
  return {
    pivot: yield* withoutWeight(yield* pivotSteps(models, { ...usual, rows, columns, against: args.against })),
    defenses: yield* defenseLabelSteps(models, usual.order?.['defenses']),
    fields: fields.map((field) => ({ ...field, varies: varied.has(field.id) })),
  }
}

/** Fields of which not all models say the same. */
function* differing(models: readonly PivotModel[], fields: readonly PivotField[]): Steps<Set<string>> {
  const found = new Set<string>()
  const [first] = models
  for (const { labels } of models) {
    for (const { id } of fields) if (labels[id] !== first?.labels[id]) found.add(id)
    yield
  }
  return found
}

/** Nobody reads more; it would also hold up everything else. */
const mostRows = 1000

function* rowsIn(models: readonly PivotModel[], fields: readonly string[]): Steps<number> {
  const rows = new Set<string>()
  for (const { labels } of models) {
    rows.add(fields.map((field) => labels[field] ?? noLabel).join('\n'))
    yield
  }
  return rows.size
}

/** Where all that varies would make too many rows, cells average over what has the most values, and say so. */
function* narrowed(models: readonly PivotModel[], query: PivotQuery): Steps<PivotQuery> {
  const counted: { readonly field: string; readonly labels: number }[] = []
  for (const field of query.rows) counted.push({ field, labels: yield* rowsIn(models, [field]) })
  const kept = new Set(query.rows)
  for (const { field } of counted.sort((left, right) => right.labels - left.labels)) {
    if ((yield* rowsIn(models, [...kept])) <= mostRows) break
    kept.delete(field)
  }
  return { ...query, rows: query.rows.filter((field) => kept.has(field)) }
}

/** @throws RefusedInputError where the rows that are asked for are too many */
function assertReadable(count: number, rows: readonly string[]): void {
  if (count > mostRows)
    throw new RefusedInputError(`This pivot would have ${count.toLocaleString('en-US')} rows.`, {
      wanted: `at most ${mostRows.toLocaleString('en-US')}`,
      got: rows.join(', '),
      action: 'Narrow the query, or take fewer fields for the rows.',
    })
}

/** What is left out is what varies, without what the other side has. */
function sides(
  { rows, columns }: Pick<PivotArgs, 'rows' | 'columns'>,
  usual: { readonly rows: readonly string[]; readonly columns: readonly string[] },
): { rows: readonly string[]; columns: readonly string[] } {
  if (rows && columns) return { rows, columns }
  if (rows) return { rows, columns: usual.columns.filter((field) => !rows.includes(field)) }
  if (columns) return { rows: [...usual.rows, ...usual.columns].filter((field) => !columns.includes(field)), columns }
  return usual
}

async function linesOf(
  index: TableIndex,
  source: TableSource,
  { question, args }: { question: Question; args: PivotArgs },
): Promise<readonly TableLine[]> {
  const matching = await matchingLines(index, question)
  const lines = args.keys ? chosen(matching, args.keys) : matching
  const { study, kind } = args
  const wanted = kind && modelKinds[kind]
  return lines.filter(
    ({ run: { id }, model }) =>
      (wanted === undefined || model?.kind === wanted) &&
      source.has(id) &&
      (study === undefined || source.run(id).study?.id === study),
  )
}

interface SettingLabels {
  /** By key of a model. */
  readonly labels: ReadonlyMap<string, PivotLabels>
  readonly titles: readonly (readonly [string, string])[]
}

/** What is recorded, and on what is computed, makes no other model. */
const ofRecords = new Set<string>(['run', 'recording', 'execution'])

/** Settings that differ among these models, and those that are asked for, as further fields. */
async function settingLabels(
  index: TableIndex,
  { lines, question, args }: { lines: readonly TableLine[]; question: Question; args: PivotArgs },
): Promise<SettingLabels> {
  const fields = new Set(fieldsOf([]).map(({ id }) => id))
  const asked = new Set([...(args.rows ?? []), ...(args.columns ?? [])])
  const candidates = index
    .columns('models')
    .filter(({ id, group, level }) => group === 'setting' && !fields.has(id) && !ofRecords.has(level))
  const named = [...asked].filter((id) => !fields.has(id) && question.context.column(id))
  const columns = [...new Set([...candidates, ...columnsFor(question, named)])]
  const read = await columnsOf(index, lines, columns)
  const yielding = createYielding()
  const shown: IndexColumn[] = []
  for (const column of columns) {
    if (yielding.due()) await yielding.pause()
    if (asked.has(column.id) || varies(lines, read.get(column.id))) shown.push(column)
  }
  const labels = new Map<string, PivotLabels>()
  for (const [at, line] of lines.entries()) {
    if (yielding.due()) await yielding.pause()
    const own = shown.map((column) => [column.id, labelOf(index, column, read.get(column.id)?.[at])] as const)
    labels.set(line.key, Object.fromEntries(own))
  }
  return { labels, titles: shown.map(({ id, title }) => [id, title] as const) }
}

/** Among the teachers, or among the students. */
function varies(lines: readonly TableLine[], values: Float64Array | undefined): boolean {
  const first = new Map<number, number>()
  return lines.some(({ model }, at) => {
    const kind = model?.kind ?? modelKinds.none
    const value = values?.[at] ?? NaN
    if (!first.has(kind)) first.set(kind, value)
    return !Object.is(first.get(kind), value)
  })
}

function labelOf(index: TableIndex, column: IndexColumn, value = NaN): string {
  if (Number.isNaN(value)) return noLabel
  if (isTextual(column)) return index.textOf(value)
  return column.kind === 'flag' ? (value === 1 ? 'yes' : 'no') : String(value)
}

/** With the undefended twins, which may not match themselves. */
async function modelsOf(
  index: TableIndex,
  source: TableSource,
  { lines, own }: { lines: readonly TableLine[]; own: SettingLabels },
): Promise<PivotModel[]> {
  const yielding = createYielding()
  const wanted = new Map<string, Set<string>>()
  const want = (runId: string, stageId: string): void => {
    const known = wanted.get(runId)
    if (known) known.add(stageId)
    else wanted.set(runId, new Set([stageId]))
  }
  const twins = await twinsOf(index, lines)
  for (const { run, model } of lines) {
    if (!model) continue
    want(run.id, model.stage)
    const twin = twins.get(model.number)
    if (twin) want(...twin)
  }
  const gathering = gatherPivotModels()
  for (const [runId, stageIds] of wanted) {
    if (yielding.due()) await yielding.pause()
    if (!source.has(runId)) continue
    const run = source.run(runId)
    gathering.add({ ...run, stages: run.stages.filter(({ id, kind }) => kind === 'data' || stageIds.has(id)) })
  }
  const models: PivotModel[] = []
  for (const model of await inSlices(gathering.models())) {
    if (yielding.due()) await yielding.pause()
    const labels = own.labels.get(`${model.runId}/${model.stageId}`)
    if (labels) models.push({ ...model, labels: { ...labels, ...model.labels } })
  }
  return models
}

/** A few milliseconds of reading. */
const twinsAtOnce = 2000

async function twinsOf(
  index: TableIndex,
  lines: readonly TableLine[],
): Promise<Map<number, readonly [runId: string, stageId: string]>> {
  const twins = new Map<number, readonly [string, string]>()
  for (let from = 0; from < lines.length; from += twinsAtOnce) {
    const numbers = lines.slice(from, from + twinsAtOnce).map(({ model }) => model?.number ?? 0)
    const found = index.database.columns(
      `SELECT m.number, r.id, t.stage FROM index_models m JOIN index_models t ON t.number = m.twin
        JOIN index_runs r ON r.number = t.run WHERE m.number IN (SELECT value FROM json_each(?))`,
      JSON.stringify(numbers),
    )
    for (const [number, runId, stageId] of found) twins.set(Number(number), [String(runId), String(stageId)])
    await new Promise((resolve) => setImmediate(resolve))
  }
  return twins
}

/** Tens of thousands of models would weigh megabytes. */
function* withoutWeight(pivot: Pivot): Steps<Pivot> {
  const light = ({ runId, stageId, kind, seed, health }: CountedModel): CountedModel => ({
    runId,
    stageId,
    kind,
    seed,
    health,
  })
  const cells: (PivotCell | null)[][] = []
  for (const row of pivot.cells) {
    cells.push(row.map((cell) => cell && { ...cell, models: cell.models.map(light), leftOut: cell.leftOut.map(light) }))
    yield
  }
  return { ...pivot, cells }
}
