/**
 * Keeps the suspect test of a run: what each ensemble tells of clean and triggered test images, and how the selection
 * judged it.
 */
import { isDeepStrictEqual } from 'node:util'
import { handSuspects, type SuspectMeasurements, type SuspectTrial } from '../../analyses/suspects'
import { suspectAuc, suspectSample, suspectTail } from '../../../maths/losses/suspectTest'
import type { DefenseContext } from '../types'
import type { VaccineParameters } from './parameters'

export interface SuspectReport {
  /** Measures the ensemble as it stands on the test images; a new trial. */
  drawn(step: number): void
  /** The selection's judgement of the newest trial. */
  judged(step: number, pooledKl: readonly number[], accepted: boolean): void
  /** The last pseudo batch. */
  ended(step: number, kl: readonly number[]): void
  /** Tells what has changed since it was told last. */
  tell(): void
  readonly started: boolean
  read(): Record<string, unknown>
  write(saved: Record<string, unknown>): void
}

export function createSuspectReport(
  values: VaccineParameters,
  { testDivergences, tell }: DefenseContext,
  klOf: Parameters<DefenseContext['testDivergences']>[0],
): SuspectReport {
  const selects = values.testBatches > 0
  let test: SuspectMeasurements = { trials: [], acceptedRatio: selects ? values.tailRatio : null, last: null }
  let told: SuspectMeasurements | null = null
  const change = (trial: Partial<SuspectTrial>): void => {
    test = {
      ...test,
      trials: test.trials.map((entry, index) => (index === test.trials.length - 1 ? { ...entry, ...trial } : entry)),
    }
  }
  return {
    get started() {
      return test.trials.length > 0
    },
    drawn(step) {
      const { clean, triggered } = testDivergences(klOf)
      const trial: SuspectTrial = {
        trial: test.trials.length + 1,
        step,
        verdict: selects ? 'waiting' : 'untested',
        clean: suspectSample(clean),
        triggered: triggered ? suspectSample(triggered) : null,
        auc: triggered ? suspectAuc(triggered, clean) : null,
        tail: null,
      }
      test = { ...test, trials: [...test.trials, trial] }
    },
    judged: (step, pooledKl, accepted) =>
      change({ step, verdict: accepted ? 'accepted' : 'refused', tail: suspectTail(pooledKl) }),
    ended(step, kl) {
      test = { ...test, last: { step, ...suspectTail(kl) } }
    },
    tell() {
      if (isDeepStrictEqual(test, told)) return
      told = test
      tell(handSuspects(test))
    },
    read: () => ({ suspectTest: test }),
    write(saved) {
      if (saved.suspectTest) test = saved.suspectTest as SuspectMeasurements
    },
  }
}
