/** Which process of this machine an attempt at a task means. */
import { stateOf } from '../../machine/instance.mjs'
import type { AttemptFile } from './taskFolder'

/** Whether the process of an attempt lives; false where it belongs to another machine, of which nothing is known. */
export const attemptLives = ({ host, ...process }: AttemptFile): boolean =>
  stateOf({ machine: host, ...process }) === 'alive'
