/** The registries as control needs them: descriptions for forms and checks, costs for the estimate. None of them loads TensorFlow's library. */
import type { MemberChoice, MetricDefinition } from '../../../shared/domain'
import { describeError } from '../../../shared/errors'
import type { FamilyDescription } from '../../../shared/schema'
import { describeRegistry, validateParameters } from '../../../shared/schema'
import { architectures, type ArchitectureCost } from '../architectures'
import { attacks } from '../attacks'
import { datasets, imageShapeOf } from '../datasets'
import { defenses } from '../defenses'
import { distillationMethods } from '../distillation'
import type { CostModel } from './estimate'

export { attacks, datasets, distillationMethods }

export const families: readonly FamilyDescription[] = [
  describeRegistry(datasets, (member) => ({ ...member.facts })),
  describeRegistry(attacks, (member) => ({ cleanLabel: member.cleanLabel })),
  describeRegistry(architectures, (member) => ({ batchNorm: member.batchNorm ?? true })),
  describeRegistry(distillationMethods, (member) => ({
    usesRealImages: member.usesRealImages === true, batchNormParameters: member.batchNormParameters ?? [], recording: { ...member.recording },
    ...(member.patchPreview ? { patchPreview: member.patchPreview.parameters } : {}),
  })),
  describeRegistry(defenses, ({ needsSynthesis, selectionPoolsFrom }) => ({ needsSynthesis: needsSynthesis === true, ...(selectionPoolsFrom === undefined ? {} : { selectionPoolsFrom }) })),
]

/** Definitions of the metrics that single methods record. */
export const methodMetrics: Readonly<Record<string, MetricDefinition>> = Object.assign({}, ...distillationMethods.members.map(({ metrics }) => metrics))

function refusalOf(attempt: () => unknown): string | null {
  try {
    attempt()
    return null
  } catch (error) {
    return describeError(error).replace(/\s*\n\s*/g, '; ')
  }
}

function methodCost(choice: MemberChoice, data: MemberChoice): ReturnType<CostModel['distillation']> {
  if (!distillationMethods.has(choice.id)) return undefined
  const member = distillationMethods.get(choice.id)
  const { values } = validateParameters(member.params, choice.params, '')
  const batchSize = (values as Record<string, unknown>).batchSize
  const cost = member.cost(values, imageShapeOf(datasets, data))
  return { ...cost, pseudoBatches: member.totalPseudoBatches(values), batchSize: cost.defendedImages ?? (typeof batchSize === 'number' ? batchSize : 128) }
}

function costOf(choice: MemberChoice, data: MemberChoice): ArchitectureCost | undefined {
  if (!architectures.has(choice.id)) return undefined
  const member = architectures.get(choice.id)
  const { values } = validateParameters(member.params, choice.params, '')
  return member.cost(values, { ...imageShapeOf(datasets, data), classes: datasets.has(data.id) ? datasets.get(data.id).facts.classes ?? 10 : 10 })
}

const trainImagesOfFiles = 50_000

export const costs: CostModel = {
  forward(choice, data) {
    try {
      return costOf(choice, data)?.multiplyAdds
    } catch {
      return undefined
    }
  },
  refusal: (choice, data) => refusalOf(() => costOf(choice, data)),
  distillation(choice, data) {
    try {
      return methodCost(choice, data)
    } catch {
      return undefined
    }
  },
  methodRefusal: (choice, data) => refusalOf(() => methodCost(choice, data)),
  defense(choice) {
    if (!defenses.has(choice.id)) return undefined
    const member = defenses.get(choice.id)
    return member.cost(validateParameters(member.params, choice.params, '').values)
  },
  phase(choice, pseudoBatches) {
    if (!defenses.has(choice.id)) return undefined
    const member = defenses.get(choice.id)
    return member.phase?.(validateParameters(member.params, choice.params, '').values, pseudoBatches)
  },
  trainImages: (data: MemberChoice) => {
    const { trainImages } = data.params
    if (typeof trainImages === 'number') return trainImages
    return datasets.has(data.id) && datasets.get(data.id).facts.needsFiles ? trainImagesOfFiles : undefined
  },
}
