import { describe, expect, it } from 'vitest'
import { refuseCollapsedTeacher } from '../../../../src/main/engine/control/runs/collapsedTeacher'
import type { Evaluation, ExperimentConfig, StageRecord } from '../../../../src/shared/domain'
import { fakeCatalogue } from '../../../fakes/catalogue'

const evaluation = (share: number): Evaluation => ({
  accuracy: 0.1,
  asr: 1,
  asrAll: 1,
  robustAccuracy: 0,
  images: 1000,
  nonTarget: 900,
  classes: 10,
  largestClass: 0.1,
  topAnswer: { label: 0, share },
})
const runWith = (share: number, state: StageRecord['state'] = 'done') => ({
  stages: [{ kind: 'teacher', state, step: 10, totalSteps: 10, evaluation: evaluation(share) } as StageRecord],
})
const config = (teacher: Partial<ExperimentConfig['teacher']>): ExperimentConfig => ({
  ...fakeCatalogue.defaults,
  teacher: { ...fakeCatalogue.defaults.teacher, ...teacher },
})

describe('a student of a collapsed teacher', () => {
  it('does not begin before somebody said that it is wanted', () => {
    expect(() => refuseCollapsedTeacher(runWith(0.97), { step: 0 }, config({ distilCollapsed: false }))).toThrow(
      'The teacher has collapsed',
    )
    expect(() => refuseCollapsedTeacher(runWith(0.97), { step: 0 }, config({ distilCollapsed: true }))).not.toThrow()
  })

  it('begins where the teacher tells classes apart, is not known yet, or the run is from before the question', () => {
    const asked = config({ distilCollapsed: false })
    expect(() => refuseCollapsedTeacher(runWith(0.5), { step: 0 }, asked)).not.toThrow()
    expect(() => refuseCollapsedTeacher(runWith(0.97, 'waiting'), { step: 0 }, asked)).not.toThrow()
    // Begun before: it goes on.
    expect(() => refuseCollapsedTeacher(runWith(0.97), { step: 3 }, asked)).not.toThrow()
    const { distilCollapsed: _absent, ...before } = fakeCatalogue.defaults.teacher
    expect(() =>
      refuseCollapsedTeacher(runWith(0.97), { step: 0 }, { ...fakeCatalogue.defaults, teacher: before }),
    ).not.toThrow()
  })
})
