/** Rows and groups of the engine's tables, as `abd runs` writes them. */
import {
  queryColumns,
  type ColumnKind,
  type RunSummary,
  type Summary,
  type TableColumn,
  type TableCounts,
  type TableGroup,
  type TableOf,
  type TableOrder,
  type TableRow,
} from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import type { JsonScalar } from '../../shared/schema'
import type { CommandContext, ExitCode } from './commands/command'
import { duration, jsonLine, megabytes, percent, printable, table } from './output'

export interface TableQuestion {
  readonly of: TableOf
  readonly query: string
  /** Columns, a minus before one that descends. */
  readonly sort: readonly string[]
  readonly limit?: number | undefined
}

const pageRows = 500
const usualColumns: Readonly<Record<TableOf, readonly string[]>> = {
  runs: ['name', 'state', 'data', 'attack', 'seed', 'accuracy', 'asr'],
  models: ['name', 'model', 'defenses', 'state', 'attack', 'seed', 'accuracy', 'asr', 'der'],
}
const usualMeasures = ['accuracy', 'asr']

/** The runs that a query finds. */
export async function queriedRuns(context: CommandContext, question: TableQuestion): Promise<RunSummary[]> {
  const { rows, runs } = await allRows(context, question, [])
  const byId = new Map(runs.map((run) => [run.id, run]))
  return rows.flatMap(({ runId }) => byId.get(runId) ?? [])
}

export async function writeRows(
  context: CommandContext,
  { columns: wanted, ...question }: TableQuestion & { readonly columns?: readonly string[] | undefined },
): Promise<ExitCode> {
  const names = wanted ?? usualColumns[question.of]
  const { client, output, json } = context
  const columns = chosenColumns(await client.call('table.columns', { of: question.of }), names)
  const { rows } = await allRows(context, question, idsOf(columns))
  if (json)
    output.result(
      jsonLine(
        rows.map(({ key, values }) => ({ key, ...Object.fromEntries(names.map((name, at) => [name, values[at]])) })),
      ),
    )
  else if (rows.length === 0) output.tell('Nothing matches.')
  else
    output.result(
      table([
        [question.of === 'runs' ? 'run' : 'model', ...columns.map(({ title }) => title)],
        ...rows.map(({ key, values }) => [key, ...columns.map(({ kind }, at) => valueText(values[at] ?? null, kind))]),
      ]),
    )
  return 0
}

export async function writeGroups(
  context: CommandContext,
  question: TableQuestion & { readonly by: readonly string[]; readonly measures?: readonly string[] | undefined },
): Promise<ExitCode> {
  const { client, output, json } = context
  const { of, query, sort, by, measures: wanted = usualMeasures, limit = pageRows } = question
  const known = await client.call('table.columns', { of })
  const heads = chosenColumns(known, by)
  const values = chosenColumns(known, wanted).filter((column) => !heads.includes(column))
  const groups: TableGroup[] = []
  for (let offset = 0; ;) {
    const page = await asked(context, () =>
      client.call('table.groups', {
        ...{ of, query, by: idsOf(heads), measures: idsOf(values), order: ordersOf(known, sort) },
        ...{ offset, limit: Math.min(pageRows, limit - offset) },
      }),
    )
    groups.push(...page.groups)
    offset = groups.length
    if (page.groups.length === 0 || offset >= page.count || offset >= limit) break
  }
  if (json) output.result(jsonLine(groups.map((group) => groupRecord(group, by))))
  else if (groups.length === 0) output.tell('Nothing matches.')
  else
    output.result(
      table([
        [...heads.map(({ title }) => title), 'rows', 'left out', ...values.map(({ title }) => title)],
        ...groups.map(({ labels, rows, leftOut, measures: means }) => [
          ...labels.map((label, at) => valueText(label, heads[at]?.kind ?? 'text')),
          String(rows),
          leftOut === 0 ? '–' : String(leftOut),
          ...values.map(({ id, kind }) => meanText(means[id] ?? null, kind)),
        ]),
      ]),
    )
  return 0
}

