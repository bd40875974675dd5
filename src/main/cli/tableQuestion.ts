/** Rows and groups of the engine's tables, as `abd runs` writes them. */
import type {
  ColumnKind,
  RunSummary,
  Summary,
  TableColumn,
  TableCounts,
  TableGroup,
  TableOf,
  TableOrder,
  TableRow,
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
  const ids = wanted ?? usualColumns[question.of]
  const { client, output, json } = context
  const columns = chosenColumns(await client.call('table.columns', { of: question.of }), ids)
  const { rows } = await allRows(context, question, ids)
  if (json)
    output.result(
      jsonLine(rows.map(({ key, values }) => ({ key, ...Object.fromEntries(ids.map((id, at) => [id, values[at]])) }))),
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
  const measures = wanted.filter((id) => !by.includes(id))
  const known = await client.call('table.columns', { of })
  const [heads, values] = [chosenColumns(known, by), chosenColumns(known, measures)]
  const groups: TableGroup[] = []
  for (let offset = 0; ;) {
    const page = await asked(context, () =>
      client.call('table.groups', {
        ...{ of, query, by: [...by], measures: [...measures], order: ordersOf(sort) },
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

const ordersOf = (sort: readonly string[]): TableOrder[] =>
  sort.map((column) => (column.startsWith('-') ? { column: column.slice(1), descending: true } : { column }))

/** @throws RefusedInputError for a column that there is not */
const chosenColumns = (known: readonly TableColumn[], ids: readonly string[]): TableColumn[] =>
  ids.map((id) => {
    const column = known.find((entry) => entry.id === id)
    if (column) return column
    throw new RefusedInputError(`There is no column "${id}".`, {
      wanted: known.map((entry) => entry.id).join(', '),
      got: id,
    })
  })

async function allRows(
  context: CommandContext,
  { of, query, sort, limit = Infinity }: TableQuestion,
  columns: readonly string[],
): Promise<{ rows: TableRow[]; runs: RunSummary[] }> {
  const [rows, runs]: [TableRow[], RunSummary[]] = [[], []]
  while (rows.length < limit) {
    const page = await asked(context, () =>
      context.client.call('table.rows', {
        ...{ of, query, columns: [...columns], order: ordersOf(sort) },
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
