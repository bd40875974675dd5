/** What was seen of a defense's perturbation. */
import type { ImageSet } from '../../../images/types'
import type { NamedTrigger, PerturbationSearch } from '../askedTypes'
import type { Sent, SentBy } from './answers'

/** Of one round: Pearson's correlation with the trigger's pattern, and with the same pattern moved around. */
export interface RoundCorrelation {
  readonly trigger: number
  /** Mean of the absolute correlations with the moved pattern. */
  readonly moved: number
  /** (1 + moved ones whose absolute correlation is at least as large) / (moved ones + 1). */
  readonly p: number
}

/** A student at one point of its life. */
export interface Station {
  readonly title: string
  /** null: as it is. */
  readonly step: number | null
  readonly rounds: readonly Float32Array[]
  /** null for a trigger without a fixed pattern. */
  readonly correlations: readonly RoundCorrelation[] | null
  readonly sent: SentBy
  /** Of the same numbers at random places. */
  readonly control: Sent
}

export interface Seen {
  readonly search: PerturbationSearch
  readonly stations: readonly Station[]
  readonly images: ImageSet
  readonly source: 'kept' | 'clean'
  readonly clean: ImageSet
  readonly trigger: NamedTrigger | null
  readonly target: number
}
