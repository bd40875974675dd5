import type { RunSummary } from '../../../shared/domain'
import { findRun, runNames } from '../findRun'
import { withTableOptions, writeTable, type TableFlags } from '../tableExport'
import { defineCommand } from './command'

export const table = defineCommand<TableFlags>({
  name: 'table',
  description: 'a table of any runs, means over their seeds, as CSV, Markdown, LaTeX or JSON',
  examples: [['abd table --format latex', 'accuracy and ASR of all runs, as in a paper']],
  declare: (command) => withTableOptions(command.argument('[runs...]', `${runNames}; default: all runs`)),
  run: (context, flags, given) =>
    writeTable(context, flags, async () => {
      const { client } = context
      const runs: RunSummary[] = given.length === 0 ? await client.call('runs.list', {}) : []
      for (const wanted of given) runs.push(await findRun(client, wanted))
      return { title: 'Runs', axes: [], runs }
    }),
})
