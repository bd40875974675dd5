import { findRun, runNames } from '../findRun'
import { jsonLine, printable, table } from '../output'
import { defineCommand } from './command'

export const diff = defineCommand({
  name: 'diff',
  description: 'the settings in which runs or models (RUN/student-1) differ',
  examples: [
    ['abd diff RUN1 RUN2', 'which settings differ'],
    ['abd diff RUN1/student-1 RUN1/student-2', 'of two models'],
  ],
  declare: (command) => command.argument('<run...>', `${runNames}; two or more, also as RUN/STAGE`),
  async run({ client, output, json }, _flags, given) {
    const keys: string[] = []
    for (const wanted of given) {
      const [run = '', stageId] = wanted.split('/')
      const { id } = await findRun(client, run)
      keys.push(stageId === undefined ? id : `${id}/${stageId}`)
    }
    const { rows } = await client.call('table.diff', { keys })
    if (json) output.result(jsonLine({ keys, rows }))
    else if (rows.length === 0) output.tell('They differ in no setting.')
    else
      output.result(
        table([
          ['part', 'setting', ...keys],
          ...rows.map(({ part, title, values }) => [part, title, ...values.map((value) => printable(value ?? '–'))]),
        ]),
      )
    return 0
  },
})
