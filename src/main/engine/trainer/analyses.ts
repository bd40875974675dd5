/** Measures the analyses of a stage: those whose needs it can give. */
import { sentenceOf } from '../../../shared/errors'
import { defaultsOf } from '../../../shared/schema'
import { stageAnalyses } from '../families/analyses'
import type { AnalysisContext, AnalysisMaterials, AnalysisNeed, StageAnalysis } from '../families/analyses/types'
import type { StageRemark } from '../families/distillation/types'

/** What an analysis found, as it is kept: JSON that fits the analysis's schema. */
export interface Artifact {
  readonly analysis: string
  readonly artifact: unknown
}

/** What a stage says beside metrics, as the loop reports it. */
export type WorkRemark = Exclude<StageRemark, { type: 'measurements' }> | ({ type: 'artifact' } & Artifact)

/** How each of its materials is made, for those that a stage has. */
export type StageMaterials = { readonly [Need in AnalysisNeed]?: () => AnalysisMaterials[Need] }

export interface StageAnalyses {
  /** Those of this moment that find all they need in the stage's materials and in `more`. */
  measure(when: 'evaluation' | 'end', more?: StageMaterials): WorkRemark[]
  /** A remark as the loop reports it: measurements become the artifact that they are for. */
  told(remark: StageRemark): WorkRemark[]
}

export interface StageAnalysesInput {
  readonly classNames: readonly string[]
  readonly target: number
  readonly materials: StageMaterials
  readonly members?: readonly StageAnalysis[]
}

export function createStageAnalyses(input: StageAnalysesInput): StageAnalyses {
  const members = input.members ?? stageAnalyses
  const { classNames, target } = input
  const contextOf = (member: StageAnalysis, materials: StageMaterials): AnalysisContext =>
    ({
      classNames,
      target,
      ...Object.fromEntries(member.needs.map((need) => [need, materials[need]?.()])),
    }) as unknown as AnalysisContext
  const measured = (member: StageAnalysis, materials: StageMaterials): WorkRemark => {
    try {
      const found = member.measure(defaultsOf(member.params), contextOf(member, materials))
      // As it will be read: what JSON cannot say is null.
      const artifact = member.artifact.parse(JSON.parse(JSON.stringify(found)))
      return { type: 'artifact', analysis: member.id, artifact }
    } catch (error) {
      return { type: 'warning', message: `${member.title} could not be measured: ${sentenceOf(error)}` }
    }
  }
  return {
    measure(when, more = {}) {
      const materials = { ...input.materials, ...more }
      return members
        .filter((member) => member.when === when && member.needs.every((need) => materials[need] !== undefined))
        .map((member) => measured(member, materials))
    },
    told(remark) {
      if (remark.type !== 'measurements') return [remark]
      const { analysis, measurements } = remark
      const member = members.find(({ id }) => id === analysis)
      return member ? [measured(member, { ...input.materials, measurements: () => measurements })] : []
    },
  }
}
