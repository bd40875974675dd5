/**
 * Which cells of a study are tried, and when. A strategy is a pure function of what has been tried so far: the same
 * history gives the same suggestions, so a study goes on after a restart without a state of its own.
 */
import type { MemberDeclaration, MemberIssue, ParameterSchema, ValuesOf } from '../../../../shared/schema'

/** One axis as a strategy sees it: listed values by their number, or a range. Seeds are no axis of a search. */
export type SearchAxis = { readonly path: string } & (
  | { readonly kind: 'listed'; readonly count: number }
  | {
      readonly kind: 'range'
      readonly low: number
      readonly high: number
      readonly logarithmic: boolean
      readonly integer: boolean
    }
)

/** A value per axis, in the order of the axes: the number of a listed value, or a number of the range. */
export type Point = readonly number[]

/** What was tried at one point. */
export interface Trial {
  /** From 0 in the order of suggestions. */
  readonly number: number
  readonly point: Point
  /** 'resting': it stands at the end that was set for it, with a value, and may be told to go on. */
  readonly state: 'running' | 'resting' | 'done' | 'failed'
  /** The metric at its last evaluation, higher is better; null before there is one. */
  readonly value: number | null
  /** Values at the ends that were set for it, in ascending order of pseudo batches. */
  readonly rungs: readonly { readonly step: number; readonly value: number }[]
}

export interface SearchSpace {
  readonly axes: readonly SearchAxis[]
  /** Whether a combination of listed values was excluded. */
  excluded(point: Point): boolean
  /** Pseudo batches of a whole run. */
  readonly length: number
}

/** `until`: pseudo batches after which it rests; absent: to its end. */
export type Suggestion =
  | { readonly kind: 'new'; readonly point: Point; readonly until?: number }
  | { readonly kind: 'goOn'; readonly trial: number; readonly until?: number }

/** What a strategy that searches is told to do, whichever it is. */
export interface SearchSettings {
  /** What is made as high as it can be: see metric.ts. */
  readonly metric: string
  /** At most so many points. */
  readonly trials: number
  /** 0: as many as there are places. */
  readonly atOnce: number
}

export interface StrategyMember<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Absent: every cell is made when the study starts, and `next` is not asked. */
  search?(values: ValuesOf<S>): SearchSettings
  /** What of its values does not fit the axes. */
  checks?(values: ValuesOf<S>, space: SearchSpace): readonly MemberIssue[]
  /**
   * At most `count` things to do next; none while it waits for trials that run, or for ever when all is done.
   * @param history by the trial's number
   */
  next(values: ValuesOf<S>, space: SearchSpace, history: readonly Trial[], count: number): readonly Suggestion[]
}

/** Types the strategy's own parameters. */
export const defineStrategy = <S extends ParameterSchema>(strategy: StrategyMember<S>): StrategyMember<S> => strategy
