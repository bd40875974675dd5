import { createRegistry } from '../../../../shared/schema'
import { badnetGrid } from './badnetGrid'
import { badnetSquare } from './badnetSquare'
import { blend } from './blend'
import { cleanLabel } from './cleanLabel'
import { fromFiles } from './fromFiles'
import { l0Inv } from './l0Inv'
import { l2Inv } from './l2Inv'
import { sig } from './sig'
import { smooth } from './smooth'
import { trojan3x3 } from './trojan3x3'
import { trojan8x8 } from './trojan8x8'
import { trojanWatermark } from './trojanWatermark'

export const attacks = createRegistry('attack', 'Attacks', [
  badnetGrid,
  badnetSquare,
  blend,
  sig,
  smooth,
  l0Inv,
  l2Inv,
  trojan3x3,
  trojan8x8,
  trojanWatermark,
  cleanLabel,
  fromFiles,
])

export { createTrigger } from './create'
export type { Attack, AttackContext } from './types'
export type { Trigger, TriggerVariant } from '../../images/poisoning/trigger'
