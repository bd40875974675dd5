/** What members say they cost, and what follows from their declarations. None of it loads TensorFlow's library. */
import type { MemberChoice } from '../../../../shared/domain'
import { describeError } from '../../../../shared/errors'
import { architectures, type ArchitectureCost, type ImageProblem } from '../../families/architectures'
import { datasets, imageShapeOf } from '../../families/datasets'
import { defenses } from '../../families/defenses'
import { distillationMethods } from '../../families/distillation'
import type { KnownImages } from '../../families/distillation/types'
import { methodFaults } from '../../families/distillation/fit'
import { countClasses } from '../../images/imageSets'
import { lengthOf, phaseOf, twinOf } from '../../protocol/plans'
import type { CostModel } from './costModel'
import { memberIssues } from './memberIssues'

const countsOf = (data: MemberChoice): { readonly train: number; readonly test: number } | undefined => {
  const opened = datasets.openLeniently(data)
  return opened?.member.imageCounts?.(opened.values)
}

function knownImages(data: MemberChoice): KnownImages | undefined {
  const opened = datasets.openLeniently(data)
  const shape = opened?.member.image?.(opened.values)
  const count = countsOf(data)?.train
  return shape && { ...shape, ...(count === undefined ? {} : { count }) }
}

const classesOf = (data: MemberChoice): number =>
  datasets.has(data.id) ? (datasets.get(data.id).facts.classes ?? 10) : 10
const problemOf = (data: MemberChoice): ImageProblem => ({ ...imageShapeOf(datasets, data), classes: classesOf(data) })

function costOf(choice: MemberChoice, data: MemberChoice): ArchitectureCost | undefined {
  const opened = architectures.openLeniently(choice)
  return opened?.member.cost(opened.values, problemOf(data))
}

/** As `instanceFeatureCount` counts them, without the network; 0 where there can be none. */
function teacherFeatures(choice: MemberChoice, data: MemberChoice): number {
  const opened = architectures.openLeniently(choice)
  if (!opened) return 0
  const { member, values } = opened
  try {
    const points =
      member.contrastivePoints?.(values) ??
      [...member.outline(values, problemOf(data)).shapes].map(([name, [channels = 0]]) =>
        name.endsWith('running_mean') ? channels : 0,
      )
    return points.reduce((total, count) => total + count, 0)
  } catch {
    return 0
  }
}

/**
 * Of sets that are read from files, until they have been read: as many as the CIFAR sets and the digits have, about.
 */
const imagesOfFiles = { train: 50_000, test: 10_000, assumed: true as const }

export const costs: CostModel = {
  forward(choice, data) {
    try {
      return costOf(choice, data)?.multiplyAdds
    } catch {
      return undefined
    }
  },
  refusal(choice, data) {
    try {
      costOf(choice, data)
      return null
    } catch (error) {
      return describeError(error).replace(/\s*\n\s*/g, '; ')
    }
  },
  distillation({ distillation: { method }, teacher: { architecture }, data }) {
    const opened = distillationMethods.openLeniently(method)
    if (!opened) return undefined
    const { member, values } = opened
    try {
      return {
        ...member.cost(values, {
          image: imageShapeOf(datasets, data),
          classes: classesOf(data),
          teacherFeatures: teacherFeatures(architecture, data),
        }),
        pseudoBatches: member.totalPseudoBatches(values),
      }
    } catch {
      return undefined
    }
  },
  levels(choice, data) {
    const opened = architectures.openLeniently(choice)
    try {
      return opened?.member.outline(opened.values, problemOf(data)).levels
    } catch {
      return undefined
    }
  },
  faults: (method, data) => methodFaults(method, knownImages(data)),
  memberIssues,
  joins(defense, pseudoBatches) {
    const opened = defenses.openLeniently(defense)
    return opened?.member.joins?.(opened.values, pseudoBatches) ?? []
  },
  phase: phaseOf,
  defense(choice) {
    const opened = defenses.openLeniently(choice)
    return opened?.member.cost?.(opened.values)
  },
  afterwards(choice, pseudoBatch) {
    const opened = defenses.openLeniently(choice)
    return opened?.member.afterwards?.(opened.values, pseudoBatch)
  },
  length: lengthOf,
  actsFrom: (choice, pseudoBatches) => lengthOf({ defenses: [choice] }, pseudoBatches).prefix?.steps ?? 0,
  range(students, index, pseudoBatches) {
    const { total, prefix, from } = lengthOf(students[index] ?? { defenses: [] }, pseudoBatches)
    return {
      total,
      start: Math.min(total, from && prefix ? prefix.steps : (twinOf(students, index, pseudoBatches)?.step ?? 0)),
    }
  },
  follows: (students, index, pseudoBatches) => twinOf(students, index, pseudoBatches) !== undefined,
  images: (data) => countsOf(data) ?? imagesOfFiles,
  trainPerClass(data) {
    const opened = datasets.openLeniently(data)
    if (!opened) return undefined
    const { member, values } = opened
    const labels = member.labels?.(values).train
    return labels ? countClasses(labels, classesOf(data)) : member.trainPerClass?.(values)
  },
  sizes(choice, data) {
    try {
      const { height, width, channels } = problemOf(data)
      const { parameters, multiplyAdds, activations } = costOf(choice, data) ?? {}
      return { parameters, multiplyAdds, activations, imageBytes: height * width * channels }
    } catch {
      return {}
    }
  },
}
