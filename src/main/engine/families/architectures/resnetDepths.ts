/** What ResNets of four stages have in common, whatever their units are. */
import { choice } from '../../../../shared/schema'
import { countUnits } from './stages'
import type { WeightShapes } from './types'

export const depthField = choice({
  label: 'Depth',
  default: '18',
  help: 'Layers; 50 and more have bottleneck units.',
  options: [
    { value: '18', label: '18' },
    { value: '34', label: '34' },
    { value: '50', label: '50' },
    { value: '101', label: '101' },
    { value: '152', label: '152' },
  ],
})
export type ResnetDepth = (typeof depthField)['options'][number]['value']

export const stemChannels = 64
export const stageChannels = [64, 128, 256, 512] as const
/** Channels that a bottleneck hands on for each of its stage's. */
export const expansion = 4

export const resnetUnits: Record<ResnetDepth, { units: readonly number[]; bottleneck: boolean }> = {
  18: { units: [2, 2, 2, 2], bottleneck: false },
  34: { units: [3, 4, 6, 3], bottleneck: false },
  50: { units: [3, 4, 6, 3], bottleneck: true },
  101: { units: [3, 4, 23, 3], bottleneck: true },
  152: { units: [3, 8, 36, 3], bottleneck: true },
}

/** The depth of a file's network, by the number of units in its third stage; the smallest of its kind if by none. */
export function depthOf(shapes: WeightShapes, thirdStage: string, bottleneck: boolean): ResnetDepth {
  const count = countUnits(shapes, thirdStage)
  const ofKind = (Object.keys(resnetUnits) as ResnetDepth[]).filter(
    (depth) => resnetUnits[depth].bottleneck === bottleneck,
  )
  return ofKind.find((depth) => resnetUnits[depth].units[2] === count) ?? ofKind[0] ?? '18'
}
