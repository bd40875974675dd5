import { goingCommand } from './parts/steer'

export const retry = goingCommand('retry', 'try again the cells that failed, were interrupted or cancelled')
