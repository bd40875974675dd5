import { resolve } from 'node:path'
import { unpackBundle } from '../../../setup/installation'
import { jsonLine } from '../../output'
import { defineLocalCommand, wantedArgument } from '../command'
import { working } from './work'

export const unpack = defineLocalCommand({
  name: 'unpack',
  description: 'take TensorFlow from a file of "abd runtime pack"; every library must have its pinned SHA-256',
  examples: [['abd runtime unpack abd-runtime.tar.gz', 'what "abd runtime pack" wrote where there is a network']],
  declare: (command) => command.argument('<file>', 'written by "abd runtime pack"'),
  async runLocally(context, _flags, given) {
    const { output, json } = context
    const file = resolve(wantedArgument(given))
    return working(context, async (work) => {
      const bundle = await unpackBundle(file, work)
      output.tell(`TensorFlow (${bundle.variant}) is ready.`)
      output.result(json ? jsonLine({ file, ...bundle }) : work.cache)
      return 0
    })
  },
})
