import { findStudy, studyNames } from './parts/findStudy'
import { finishStudy } from './parts/follow'
import { defineCommand, wantedArgument } from '../command'

export const watch = defineCommand({
  name: 'watch',
  description: 'stay with a study to its end; Ctrl+C pauses it',
  examples: [['abd study watch latest', 'stays with it to its end']],
  declare: (command) => command.argument('<study>', studyNames),
  run: async (context, _flags, given) => finishStudy(context, await findStudy(context.client, wantedArgument(given))),
})
