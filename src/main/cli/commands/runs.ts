import type { Command } from 'commander'
import { namedModelsOf, type RunSummary, type TableOf } from '../../../shared/domain'
import { namerOf, type NamesOf } from '../names'
import { wholeNumber, wordList } from '../options'
import { jsonLine, percent, printable, table } from '../output'
import { queriedRuns, writeGroups, writeRows, type TableQuestion } from '../tableQuestion'
import { defineCommand, type CommandContext, type ExitCode } from './command'

interface RunsFlags {
  query?: string
  sort?: string[]
  columns?: string[]
  group?: string[]
  models?: boolean
  limit?: number
}

export const runs = defineCommand<RunsFlags>({
  name: 'runs',
  description: 'list the runs, or those runs and models that a query finds (docs/tables.md)',
  examples: [
    ['abd runs', 'the newest first'],
    [
      "abd runs --query 'attack:blend asr<10%' --columns name,seed,accuracy,asr --sort -asr",
      'found, shown and ordered',
    ],
    ['abd runs --group attack,defense', 'means over what is left, with intervals'],
  ],
  declare,
  async run(context, flags) {
    const of: TableOf = flags.models === true ? 'models' : 'runs'
    const question: TableQuestion = { of, query: flags.query ?? '', sort: flags.sort ?? [], limit: flags.limit }
    if (flags.group) return writeGroups(context, { ...question, by: flags.group, measures: flags.columns })
    if (flags.columns || of === 'models') return writeRows(context, { ...question, columns: flags.columns })
    const asked = flags.query !== undefined || flags.sort !== undefined || flags.limit !== undefined
    return list(context, asked ? await queriedRuns(context, question) : await context.client.call('runs.list', {}))
  },
})

function declare(command: Command): Command {
  return command
    .option('--query <query>', 'e.g. "attack:blend asr<10% seed:0..4 -tag:old"')
    .option('--sort <columns>', 'columns, a minus before one that descends, e.g. asr,-accuracy', wordList)
    .option('--columns <columns>', 'columns to show, e.g. name,asr,poisoning.ratio; in groups: their means', wordList)
    .option('--group <columns>', 'one row for all that have the same in these columns', wordList)
    .option('--models', 'a row for each teacher and student, not for each run')
    .option('--limit <number>', 'at most so many rows', wholeNumber)
}

async function list({ client, output, json }: CommandContext, found: readonly RunSummary[]): Promise<ExitCode> {
  if (json) output.result(jsonLine(found))
  else if (found.length === 0) output.tell('No runs. "abd run --preset quick" starts one.')
  else {
    const namesOf = await namerOf(client)
    output.result(
      table([
        ['id', 'name', 'state', 'data', 'attack', 'teacher acc / ASR', 'students acc / ASR'],
        ...found.map((run) => row(run, namesOf)),
      ]),
    )
  }
  return 0
}

const row = (run: RunSummary, namesOf: NamesOf): string[] => [
  run.id,
  printable(run.name).slice(0, 40),
  run.state,
  run.data,
  run.attack,
  modelCells(run, 'teacher', namesOf),
  modelCells(run, 'student', namesOf),
]

function modelCells(run: RunSummary, kind: 'teacher' | 'student', namesOf: NamesOf): string {
  const names = namesOf(namedModelsOf(run))
  return run.stages
    .filter((stage) => stage.kind === kind)
    .map(({ id, evaluation }) => {
      const rates = `${percent(evaluation?.accuracy)} / ${percent(evaluation?.asr)}`
      return kind === 'student' ? `${names.get(id) ?? id} ${rates}` : rates
    })
    .join('; ')
}
