import { describe, expect, it } from 'vitest'
import {
  defenseEffectiveness,
  defenseWorth,
  resultsOf,
  robustnessImprovement,
  type Evaluation,
  type RunSummary,
  type StageRecord,
} from '../../../src/shared/domain'

const rates = (accuracy: number, asr: number | null, robustAccuracy: number | null = null): Evaluation => ({
  accuracy,
  asr,
  asrAll: null,
  robustAccuracy,
  images: 100,
  nonTarget: 90,
})
const student = (
  id: string,
  defense: string,
  evaluation: Evaluation | null,
  change: Partial<StageRecord> = {},
): StageRecord => ({
  id,
  kind: 'student',
  index: 0,
  title: id,
  state: 'done',
  method: 'zskt',
  defense,
  step: 1,
  totalSteps: 1,
  seconds: 1,
  secondsLeft: null,
  evaluation,
  weights: null,
  warnings: [],
  ...change,
})

describe('DER', () => {
  it('is 0.5 without an effect, 1 for an attack wholly removed for nothing, 0 for accuracy wholly lost for nothing', () => {
    expect(defenseEffectiveness(rates(0.7, 0.9), rates(0.7, 0.9))).toBe(0.5)
    expect(defenseEffectiveness(rates(0.7, 1), rates(0.7, 0))).toBe(1)
    expect(defenseEffectiveness(rates(1, 0.4), rates(0, 0.4))).toBe(0)
  })
  it('agrees with BackdoorBench on the published row of badnet_grid: (0.962 − 0.036 + 1) / 2', () => {
    expect(defenseEffectiveness(rates(0.719, 0.969), rates(0.683, 0.007))).toBeCloseTo(0.963, 12)
  })
  it('gives no credit for more accuracy and no blame for more ASR', () => {
    expect(defenseEffectiveness(rates(0.5, 0.2), rates(0.9, 0.3))).toBe(0.5)
  })
  it('is unknown without an ASR', () => {
    expect(defenseEffectiveness(rates(0.5, null), rates(0.5, 0))).toBeNull()
    expect(defenseEffectiveness(rates(0.5, 0), rates(0.5, null))).toBeNull()
  })
})

describe('RIR', () => {
  it('rises with robust accuracy and falls with lost accuracy', () => {
    expect(robustnessImprovement(rates(0.8, 1, 0.1), rates(0.7, 0, 0.6))).toBeCloseTo(0.7, 12)
    expect(robustnessImprovement(rates(0.8, 1, 0.6), rates(0.8, 0, 0.1))).toBe(0.5)
    expect(robustnessImprovement(rates(0.8, 1), rates(0.8, 0, 0.1))).toBeNull()
  })
})

describe('the worth of a defense in a run', () => {
  const undefended = student('student-1', 'none', rates(0.7, 0.9, 0.1))
  const defended = student('student-2', 'sv', rates(0.7, 0.1, 0.5))

  it('compares with the undefended student of the same method', () => {
    const otherMethod = student('student-0', 'none', rates(0.7, 0.1, 0.1), { method: 'kd' })
    const worth = defenseWorth({ stages: [otherMethod, undefended, defended] }, defended)
    expect(worth.der).toBeCloseTo(0.9, 12)
    expect(worth.rir).toBeCloseTo(0.7, 12)
  })
  it('says nothing for teachers, undefended students, students without a twin, or before both have ended', () => {
    const nothing = { der: null, rir: null }
    const running = { ...undefended, state: 'running' as const }
    expect(defenseWorth({ stages: [undefended, defended] }, undefended)).toEqual(nothing)
    expect(defenseWorth({ stages: [defended] }, defended)).toEqual(nothing)
    expect(defenseWorth({ stages: [running, defended] }, defended)).toEqual(nothing)
    expect(defenseWorth({ stages: [undefended, defended] }, { ...defended, state: 'stopped' })).toEqual(nothing)
    expect(defenseWorth({ stages: [undefended] }, { ...defended, kind: 'teacher', defense: undefined })).toEqual(
      nothing,
    )
  })
  it('says nothing where one of both has learnt nothing', () => {
    const health = [{ kind: 'deadStudent', severity: 'error', reason: '', place: 'charts' } as const]
    const nothing = { der: null, rir: null }
    const dead = { ...defended, health }
    expect(defenseWorth({ stages: [undefended, dead] }, dead)).toEqual(nothing)
    expect(defenseWorth({ stages: [{ ...undefended, health }, defended] }, defended)).toEqual(nothing)
  })
  it('is part of the compare table’s rows', () => {
    const run = {
      id: 'r',
      name: 'r',
      data: 'signs',
      attack: 'blend',
      seed: 0,
      createdAt: 0,
      stages: [undefended, defended],
    } as unknown as RunSummary
    expect(resultsOf(run).map((row) => (row.der === null ? null : Math.round(row.der * 1000)))).toEqual([null, 900])
  })
})
