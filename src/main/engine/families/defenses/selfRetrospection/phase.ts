import { checkpointNameOf } from '../../../../../shared/domain'
import type { MemberIssue } from '../../../../../shared/schema'
import type { DefenseCheckContext, DefensePhase } from '../types'
import type { SelfRetrospectionParameters } from './parameters'

/** From the named checkpoint's step, else `takeover` pseudo batches before the method's end, to `extra` after it. */
export function phaseOf(
  { start, takeover, extra }: Pick<SelfRetrospectionParameters, 'start' | 'takeover' | 'extra'>,
  methodTotal: number,
): DefensePhase {
  const total = methodTotal + extra
  const from = checkpointNameOf(start)
  return from
    ? { start: from.step, total, decidedBy: 'start', from }
    : { start: Math.max(0, methodTotal - takeover), total, decidedBy: 'takeover' }
}

/** A phase of no length does nothing; one as long as the distillation unlearns what nobody has learnt. */
export function phaseIssues(
  { start, takeover, extra }: Pick<SelfRetrospectionParameters, 'start' | 'takeover' | 'extra'>,
  { methodTotal }: Pick<DefenseCheckContext, 'methodTotal'>,
): MemberIssue[] {
  if (start !== '') return []
  if (takeover === 0 && extra === 0)
    return [
      {
        parameter: 'takeover',
        severity: 'error',
        message: 'wanted at least 1, or further pseudo batches after the end, got 0 and none: sr would never act',
      },
    ]
  if (methodTotal === undefined || takeover < methodTotal) return []
  return [
    {
      parameter: 'takeover',
      severity: 'warning',
      message: `is not below the distillation’s ${methodTotal.toLocaleString('en')} pseudo batches: sr acts from the first one, on a student that has learnt nothing yet`,
    },
  ]
}
