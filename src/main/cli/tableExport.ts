/** A table of runs, means over their seeds, as `abd table` and `abd study export` write it. */
import { writeFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { Option, type Command } from 'commander'
import {
  checkQuery,
  defaultQuery,
  defaultShown,
  fieldsOf,
  pivotFormats,
  pivotModels,
  pivotOf,
  pivotStatistics,
  pivotValues,
  type PivotBold,
  type PivotFormat,
  type PivotModel,
  type PivotQuery,
  type PivotShown,
  type PivotStatistic,
  type PivotValue,
  type RunSummary,
  type StudySummary,
} from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import { wordList } from './options'
import { jsonLine } from './output'
import type { CommandContext, ExitCode } from './commands/command'

export interface TableFlags {
  format?: string
  rows?: string[]
  columns?: string[]
  value?: string[]
  statistic?: PivotStatistic
  bold?: PivotBold
  models: 'students' | 'teachers' | 'all'
  published?: boolean
  significance?: boolean
  differences?: boolean
  against?: string
  out?: string
}

/** What a table is made of. */
export interface TableSource {
  readonly title: string
  readonly runs: readonly RunSummary[]
  /** Of their study, in its order; none: what varies. */
  readonly axes: StudySummary['axes']
}

/** @param source is asked for when the flags are known to be right */
export async function writeTable(
  { client, output, json }: CommandContext,
  flags: TableFlags,
  source: () => Promise<TableSource>,
): Promise<ExitCode> {
  const format = formatOf(flags)
  const shown = shownOf(flags)
  const { title, runs, axes } = await source()
  const models = modelsOf(pivotModels(runs), flags)
  const { product, version } = await client.call('engine.info', {})
  const pivot = pivotOf(models, queryOf(models, axes, flags))
  const titles = Object.fromEntries(axes.map((axis) => [axis.path, axis.title]))
  const origin = { title, product, version, exportedAt: Date.now() }
  const text = format.write({ pivot, fields: fieldsOf(models, titles), shown, origin })
  if (flags.out === undefined) {
    output.result(text.trimEnd())
    return 0
  }
  const path = resolve(flags.out)
  await writeNew(path, text)
  output.result(json ? jsonLine({ path, format: format.id, runs: pivot.runs.length }) : `${path} (${format.title})`)
  return 0
}

export const withTableOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--format <format>', 'default: by the extension of --out, else markdown').choices(
        pivotFormats.map(({ id }) => id),
      ),
    )
    .addOption(new Option('--rows <fields>', 'fields of the rows, e.g. attack,method').argParser(wordList))
    .addOption(new Option('--columns <fields>', 'fields of the columns, e.g. defenses').argParser(wordList))
    .addOption(
      new Option('--value <values>', `one or more of ${pivotValues.map(({ id }) => id).join(', ')}`)
        .argParser(wordList)
        .default(undefined, defaultShown.values.join(',')),
    )
    .addOption(
      new Option('--statistic <statistic>', 'for Markdown and LaTeX; CSV and JSON hold all of them').choices(
        pivotStatistics.map(({ id }) => id),
      ),
    )
    .addOption(new Option('--bold <where>', 'the best of each row or column').choices(['none', 'row', 'column']))
    .addOption(
      new Option('--models <kind>', 'which models').choices(['students', 'teachers', 'all']).default('students'),
    )
    .option('--published', 'published numbers and verdicts beside accuracy and ASR (docs/numbers.md)')
    .option('--significance', 'p of defended against undefended over common seeds')
    .option('--differences', 'beside p the mean difference with its 95 % interval, in points')
    .option('--against <defense>', 'compare with this defense, as the table names it, in the place of no defense')
    .option('--out <file>', 'a new file; default: stdout')

/** The format that is named, or else the one that the file's name asks for. */
function formatOf({ format, out }: TableFlags): PivotFormat {
  const extension = out === undefined ? '' : extname(out).slice(1).toLowerCase()
  const id = format ?? (extension === '' ? 'markdown' : undefined)
  const found = pivotFormats.find((entry) => (id === undefined ? entry.extension === extension : entry.id === id))
  if (found) return found
  throw new RefusedInputError('The file’s name does not tell the format.', {
    wanted: pivotFormats.map((entry) => `.${entry.extension}`).join(', '),
    got: out,
    where: '--out',
    action: `Name the format: --format ${pivotFormats.map((entry) => entry.id).join(' or --format ')}.`,
  })
}

function shownOf(flags: TableFlags): PivotShown {
  const { value, statistic, bold, published, differences, against } = flags
  const known = pivotValues.map(({ id }) => id)
  const isValue = (word: string): word is PivotValue => known.includes(word as PivotValue)
  const wrong = value?.find((word) => !isValue(word))
  if (wrong !== undefined || value?.length === 0)
    throw new RefusedInputError('There is no such value.', { wanted: known.join(', '), got: wrong, where: '--value' })
  return {
    values: value?.filter(isValue) ?? defaultShown.values,
    statistic: statistic ?? defaultShown.statistic,
    bold: bold ?? defaultShown.bold,
    published: published ?? defaultShown.published,
    // Nobody names what to compare with and wants no comparison.
    significance: flags.significance ?? (differences === true || against !== undefined),
    differences: differences ?? defaultShown.differences,
  }
}

const modelsOf = (models: readonly PivotModel[], { models: wanted }: TableFlags): PivotModel[] =>
  models.filter(({ kind }) => wanted === 'all' || wanted === `${kind}s`)

/** What is not asked for is as by default; a field that was asked for in rows leaves the default columns. */
function queryOf(models: readonly PivotModel[], axes: StudySummary['axes'], flags: TableFlags): PivotQuery {
  const { rows, columns, against } = flags
  const usual = defaultQuery(models, axes)
  const all = [...usual.rows, ...usual.columns]
  const without = (fields: readonly string[], taken: readonly string[] = []): string[] =>
    fields.filter((field) => !taken.includes(field))
  const query = {
    ...usual,
    rows: rows ?? (columns ? without(all, columns) : usual.rows),
    columns: columns ?? (rows ? without(all, rows) : usual.columns),
    against,
  }
  checkQuery(query, models)
  return query
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new RefusedInputError(
      error.code === 'EEXIST' ? 'The target exists already.' : 'The file could not be written.',
      { wanted: 'a new file name in a folder that can be written', got: error.code ?? error.message, where: path },
    )
  })
}
