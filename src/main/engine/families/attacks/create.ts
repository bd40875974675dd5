import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { validateParameters } from '../../../../shared/schema'
import type { Registry } from '../../../../shared/schema'
import type { Attack, AttackContext } from './types'
import type { Trigger } from '../../images/poisoning/trigger'

/**
 * A trigger from its saved choice; parameters are checked and defaults filled. @throws RefusedInputError naming the
 * parameter
 */
export async function createTrigger(
  registry: Registry<Attack>,
  choice: MemberChoice,
  context: AttackContext,
): Promise<Trigger> {
  const attack = registry.get(choice.id, 'attack.id')
  const { values, issues } = validateParameters(attack.params, choice.params, 'attack')
  const wrong = issues.find((issue) => issue.severity === 'error')
  if (wrong)
    throw new RefusedInputError(`The attack's parameter ${wrong.path} ${wrong.message}.`, {
      where: wrong.path,
      action: 'Correct it in the form, or with --set.',
    })
  return attack.create(values as Record<string, never>, context)
}
