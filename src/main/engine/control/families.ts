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
import { lengthOf, twinOf } from '../training/plans'
import type { CostModel, MethodCost } from './estimate'

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

/** @throws RefusedInputError where the method cannot make images of this shape */
function methodWork(choice: MemberChoice, data: MemberChoice, features: number): MethodCost | undefined {
  if (!distillationMethods.has(choice.id)) return undefined
  const member = distillationMethods.get(choice.id)
  const { values } = validateParameters(member.params, choice.params, '')
  return { ...member.cost(values, { image: imageShapeOf(datasets, data), classes: classesOf(data), teacherFeatures: features }), pseudoBatches: member.totalPseudoBatches(values) }
}

function costOf(choice: MemberChoice, data: MemberChoice): ArchitectureCost | undefined {
  if (!architectures.has(choice.id)) return undefined
  const member = architectures.get(choice.id)
  const { values } = validateParameters(member.params, choice.params, '')
  return member.cost(values, { ...imageShapeOf(datasets, data), classes: classesOf(data) })
}

const classesOf = (data: MemberChoice): number => datasets.has(data.id) ? datasets.get(data.id).facts.classes ?? 10 : 10

/** As `instanceFeatureCount` counts them, without the network; 0 where there can be none. */
function teacherFeatures(choice: MemberChoice, data: MemberChoice): number {
  if (!architectures.has(choice.id)) return 0
  const member = architectures.get(choice.id)
  const { values } = validateParameters(member.params, choice.params, '')
  try {
    const points = member.contrastivePoints?.(values)
      ?? [...member.outline(values, { ...imageShapeOf(datasets, data), classes: classesOf(data) }).shapes].map(([name, [channels = 0]]) => name.endsWith('running_mean') ? channels : 0)
    return points.reduce((total, count) => total + count, 0)
  } catch {
    return 0
  }
}

/** Of sets that are read from files, until they have been read: as many as the CIFAR sets and the digits have, about. */
const imagesOfFiles = { train: 50_000, test: 10_000 }

export const costs: CostModel = {
  forward(choice, data) {
    try {
      return costOf(choice, data)?.multiplyAdds
    } catch {
      return undefined
    }
  },
  refusal: (choice, data) => refusalOf(() => costOf(choice, data)),
  distillation({ distillation: { method }, teacher: { architecture }, data }) {
    try {
      return methodWork(method, data, teacherFeatures(architecture, data))
    } catch {
      return undefined
    }
  },
  methodRefusal: (choice, data) => refusalOf(() => methodWork(choice, data, 0)),
  defense(choice) {
    if (!defenses.has(choice.id)) return undefined
    const member = defenses.get(choice.id)
    return member.cost(validateParameters(member.params, choice.params, '').values)
  },
  actsFrom: (choice, pseudoBatches) => lengthOf({ defenses: [choice] }, pseudoBatches).prefix?.steps ?? 0,
  range(students, index, pseudoBatches) {
    const { total, prefix, from } = lengthOf(students[index] ?? { defenses: [] }, pseudoBatches)
    return { total, start: Math.min(total, from && prefix ? prefix.steps : twinOf(students, index, pseudoBatches)?.step ?? 0) }
  },
  images(data) {
    if (!datasets.has(data.id)) return imagesOfFiles
    const member = datasets.get(data.id)
    const { trainImages, testImages } = validateParameters(member.params, data.params, '').values as Record<string, unknown>
    return { train: typeof trainImages === 'number' ? trainImages : imagesOfFiles.train, test: typeof testImages === 'number' ? testImages : imagesOfFiles.test }
  },
}
