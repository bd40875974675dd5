import { endingCommand } from './parts/steer'

export const cancel = endingCommand('cancel', 'end a study early: what is done stays, and retry brings the rest back')
