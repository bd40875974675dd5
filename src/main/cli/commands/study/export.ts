import { withTableOptions, writeTable, type TableFlags } from '../../tableExport'
import { defineCommand, wantedArgument } from '../command'
import { findStudy, studyNames } from './parts/findStudy'

export const exportTable = defineCommand<TableFlags>({
  name: 'export',
  description: 'the table of a study, means over its seeds, as CSV, Markdown, LaTeX or JSON',
  examples: [['abd study export STUDY --format csv --out study.csv', 'its table']],
  declare: (command) => withTableOptions(command.argument('<study>', studyNames)),
  run: (context, flags, given) =>
    writeTable(context, flags, async () => {
      const { client } = context
      const { id: studyId, name, axes } = await findStudy(client, wantedArgument(given))
      return { title: name, axes, runs: await client.call('studies.runs', { studyId }) }
    }),
})
