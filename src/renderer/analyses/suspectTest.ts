/** The artifact of the suspect test, as its analysis measures it. */
import type { HistogramBins } from '@shared/domain'

export interface SuspectSample {
  images: number
  mean: number | null
  deviation: number | null
  counts: number[]
}
export interface SuspectTail {
  /** Share of images below `limit`. */
  ratio: number | null
  /** mean − 3 · deviation. */
  limit: number | null
  images: SuspectSample
}
/** Of the last pseudo batch. */
export interface LastTail extends SuspectTail {
  step: number
}
export interface SuspectTrial {
  trial: number
  step: number
  verdict: 'waiting' | 'untested' | 'accepted' | 'refused'
  clean: SuspectSample
  triggered: SuspectSample | null
  auc: number | null
  tail: SuspectTail | null
}
export interface SuspectTest {
  bins: HistogramBins
  trials: SuspectTrial[]
  acceptedRatio: number | null
  last: LastTail | null
}
