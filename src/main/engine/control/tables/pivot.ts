/** A pivot over the models that match: what the page shows of thousands of models comes to it as a table. */
import type { CallArgs, CallResult } from '../../../../shared/contract'
import {
  checkQuery,
  defaultQuery,
  fieldsOf,
  gatherPivotModels,
  noLabel,
  pivotOf,
  type Pivot,
  type PivotCell,
  type PivotLabels,
  type PivotModel,
  type PivotQuery,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { createYielding } from '../../images/yielding'
import type { IndexColumn } from './columns'
import { columnsOf, isTextual, matchingLines } from './columnValues'
import { ask, columnsFor, type Question } from './question'
import { modelKinds } from './schema'
import type { TableLine } from './rowMemory'
import type { TableSource } from './source'
import type { TableIndex } from './tableIndex'
import { chosen, keyOfLine } from './values'

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
  const usual = await narrowed(models, defaultQuery(models, axes))
  const { rows, columns } = sides(args, usual)
  checkQuery({ rows, columns }, models)
  assertReadable(models, rows)
  await createYielding().pause()
  const titles = Object.fromEntries([...own.titles, ...axes.map(({ path, title }) => [path, title] as const)])
  return {
    pivot: withoutWeight(pivotOf(models, { ...usual, rows, columns })),
    fields: fieldsOf(models, titles),
  }
}

/** Nobody reads more; it would also hold up everything else. */
const mostRows = 1000

const rowsIn = (models: readonly PivotModel[], fields: readonly string[]): number =>
  new Set(models.map(({ labels }) => fields.map((field) => labels[field] ?? noLabel).join('\n'))).size

/** Where all that varies would make too many rows, cells average over what has the most values, and say so. */
async function narrowed(models: readonly PivotModel[], query: PivotQuery): Promise<PivotQuery> {
  const counted = query.rows.map((field) => ({ field, labels: rowsIn(models, [field]) }))
  const kept = new Set(query.rows)
  for (const { field } of [...counted].sort((left, right) => right.labels - left.labels)) {
    await createYielding().pause()
    if (rowsIn(models, [...kept]) <= mostRows) break
    kept.delete(field)
  }
  return { ...query, rows: query.rows.filter((field) => kept.has(field)) }
}

/** @throws RefusedInputError where the rows that are asked for are too many */
function assertReadable(models: readonly PivotModel[], rows: readonly string[]): void {
  const count = rowsIn(models, rows)
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
): Promise<TableLine[]> {
  const matching = await matchingLines(index, question)
  const lines = args.keys ? chosen(matching, args.keys) : matching
  const { study } = args
  return lines.filter(
    ({ run: { id } }) => source.has(id) && (study === undefined || source.run(id).study?.id === study),
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
  const shown = columns.filter(({ id }) => asked.has(id) || varies(lines, read.get(id)))
  const labels = new Map<string, PivotLabels>()
  const yielding = createYielding()
  for (const [at, line] of lines.entries()) {
    if (yielding.due()) await yielding.pause()
    const own = shown.map((column) => [column.id, labelOf(index, column, read.get(column.id)?.[at])] as const)
    labels.set(keyOfLine(line), Object.fromEntries(own))
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
  const twins = twinsOf(index)
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
  return gathering.models().flatMap((model) => {
    const labels = own.labels.get(`${model.runId}/${model.stageId}`)
    return labels ? [{ ...model, labels: { ...labels, ...model.labels } }] : []
  })
}

function twinsOf(index: TableIndex): Map<number, readonly [runId: string, stageId: string]> {
  return new Map(
    index.database
      .columns(
        `SELECT m.number, r.id, t.stage FROM index_models m JOIN index_models t ON t.number = m.twin
          JOIN index_runs r ON r.number = t.run WHERE m.twin IS NOT NULL`,
      )
      .map(([number, runId, stageId]) => [Number(number), [String(runId), String(stageId)]]),
  )
}

/** What its models are is known by their keys; what they said is in the cell. */
function withoutWeight(pivot: Pivot): Pivot {
  const light = (model: PivotModel): PivotModel => ({
    ...model,
    labels: {},
    evaluation: null,
    twin: null,
    published: null,
  })
  const lightCell = (cell: PivotCell): PivotCell => ({
    ...cell,
    models: cell.models.map(light),
    leftOut: cell.leftOut.map(light),
  })
  return { ...pivot, cells: pivot.cells.map((row) => row.map((cell) => cell && lightCell(cell))) }
}
