import { RefusedInputError } from '../../../shared/errors'
import { collect } from '../options'
import { jsonLine, table } from '../output'
import { namedValues } from '../values'
import { defineCommand, type CommandContext, type ExitCode } from './command'

interface Flags {
  set?: string[]
  script?: boolean
}

export const executors = defineCommand<Flags>({
  name: 'executors',
  description: 'list where stages can run, or show and change the settings of one',
  examples: [
    ['abd executors', 'where stages can run'],
    ['abd executors slurm --set partition=gpu', 'a setting of this workspace'],
    ['abd executors slurm --script', 'the batch script as it would be sent'],
  ],
  declare: (command) =>
    command
      .argument('[id]', 'e.g. slurm')
      .option('--set <name=value>', 'change a setting of this workspace, repeatable', collect)
      .option('--script', 'show the batch script as it would be sent'),
  async run(context, { set = [], script = false }, [id]) {
    if (id !== undefined) return showOne(context, id, { set, script })
    if (set.length > 0 || script)
      throw new RefusedInputError('--set and --script are about one executor.', {
        wanted: 'abd executors slurm …',
        got: 'no id',
      })
    const { client, output, json } = context
    const list = await client.call('executors.list', {})
    output.result(
      json
        ? jsonLine({ executors: list })
        : table(list.map(({ id: name, title, missing }) => [name, title, missing ?? 'ready'])),
    )
    return 0
  },
})

async function showOne(
  { client, output, json }: CommandContext,
  executor: string,
  { set, script }: Required<Flags>,
): Promise<ExitCode> {
  const change = namedValues(set, '--set partition=gpu')
  const { settings } =
    set.length > 0
      ? await client.call('executors.setSettings', { executor, change })
      : await client.call('executors.settings', { executor })
  const sent = script ? (await client.call('executors.script', { executor })).script : null
  if (json) output.result(jsonLine({ executor, settings, ...(script ? { script: sent } : {}) }))
  else if (script) output.result(sent ?? 'Nothing is sent there: tasks are processes.')
  else
    output.result(
      table(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])) ||
        'None of its own: how many stages train at once is a setting of the workspace, abd settings --set slots=2.',
    )
  return 0
}
