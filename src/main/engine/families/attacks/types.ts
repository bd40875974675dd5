import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'

/** The images that a trigger is made for. */
export interface AttackContext {
  /** Id of their data set: trigger packs may hold a picture of their own for it. */
  readonly dataset?: string
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

export type TriggerVariant = 'train' | 'test'

/** A trigger for images of one size. */
export interface Trigger {
  /**
   * x' for a stack of NHWC byte images; returns a new array of the same length.
   * float64 arithmetic on 0..255, clipped, truncated to bytes (zskt/datasets/backdoor.py).
   * @param indices places of the images in the full training set; needed by triggers that bring an image of their own for each
   */
  apply(pixels: Uint8Array, count: number, variant: TriggerVariant, indices?: ArrayLike<number>): Uint8Array
  /** The same before clipping and truncation; the trigger check measures what those take away. */
  exact(pixels: Uint8Array, count: number, variant: TriggerVariant, indices?: ArrayLike<number>): Float64Array
  /** What the researcher should know (a picture was resized …). */
  readonly notes: readonly string[]
}

export interface Attack<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Poisons images of the target class only, labels unchanged. */
  readonly cleanLabel: boolean
  /** @throws RefusedInputError when a file or a size does not fit, with wanted and got */
  create(params: ValuesOf<S>, context: AttackContext): Promise<Trigger>
}

/** Types the member's own parameters, then forgets them for the registry. */
export const defineAttack = <S extends ParameterSchema>(attack: Attack<S>): Attack => attack as unknown as Attack
