import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../shared/schema'

export interface AttackContext {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** Seed of the trigger's own random pattern, where it has one. */
  readonly seed: number
}

/** A trigger for images of one size. */
export interface Trigger {
  /**
   * x' for a stack of NHWC byte images; returns a new array of the same length.
   * float64 arithmetic on 0..255, clipped, truncated to bytes (zskt/datasets/backdoor.py).
   */
  apply(pixels: Uint8Array, count: number, variant: 'train' | 'test'): Uint8Array
}

export interface Attack<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Poisons images of the target class only, labels unchanged. */
  readonly cleanLabel: boolean
  create(params: ValuesOf<S>, context: AttackContext): Trigger
}

export const defineAttack = <S extends ParameterSchema>(attack: Attack<S>): Attack => attack as unknown as Attack
