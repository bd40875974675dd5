import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { Trigger } from '../../images/poisoning/trigger'

/** The images that a trigger is made for. */
export interface AttackContext {
  /** Id of their data set: trigger packs may hold a picture of their own for it. */
  readonly dataset?: string
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

export interface Attack<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Poisons images of the target class only, labels unchanged. */
  readonly cleanLabel: boolean
  /** @throws RefusedInputError when a file or a size does not fit, with wanted and got */
  create(params: ValuesOf<S>, context: AttackContext): Promise<Trigger>
}

/** Types the member's own parameters, then forgets them for the registry. */
export const defineAttack = <S extends ParameterSchema>(attack: Attack<S>): Attack => attack as unknown as Attack
