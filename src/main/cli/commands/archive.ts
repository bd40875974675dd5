import { findRuns, runNames } from '../findRun'
import { jsonLine } from '../output'
import { defineCommand } from './command'

export const archive = defineCommand<{ undo?: boolean }>({
  name: 'archive',
  description: 'keep runs out of tables that do not ask for the archive',
  examples: [
    ['abd archive latest', 'out of sight, nothing is deleted'],
    ['abd archive 20261128-101500-a1b2 --undo', 'back again'],
  ],
  declare: (command) => command.argument('<run...>', runNames).option('--undo', 'bring them back'),
  async run({ client, output, json }, { undo = false }, given) {
    const runIds = (await findRuns(client, given)).map(({ id }) => id)
    const { before } = await client.call('runs.edit', { runIds, archived: !undo })
    const changed = before.map(({ runId }) => runId)
    if (json) output.result(jsonLine({ changed, archived: !undo }))
    else output.tell(`${changed.length} of ${runIds.length} runs ${undo ? 'brought back' : 'archived'}.`)
    return 0
  },
})
