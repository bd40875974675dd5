import { goingCommand } from './parts/steer'

export const resume = goingCommand('resume', 'go on with a paused study')
