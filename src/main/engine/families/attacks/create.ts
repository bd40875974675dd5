import type { MemberChoice } from '../../../../shared/domain'
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
  const { member, values } = registry.open(choice, 'attack')
  return member.create(values, context)
}
