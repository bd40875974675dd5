/** How many images a poison ratio comes to, and whether the attack finds so many. */
import type { ExperimentConfig } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'
import type { CostModel } from './costModel'
import type { MemberTable } from './memberTable'

export interface PoisoningContext {
  readonly costs: Pick<CostModel, 'trainPerClass'>
  readonly table: Pick<MemberTable, 'find'>
}

const whole = (count: number): string => count.toLocaleString('en-US')
const warning = (message: string): Issue[] => [{ path: 'poisoning.ratio', severity: 'warning', message }]

/**
 * Findings about the plan that `planPoisoning` will make, from the counts of the classes alone: N = int(ratio · n) of
 * the images that the attack may poison, which are those of the target class where it is clean-label, else all others.
 * The hold-out takes its share of every class, about.
 */
export function poisoningIssues(
  { data, attack, poisoning, teacher }: ExperimentConfig,
  { costs, table }: PoisoningContext,
): Issue[] {
  const { ratio, target, holdout } = poisoning
  const perClass = teacher.source === 'train' && ratio > 0 ? costs.trainPerClass(data) : undefined
  const ofTarget = perClass?.[target]
  if (!perClass || ofTarget === undefined) return []
  const total = perClass.reduce((sum, count) => sum + count, 0)
  const wanted = Math.trunc(ratio * total)
  if (wanted === 0)
    return warning(
      `is less than one of the ${whole(total)} training images: the teacher is trained clean; one image is ${tidyRatio(1 / total)}`,
    )
  const cleanLabel = table.find('attack', attack.id)?.facts.cleanLabel === true
  const eligible = Math.round((cleanLabel ? ofTarget : total - ofTarget) * (1 - holdout))
  if (wanted < eligible) return []
  const asked = `asks for ${whole(wanted)} of the ${whole(total)} training images`
  const there = `${holdout > 0 ? 'about ' : ''}${whole(eligible)}`
  return warning(
    cleanLabel
      ? `${asked}, and a clean-label attack has only those of the target class ${target}, ${there}: every one of them would carry the trigger, so that the teacher may learn it in place of the class; ${tidyRatio(eligible / 2 / total)} leaves half of the class clean`
      : `${asked}, and only ${there} are of another class than the target ${target}: every one of them would carry the trigger`,
  )
}

const tidyRatio = (ratio: number): string => String(Number(ratio.toPrecision(2)))
