/**
 * How long the students of a run train, and where they begin: what late defenses share with the students before them is
 * not done twice.
 */
import type { MemberChoice, StudentPlan } from '../../../shared/domain'
import { defenses } from '../families/defenses'
import type { DefensePhase, StartPoint } from '../families/defenses/types'

/**
 * Where a stage without a checkpoint of its own begins: at another stage's state after exactly so many steps, parts
 * that it lacks left as they are.
 * One that was named must be there; of a twin's that is gone, the steps are done again.
 */
export interface StageStart {
  readonly folder: string
  readonly step: number
  readonly named?: string
}

/** When the defenses of a plan act, and how long the distillation gets with them. */
export interface PlannedLength {
  readonly total: number
  /** The student equals one without its late defenses until here; null where it has none. */
  readonly prefix: { readonly defenses: readonly MemberChoice[]; readonly steps: number } | null
  /** The earlier run's student that it was told to go on from. */
  readonly from?: StartPoint
}

/**
 * When a defense acts that does so late: in a phase of its own, or on the finished student. Undefined where it acts
 * from the first pseudo batch on.
 */
export function phaseOf(choice: MemberChoice, methodTotal: number): DefensePhase | undefined {
  // Estimates ask while a form is being filled in; whoever trains opens every defense strictly besides.
  const opened = defenses.openLeniently(choice)
  if (!opened) return undefined
  const { member, values } = opened
  const finished = member.afterwards ? { start: methodTotal, total: methodTotal } : undefined
  return member.phase?.(values, methodTotal) ?? finished
}

export function lengthOf(plan: StudentPlan, methodTotal: number): PlannedLength {
  const phased = plan.defenses.flatMap((choice) => {
    const phase = phaseOf(choice, methodTotal)
    return phase ? [{ choice, phase }] : []
  })
  if (phased.length === 0) return { total: methodTotal, prefix: null }
  const late = new Set(phased.map(({ choice }) => choice))
  const from = phased.find(({ phase }) => phase.from)?.phase.from
  return {
    total: Math.max(methodTotal, ...phased.map(({ phase }) => phase.total)),
    prefix: {
      defenses: plan.defenses.filter((choice) => !late.has(choice)),
      steps: Math.min(...phased.map(({ phase }) => phase.start)),
    },
    ...(from ? { from } : {}),
  }
}

const alike = (left: readonly MemberChoice[], right: readonly MemberChoice[]): boolean =>
  JSON.stringify(left) === JSON.stringify(right)

/**
 * An earlier student of the same run whose distillation is this one's beginning: the defended twin goes on from its
 * checkpoint
 * instead of repeating it. Same seed, same streams, so the result is the one that a repetition would give.
 */
export function twinOf(
  plans: readonly StudentPlan[],
  index: number,
  methodTotal: number,
): { index: number; step: number } | undefined {
  const { prefix, from } = lengthOf(plans[index] ?? { defenses: [] }, methodTotal)
  if (!prefix || from || prefix.steps === 0) return undefined
  const twin = plans.findIndex((plan, other) => other < index && alike(plan.defenses, prefix.defenses))
  return twin < 0 ? undefined : { index: twin, step: prefix.steps }
}
