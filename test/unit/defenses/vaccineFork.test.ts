import { describe, expect, it } from 'vitest'
import {
  createDecision,
  type DecisionParts,
} from '../../../src/main/engine/families/defenses/shufflingVaccine/decision'
import { params, type VaccineParameters } from '../../../src/main/engine/families/defenses/shufflingVaccine/parameters'
import type { DefenseContext } from '../../../src/main/engine/families/defenses/types'
import type { PlainState } from '../../../src/main/engine/families/distillation/state'
import { defaultsOf } from '../../../src/shared/schema'

/** The coefficient in force after going on from a checkpoint that holds this. */
function coefficientAfter(
  values: Partial<VaccineParameters>,
  saved: { decided: boolean; coefficient: number },
): number {
  let plain: PlainState | undefined
  const state = { addPlain: (_name: string, added: PlainState) => void (plain = added) }
  const context = { state, tell: () => undefined, methodTotal: 100 } as unknown as DefenseContext
  const report = { read: () => ({}), write: () => undefined }
  const decision = createDecision({ ...defaultsOf(params), ...values }, context, { report } as unknown as DecisionParts)
  plain?.write({ ...saved, synthesisSteps: null })
  return decision.coefficient
}

describe('the Shuffling Vaccine of a student that goes on from a checkpoint', () => {
  it('has its own coefficient, not the one that the checkpoint was made with', () => {
    expect(coefficientAfter({ coefficient: 2 }, { decided: true, coefficient: 0.1 })).toBe(2)
    expect(coefficientAfter({ coefficient: 2 }, { decided: true, coefficient: 0 })).toBe(2)
    expect(coefficientAfter({ coefficient: 0 }, { decided: true, coefficient: 0.1 })).toBe(0)
  })

  it('keeps what its selection test has decided', () => {
    expect(coefficientAfter({ coefficient: 2, testBatches: 50 }, { decided: true, coefficient: 0.1 })).toBe(2)
    expect(coefficientAfter({ coefficient: 2, testBatches: 50 }, { decided: true, coefficient: 0 })).toBe(0)
    expect(coefficientAfter({ coefficient: 2, testBatches: 50 }, { decided: false, coefficient: 0 })).toBe(0)
  })
})
