import { findRun, runNames } from '../findRun'
import { finishRun, leaveRunning } from '../finish'
import { detachOption } from '../options'
import { defineCommand, wantedArgument } from './command'

export const resume = defineCommand<{ detach?: boolean }>({
  name: 'resume',
  description: 'go on with a run at its last checkpoint; where it has none, start it again',
  examples: [
    ['abd resume latest', 'on from its last checkpoint'],
    ['abd resume RUN --detach', 'and back to the shell at once'],
  ],
  declare: (command) => command.argument('<run>', runNames).addOption(detachOption()),
  async run(context, { detach = false }, given) {
    const found = await findRun(context.client, wantedArgument(given))
    const resumed = await context.client.call('runs.resume', { runId: found.id })
    return detach ? leaveRunning(context, resumed) : finishRun(context, resumed)
  },
})
