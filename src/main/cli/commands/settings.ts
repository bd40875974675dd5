import { settingsSchema } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { checkParameters } from '../../../shared/schema'
import { collect } from '../options'
import { jsonLine, table } from '../output'
import { namedValues } from '../values'
import { defineCommand } from './command'

const example = '--set slots=2'

/** Folders of pages are added and taken away one by one: `abd files`. */
const { pageFolders: _ofFiles, ...schema } = settingsSchema

export const settings = defineCommand<{ set?: string[] }>({
  name: 'settings',
  description: 'list or change the settings of the workspace',
  examples: [
    ['abd settings', 'each with its value'],
    ['abd settings --set slots=2', 'two stages train at once on this machine'],
  ],
  declare: (command) => command.option('--set <name=value>', 'change a setting, repeatable', collect),
  async run({ client, output, json }, { set = [] }) {
    const change = namedValues(set, example, schema)
    assertAccepted(change)
    const { pageFolders: _folders, ...now } =
      set.length > 0 ? await client.call('engine.setSettings', change) : await client.call('engine.settings', {})
    if (json) output.result(jsonLine({ settings: now }))
    else
      output.result(
        table(Object.entries(schema).map(([name, { help }]) => [name, String(now[name as keyof typeof now]), help])),
      )
    return 0
  },
})

function assertAccepted(change: Readonly<Record<string, unknown>>): void {
  if (Object.hasOwn(change, 'pageFolders'))
    throw new RefusedInputError('Folders for pages have a command of their own.', {
      wanted: 'abd files --allow FOLDER',
      got: '--set pageFolders',
    })
  const [refused] = checkParameters(schema, change).refusals
  if (refused === undefined) return
  const { name = '', wanted, got } = refused
  throw new RefusedInputError('The settings are not accepted.', { wanted, got, where: `--set ${name}` })
}
