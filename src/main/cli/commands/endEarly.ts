/** What `abd pause` and `abd stop` share: both end a run early, with a checkpoint. */
import { findRun, runNames } from '../findRun'
import { jsonLine, printable } from '../output'
import { defineCommand, wantedArgument, type EngineCommand } from './command'

export const endEarly = (action: 'pause' | 'stop'): EngineCommand =>
  defineCommand({
    name: action,
    description: `${action} a run after its current step with a checkpoint; inside a step that takes long it goes back to the last one`,
    examples: [[`abd ${action} latest`, `the newest run; abd resume goes on from there`]],
    declare: (command) => command.argument('<run>', runNames),
    async run({ client, output, json }, _flags, given) {
      const found = await findRun(client, wantedArgument(given))
      const { id, name, state } = await client.call(`runs.${action}`, { runId: found.id })
      output.tell(
        state === 'running'
          ? `${printable(name)} will ${action} after the current step, or at the last checkpoint where a step takes long.`
          : `${printable(name)} is ${state}.`,
      )
      if (json) output.result(jsonLine({ id, state }))
      return 0
    },
  })
