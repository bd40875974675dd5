/**
 * What the chosen members say of their own values beside the rest of the experiment. Control asks and tells where; what
 * is checked stands in the member's file.
 */
import type { ExperimentConfig } from '../../../../shared/domain'
import type { Issue, MemberIssue } from '../../../../shared/schema'
import { defenses } from '../../families/defenses'
import type { Defense, DefenseCheckContext } from '../../families/defenses/types'
import { distillationMethods } from '../../families/distillation'

export function memberIssues(config: ExperimentConfig): Issue[] {
  const { distillation, data } = config
  const opened = distillationMethods.openLeniently(distillation.method)
  if (!opened) return []
  const { member, values } = opened
  const context: DefenseCheckContext = {
    method: member,
    methodTotal: known(() => member.totalPseudoBatches(values)),
    synthesisSteps: member.synthesisSteps?.(values),
  }
  const planned = plannedDefenses(config)
  return [
    ...(member.checks?.(values, { dataset: data.id }) ?? []).map(placed('distillation.method')),
    ...onceEach(planned.flatMap((defense) => unfitIssue(defense, distillation.method.id, context))),
    ...planned.flatMap((defense) =>
      (defense.member.checks?.(defense.values, context) ?? []).map(placed(defense.place)),
    ),
  ]
}

interface PlannedDefense {
  readonly place: string
  readonly member: Defense
  readonly values: Parameters<Defense['create']>[0]
}

const plannedDefenses = ({ students }: ExperimentConfig): PlannedDefense[] =>
  students.flatMap((plan, student) =>
    plan.defenses.flatMap((choice, index) => {
      const opened = defenses.openLeniently(choice)
      return opened ? [{ place: `students.${student}.defenses.${index}`, ...opened }] : []
    }),
  )

function unfitIssue({ member, place }: PlannedDefense, methodId: string, context: DefenseCheckContext): Issue[] {
  const reason = member.compatibleWith?.(context.method) ?? true
  return reason === true
    ? []
    : [placed(place)({ severity: 'warning', message: `has no effect with ${methodId}: ${reason}` })]
}

const placed =
  (choice: string) =>
  ({ parameter, severity, message }: MemberIssue): Issue => ({
    path: parameter === undefined ? `${choice}.id` : `${choice}.params.${parameter}`,
    severity,
    message,
  })

/** What holds of several students is told at the first of them. */
const onceEach = (issues: readonly Issue[]): Issue[] => [
  ...new Map([...issues].reverse().map((issue) => [issue.message, issue])).values(),
]

/** Undefined where the values, still being filled in, do not let it be told. */
function known<Result>(tell: () => Result): Result | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}
