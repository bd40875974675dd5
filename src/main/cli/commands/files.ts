import { resolve } from 'node:path'
import { foldersOf, isAllowable, withFolder, withoutFolder } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { collect } from '../options'
import { jsonLine, printable } from '../output'
import { defineCommand } from './command'

export const files = defineCommand<{ allow?: string[]; forbid?: string[] }>({
  name: 'files',
  description: 'list or change the folders that pages in a browser may use',
  examples: [
    ['abd files', 'the folders'],
    ['abd files --allow /data/cifar', 'pages of abd serve read and write below it'],
    ['abd files --forbid /data/cifar', 'no longer'],
  ],
  declare: (command) =>
    command
      .option('--allow <folder>', 'a folder that pages may use from now on; repeatable', collect)
      .option('--forbid <folder>', 'a folder that they may use no longer; repeatable', collect),
  async run({ client, output, json }, { allow = [], forbid = [] }) {
    const before = (await client.call('engine.settings', {})).pageFolders
    const more = allow.map(allowable).reduce(withFolder, before)
    const pageFolders = forbid.map((folder) => resolve(folder)).reduce(withoutFolder, more)
    const now = pageFolders === before ? before : (await client.call('engine.setSettings', { pageFolders })).pageFolders
    const folders = foldersOf(now)
    if (json) output.result(jsonLine({ folders }))
    else output.result(folders.map(printable).join('\n') || 'None: pages use the workspace and downloaded data alone.')
    return 0
  },
})

function allowable(given: string): string {
  const folder = resolve(given)
  if (isAllowable(folder)) return folder
  throw new RefusedInputError('This folder cannot be allowed.', {
    wanted: 'a folder below the root',
    got: folder,
    where: '--allow',
  })
}
