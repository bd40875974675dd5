import { collect } from '../options'
import { findRuns, runNames } from '../findRun'
import { jsonLine, printable } from '../output'
import { RefusedInputError } from '../../../shared/errors'
import { defineCommand } from './command'

export const tag = defineCommand<{ add?: string[]; remove?: string[] }>({
  name: 'tag',
  description: 'give tags to runs, or take them away',
  examples: [['abd tag RUN1 RUN2 --add table-3', 'a word to find them by']],
  declare: (command) =>
    command
      .argument('<run...>', runNames)
      .option('--add <tag>', 'a tag that they get; repeatable', collect)
      .option('--remove <tag>', 'a tag that is taken away; repeatable', collect),
  async run({ client, output, json }, { add = [], remove = [] }, given) {
    if (add.length + remove.length === 0)
      throw new RefusedInputError('abd tag wants a tag.', { wanted: '--add TAG or --remove TAG', got: 'neither' })
    const runs = await findRuns(client, given)
    const runIds = runs.map(({ id }) => id)
    const { before } = await client.call('runs.edit', { runIds, addTags: add, removeTags: remove })
    if (json) output.result(jsonLine({ changed: before.map(({ runId }) => runId), before }))
    else
      for (const { id, name, tags } of await findRuns(client, runIds))
        output.result(`${id}  ${printable(name)}: ${tags.map(printable).join(', ') || 'no tags'}`)
    return 0
  },
})
