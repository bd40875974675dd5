/** Which cells of a study are tried, and when. A new strategy is one file and its place in the list. */
import { createRegistry } from '../../../../shared/schema'
import { asha } from './asha'
import { grid } from './grid'
import { random } from './random'
import { tpe } from './tpe'
import type { StrategyMember } from './types'

/** The first is the default. */
export const strategies = createRegistry('strategy', 'Strategies', [
  grid,
  random,
  tpe,
  asha,
] as unknown as readonly StrategyMember[])

export { valueOf } from './metric'
export type { Point, SearchAxis, SearchSettings, SearchSpace, StrategyMember, Suggestion, Trial } from './types'
