/**
 * What a defense is worth: two numbers that set what it removes against what it costs, relative to the same model
 * without it.
 */
import { countsInMeans } from './health'
import type { Evaluation, RunSummary, StageRecord } from './run'

type Rates<Name extends keyof Evaluation> = Pick<Evaluation, 'accuracy' | Name>

/** (gain − cost + 1) / 2, what is lost in accuracy being the cost; gains and costs below 0 count as 0. */
const balance = (gain: number, undefendedAccuracy: number, defendedAccuracy: number): number =>
  (Math.max(0, gain) - Math.max(0, undefendedAccuracy - defendedAccuracy) + 1) / 2

/**
 * Defense effectiveness rate: DER = (max(0, ΔASR) − max(0, ΔACC) + 1) / 2, ΔASR = ASR − ASR of the defended model, ΔACC
 * likewise. Fractions of 1.
 * 0.5: no effect; 1: an attack that always succeeded never does, at no cost in accuracy; below 0.5: costs more than it
 * brings.
 * null where an ASR was not measured.
 * Source: SCLBD/BackdoorBench utils/metric.py defense_effectiveness_rate_simplied. Differs from its
 * defense_effectiveness_rate (from predictions),
 * which adds max(0, ΔACC) against its own docstring.
 */
export function defenseEffectiveness(undefended: Rates<'asr'>, defended: Rates<'asr'>): number | null {
  if (undefended.asr === null || defended.asr === null) return null
  return balance(undefended.asr - defended.asr, undefended.accuracy, defended.accuracy)
}

/**
 * Robust improvement rate: RIR = (max(0, ΔRA) − max(0, ΔACC) + 1) / 2, ΔRA = robust accuracy of the defended model −
 * robust accuracy, ΔACC as in DER.
 * RA: share of triggered non-target images that keep their true class. 0.5: no effect. null where it was not measured.
 * Source: SCLBD/BackdoorBench utils/metric.py robust_improvement_rate_simplied (whose ΔRA has the other sign and is
 * negated inside).
 */
export function robustnessImprovement(
  undefended: Rates<'robustAccuracy'>,
  defended: Rates<'robustAccuracy'>,
): number | null {
  if (undefended.robustAccuracy === null || defended.robustAccuracy === null) return null
  return balance(defended.robustAccuracy - undefended.robustAccuracy, undefended.accuracy, defended.accuracy)
}

/** The student of the same run and method without a defense, which a defended student is compared with. */
const undefendedTwin = (run: Pick<RunSummary, 'stages'>, stage: StageRecord): StageRecord | undefined =>
  stage.kind !== 'student' || !stage.defense || stage.defense === 'none'
    ? undefined
    : run.stages.find((other) => other.kind === 'student' && other.defense === 'none' && other.method === stage.method)

export interface DefenseWorth {
  der: number | null
  rir: number | null
}

/**
 * DER and RIR of a defended student against its undefended twin; nulls elsewhere, and until both have ended:
 * half-trained against fully trained says nothing. Nulls also where one of both has learnt nothing: an attack that a
 * dead student does not follow is no merit of its defense.
 */
export function defenseWorth(run: Pick<RunSummary, 'stages'>, stage: StageRecord): DefenseWorth {
  const twin = undefendedTwin(run, stage)
  const nothing = { der: null, rir: null }
  if (stage.state !== 'done' || twin?.state !== 'done' || !stage.evaluation || !twin.evaluation) return nothing
  if (!countsInMeans(stage) || !countsInMeans(twin)) return nothing
  return {
    der: defenseEffectiveness(twin.evaluation, stage.evaluation),
    rir: robustnessImprovement(twin.evaluation, stage.evaluation),
  }
}
