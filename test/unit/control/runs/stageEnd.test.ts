import { describe, expect, it } from 'vitest'
import { endOf } from '../../../../src/main/engine/control/runs/stageEnd'
import type { StageOutcome } from '../../../../src/main/engine/control/runs/types'

const evaluation = { accuracy: 0.5, asr: null, asrAll: null, robustAccuracy: null, images: 10, nonTarget: 0 }
const end = (outcome: StageOutcome, requested: 'pause' | 'stop' | null = null) =>
  endOf({ outcome, title: 'Teacher', requested, seconds: 7 })

describe('the end of a stage', () => {
  it('that is done lets the next one begin', () => {
    const { change, run } = end({ type: 'done', evaluation, weights: '/w' })
    expect(run).toBeNull()
    expect(change).toMatchObject({ state: 'done', seconds: 7, secondsLeft: 0, evaluation, weights: '/w' })
  })

  it('that was paused keeps the evaluation that is there', () => {
    const { change, run } = end({ type: 'paused', evaluation: null, weights: '/w' }, 'pause')
    expect(run).toEqual({ state: 'paused', causes: null })
    expect(change).toMatchObject({ state: 'paused', weights: '/w' })
    expect(change).not.toHaveProperty('evaluation')
  })

  it('by a crash interrupts the run, unless the run was to end anyhow', () => {
    const crashed = { type: 'crashed', reason: 'ended by SIGKILL' } as const
    expect(end(crashed).run).toMatchObject({
      state: 'interrupted',
      causes: [{ got: 'ended by SIGKILL', where: 'Teacher' }],
    })
    expect(end(crashed, 'stop').run).toEqual({ state: 'stopped', causes: null })
    expect(end(crashed, 'pause').run).toEqual({ state: 'paused', causes: null })
  })

  it('by a fault fails the run with its causes', () => {
    expect(end({ type: 'failed', causes: [] }).run).toEqual({ state: 'failed', causes: [] })
  })
})
