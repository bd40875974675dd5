import { describe, expect, it } from 'vitest'
import {
  runTimeAccount,
  stageTimeAccount,
  timeAccountWords,
  withProcessTimings,
  type ProcessTimings,
  type StageRecord,
} from '../../../src/shared/domain'

const process = (began: number, seconds: number, training: number): ProcessTimings => ({
  began,
  ended: began + 1000 * seconds,
  peakBytes: 1,
  phases: {
    training: { seconds: training, cpuSeconds: 2 * training },
    rest: { seconds: seconds - training, cpuSeconds: 0 },
  },
})
const stage = (timings: readonly ProcessTimings[], more: Partial<StageRecord> = {}): StageRecord =>
  ({ timings, ...more }) as StageRecord

describe('where the time of a run went', () => {
  it('a process says more of itself in place of what it said before', () => {
    const kept = withProcessTimings([process(0, 1, 1), process(5000, 1, 1)], process(0, 3, 2))
    expect(kept.map(({ began, ended }) => [began, ended])).toEqual([
      [0, 3000],
      [5000, 6000],
    ])
  })

  it('a run’s account is that of its own processes and of what lies outside them', () => {
    const account = runTimeAccount({
      createdAt: 1000,
      endedAt: 21_000,
      stages: [
        stage([process(2000, 4, 3)]),
        stage([process(8000, 6, 5), process(15_000, 5, 4)]),
        stage([process(500, 400, 400)], { origin: { runId: 'b', runName: 'b' } }),
      ],
    })
    expect(account).toMatchObject({ total: 20, outside: 5, phases: { training: { seconds: 12, cpuSeconds: 24 } } })
    expect(account?.notTraining).toBeCloseTo(8 / 20)
    expect(account && timeAccountWords(account)).toBe('training 60.0 %, rest 15.0 %, outside its processes 25.0 %')
  })

  it('there is none where nobody has said anything', () => {
    expect(runTimeAccount({ createdAt: 0, endedAt: null, stages: [stage([])] })).toBeNull()
    expect(stageTimeAccount({})).toBeNull()
    expect(stageTimeAccount(stage([process(0, 2, 1)]))).toMatchObject({ total: 2, outside: 0, notTraining: 0.5 })
  })
})
