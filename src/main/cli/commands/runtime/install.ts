import type { RuntimeVariantId } from '../../../../shared/domain'
import { installRuntime, runtimeOverview } from '../../../setup/installation'
import { jsonLine } from '../../output'
import { defineLocalCommand } from '../command'
import { variantOption, working } from './work'

export const install = defineLocalCommand<{ variant?: RuntimeVariantId }>({
  name: 'install',
  description: 'fetch TensorFlow from the index that pip is set to; goes on where an earlier start stopped',
  examples: [
    ['abd runtime install', 'the GPU build where an NVIDIA driver is loaded, else the CPU build'],
    ['abd runtime install --variant gpu', 'on the login node of a cluster, which has no driver'],
  ],
  declare: (command) => command.addOption(variantOption()),
  async runLocally(context, { variant }) {
    const { output, json } = context
    return working(context, async (work) => {
      const chosen = variant ?? runtimeOverview(work).suggested
      const fetched = await installRuntime(chosen, work)
      const installed = runtimeOverview(work).variants.find(({ id }) => id === chosen)
      output.tell(fetched ? 'TensorFlow is ready.' : 'TensorFlow is here already, whole.')
      output.result(json ? jsonLine(installed) : (installed?.directory ?? ''))
      return 0
    })
  },
})