const groupRecord = ({ labels, rows, leftOut, measures }: TableGroup, by: readonly string[]): object => ({
  ...Object.fromEntries(by.map((id, at) => [id, labels[at] ?? null])),
  rows,
  leftOut,
  measures,
})

const idsOf = (columns: readonly TableColumn[]): string[] => columns.map(({ id }) => id)

function ordersOf(known: readonly TableColumn[], sort: readonly string[]): TableOrder[] {
  const columns = chosenColumns(
    known,
    sort.map((name) => name.replace(/^-/, '')),
  )
  return columns.map(({ id }, at) => ({ column: id, ...(sort[at]?.startsWith('-') ? { descending: true } : {}) }))
}

/**
 * Columns by the names that queries know them by: an id, or the end of one where it is that of one column.
 * @throws RefusedInputError for a name of none, or of several
 */
function chosenColumns(known: readonly TableColumn[], names: readonly string[]): TableColumn[] {
  const { find, near } = queryColumns(known)
  const byId = new Map(known.map((column) => [column.id, column]))
  return names.map((name) => {
    const [found, ...others] = find(name)
    const column = found && byId.get(found.id)
    if (column && others.length === 0) return column
    if (column)
      throw new RefusedInputError(`"${name}" stands for several columns.`, {
        wanted: [column, ...others].map(({ id }) => id).join(', '),
        got: name,
        action: 'Write more of its path.',
      })
    const like = near(name)
    throw new RefusedInputError(`There is no column "${name}".`, {
      wanted: like === undefined ? 'the name of a column' : `"${like}"?`,
      got: name,
      action: 'docs/tables.md says how columns are called.',
    })
  })
}

async function allRows(
  context: CommandContext,
  { of, query, sort, limit = Infinity }: TableQuestion,
  columns: readonly string[],
): Promise<{ rows: TableRow[]; runs: RunSummary[] }> {
  const [rows, runs]: [TableRow[], RunSummary[]] = [[], []]
  const order = sort.length === 0 ? [] : ordersOf(await context.client.call('table.columns', { of }), sort)
  while (rows.length < limit) {
    const page = await asked(context, () =>
      context.client.call('table.rows', {
        ...{ of, query, columns: [...columns], order },
        ...{ offset: rows.length, limit: Math.min(pageRows, limit - rows.length) },
      }),
    )
    rows.push(...page.rows)
    runs.push(...page.runs)
    if (page.rows.length === 0 || rows.length >= page.matching) break
  }
  return { rows, runs }
}

const lookAgain = 250

/**
 * An answer of the whole index: a program that reads it must not take a part for all.
 * @throws RefusedInputError where a part of the query cannot be used: the rest would find too much
 */
async function asked<Answer extends TableCounts>(
  { output }: CommandContext,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    const [fault] = answer.faults
    if (fault)
      throw new RefusedInputError(`The query cannot be used: ${fault.message}`, {
        where: `characters ${fault.from + 1} to ${fault.to}`,
        action: 'See docs/tables.md.',
      })
    if ((answer.unread ?? 0) === 0) return answer
    output.progress(`Reading the runs: ${answer.unread} left`)
    await new Promise((resolve) => setTimeout(resolve, lookAgain))
  }
}

function valueText(value: JsonScalar, kind: ColumnKind): string {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return printable(value).slice(0, 40)
  if (kind === 'share') return percent(value)
  if (kind === 'seconds') return duration(value)
  if (kind === 'bytes') return megabytes(value)
  return kind === 'time' ? new Date(value).toISOString().slice(0, 19).replace('T', ' ') : String(value)
}

/** E.g. "71.9 % ± 1.2 % (n = 3)". */
function meanText(summary: Summary | null, kind: ColumnKind): string {
  if (!summary) return '–'
  const { mean, deviation, n } = summary
  const shown = (value: number): string =>
    kind === 'number' ? String(Number(value.toPrecision(4))) : valueText(value, kind)
  return `${shown(mean)}${deviation === null || kind === 'time' ? '' : ` ± ${shown(deviation)}`} (n = ${n})`
}
