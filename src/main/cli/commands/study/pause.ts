import { endingCommand } from './parts/steer'

export const pause = endingCommand('pause', 'pause a study: running cells write a checkpoint, others wait')
