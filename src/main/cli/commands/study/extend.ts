import { Option } from 'commander'
import { RefusedInputError } from '../../../../shared/errors'
import { collect, detachOption, wholeNumbers } from '../../options'
import { readAxes, type StartFlags } from './parts/definition'
import { findStudy, studyNames } from './parts/findStudy'
import { finishStudy, leaveStudy } from './parts/follow'
import { defineCommand, wantedArgument } from '../command'

export const extend = defineCommand<Pick<StartFlags, 'axis' | 'seeds'> & { detach?: boolean }>({
  name: 'extend',
  description: 'add values to an axis of a study, e.g. two more seeds; what is there stays',
  examples: [['abd study extend STUDY --seeds 5-9', 'more seeds for every cell']],
  declare: (command) =>
    command
      .argument('<study>', studyNames)
      .option('--axis <path=values>', 'further values: path=value,value; repeatable', collect)
      .addOption(new Option('--seeds <list>', 'further seeds, e.g. 3-4').argParser(wholeNumbers))
      .addOption(detachOption()),
  async run(context, flags, given) {
    const { client } = context
    const found = await findStudy(client, wantedArgument(given))
    const axes = await readAxes(context, flags)
    if (axes.length === 0)
      throw new RefusedInputError('abd study extend wants further values.', {
        wanted: '--seeds 3-4 or --axis path=value,value',
      })
    let study = found
    for (const { path, values = [] } of axes)
      study = await client.call('studies.extend', { studyId: found.id, path, values: [...values] })
    return flags.detach ? leaveStudy(context, study) : finishStudy(context, study)
  },
})
