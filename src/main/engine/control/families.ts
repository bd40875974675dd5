/** The registries as control needs them: descriptions for forms and checks, costs for the estimate. None of them loads TensorFlow's library. */
import type { ImageBatch, MemberChoice } from '../../../shared/domain'
import type { FamilyDescription } from '../../../shared/schema'
import { describeRegistry, validateParameters } from '../../../shared/schema'
import { architectures } from '../architectures'
import { attacks } from '../attacks'
import { datasets } from '../datasets'
import { defenses } from '../defenses'
import { distillationMethods } from '../distillation'
import type { CostModel } from './estimate'

export { attacks, datasets }

export const families: readonly FamilyDescription[] = [
  describeRegistry(datasets, (member) => ({ ...member.facts })),
  describeRegistry(attacks, (member) => ({ cleanLabel: member.cleanLabel })),
  describeRegistry(architectures),
  describeRegistry(distillationMethods),
  describeRegistry(defenses),
]

/** Architectures that can count their multiply-adds do so; the estimate falls back to a usual number for others. */
interface Counting { multiplyAdds(params: Record<string, unknown>, image: Omit<ImageBatch, 'count' | 'pixels'> & { classes: number }): number }
const counts = (member: object): member is Counting => 'multiplyAdds' in member && typeof member.multiplyAdds === 'function'

/** Size of the images that nearly all sets here have; only the estimate uses it. */
const usualImage = { height: 32, width: 32, channels: 3 as const }

const trainImagesOfFiles = 50_000

export const costs: CostModel = {
  forward(choice, data) {
    if (!architectures.has(choice.id)) return undefined
    const member = architectures.get(choice.id)
    if (!counts(member)) return undefined
    const { values } = validateParameters(member.params, choice.params, '')
    const classes = datasets.has(data.id) ? datasets.get(data.id).facts.classes ?? 10 : 10
    return member.multiplyAdds(values, { ...usualImage, classes })
  },
  distillation(choice) {
    if (!distillationMethods.has(choice.id)) return undefined
    const member = distillationMethods.get(choice.id)
    const { values } = validateParameters(member.params, choice.params, '')
    const batchSize = (values as Record<string, unknown>).batchSize
    return { ...member.cost(values), pseudoBatches: member.totalPseudoBatches(values), batchSize: typeof batchSize === 'number' ? batchSize : 128 }
  },
  defense(choice) {
    if (!defenses.has(choice.id)) return undefined
    const member = defenses.get(choice.id)
    return member.cost(validateParameters(member.params, choice.params, '').values)
  },
  trainImages: (data: MemberChoice) => {
    const { trainImages } = data.params
    if (typeof trainImages === 'number') return trainImages
    return datasets.has(data.id) && datasets.get(data.id).facts.needsFiles ? trainImagesOfFiles : undefined
  },
}
