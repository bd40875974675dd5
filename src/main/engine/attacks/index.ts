import { createRegistry } from '../../../shared/schema'
import { badnetGrid } from './badnetGrid'
import { badnetSquare } from './badnetSquare'
import { blend } from './blend'

export const attacks = createRegistry('attack', 'Attacks', [badnetGrid, badnetSquare, blend])

export { createTrigger } from './create'
export type { Attack, AttackContext, Trigger, TriggerVariant } from './types'
