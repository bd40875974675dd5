import { resolve } from 'node:path'
import type { RuntimeVariantId } from '../../../../shared/domain'
import { packBundle } from '../../../setup/installation'
import { formatBytes } from '../../../setup/report.mjs'
import { jsonLine } from '../../output'
import { defineLocalCommand, wantedArgument } from '../command'
import { variantOption, working } from './work'

export const pack = defineLocalCommand<{ variant?: RuntimeVariantId }>({
  name: 'pack',
  description: 'write TensorFlow as one file (tar.gz) for a machine without a network, or a cluster',
  examples: [['abd runtime pack abd-runtime.tar.gz', 'to be unpacked on the other machine']],
  declare: (command) => command.argument('<file>', 'e.g. abd-runtime.tar.gz').addOption(variantOption()),
  async runLocally(context, { variant }, given) {
    const { output, json } = context
    const file = resolve(wantedArgument(given))
    return working(context, async (work) => {
      const bundle = await packBundle(file, { ...work, variant })
      output.tell(`Packed: ${formatBytes(bundle.bytes)}, SHA-256 ${bundle.sha256}. There: abd runtime unpack FILE`)
      output.result(json ? jsonLine({ file, ...bundle }) : file)
      return 0
    })
  },
})
