/**
 * When the selection test of a defense comes: it needs the length of the distillation, which only the method itself can
 * tell.
 */
import type { ExperimentConfig } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'
import type { CostModel } from './estimate'
import type { MemberTable } from './memberTable'

/**
 * What the test counts, and from which count on it would come too late; undefined where the method is not known.
 * With many synthesis steps per pseudo batch the steps count, and what is decided acts from the next pseudo batch on.
 */
function countOf(
  config: ExperimentConfig,
  costs: Pick<CostModel, 'distillation'>,
): { unit: string; end: number | undefined } {
  const { synthesisSteps } = config.distillation.method.params
  const pseudoBatches = costs.distillation(config)?.pseudoBatches
  const steps = typeof synthesisSteps === 'number' ? synthesisSteps : 1
  return {
    unit: typeof synthesisSteps === 'number' ? 'synthesis step' : 'pseudo batch',
    end: pseudoBatches === undefined ? undefined : (pseudoBatches - 1) * steps + 1,
  }
}

/** A test that pools nothing, or never comes, would leave the defense off without a word. */
export function selectionTestIssues(
  config: ExperimentConfig,
  { costs, table }: { costs: Pick<CostModel, 'distillation'>; table: MemberTable },
): Issue[] {
  const { students } = config
  const { unit, end } = countOf(config, costs)
  return students.flatMap((plan, index) =>
    plan.defenses.flatMap((defense, position): Issue[] => {
      const poolsFrom = table.find('defense', defense.id)?.facts.selectionPoolsFrom
      const { testBatches } = defense.params
      if (typeof poolsFrom !== 'number' || typeof testBatches !== 'number' || testBatches === 0) return []
      if (testBatches > poolsFrom && (end === undefined || testBatches < end)) return []
      const range =
        end === undefined
          ? `at least ${poolsFrom + 1}`
          : end > poolsFrom + 1
            ? `${poolsFrom + 1} to ${end - 1}`
            : 'a longer distillation'
      return [
        {
          path: `students.${index}.defenses.${position}.params.testBatches`,
          severity: 'error',
          message: `wanted 0 (no selection test) or ${range}: images are pooled from ${unit} ${poolsFrom + 1} on${end === undefined ? '' : ` and the decision must come before ${unit} ${end}`}; got ${testBatches}`,
        },
      ]
    }),
  )
}
