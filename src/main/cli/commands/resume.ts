import { findRun } from '../findRun'
import { finishRun, leaveRunning } from '../finish'
import { detachOption } from '../options'
import { defineCommand, wantedArgument } from './command'

export const resume = defineCommand<{ detach?: boolean }>({
  name: 'resume',
  description: 'go on with a run at its last checkpoint; where it has none, start it again',
  declare: (command) => command.argument('<run>').addOption(detachOption()),
  async run(context, { detach = false }, given) {
    const found = await findRun(context.client, wantedArgument(given))
    const resumed = await context.client.call('runs.resume', { runId: found.id })
    return detach ? leaveRunning(context, resumed) : finishRun(context, resumed)
  },
})
