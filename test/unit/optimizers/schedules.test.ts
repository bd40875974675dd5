import { describe, expect, it } from 'vitest'
import {
  constantSchedule,
  cosineSchedule,
  oneCycleSchedule,
  stepSchedule,
} from '../../../src/main/engine/families/schedules'

const expectRates = (schedule: (step: number) => number, wanted: Readonly<Record<number, number>>): void => {
  for (const [step, rate] of Object.entries(wanted))
    expect(Math.abs(schedule(Number(step)) - rate), `step ${step}`).toBeLessThan(1e-12)
}

// Wanted values: PyTorch 2.15's schedulers with max_lr 0.1 (OneCycleLR, cycle_momentum off) and lr 0.002, T_max 100
// (CosineAnnealingLR).
describe('one cycle', () => {
  it('20 steps', () =>
    expectRates(oneCycleSchedule(0.1, 20), {
      0: 0.004,
      1: 0.013167184270002533,
      2: 0.037167184270002526,
      5: 0.1,
      6: 0.09874640062350874,
      10: 0.07169430017913009,
      18: 0.0012539993764912555,
      19: 4e-7,
    }))
  it('312 steps', () =>
    expectRates(oneCycleSchedule(0.1, 312), {
      0: 0.004,
      1: 0.00402762150620431,
      78: 0.09423104648237182,
      104: 0.09932923711842023,
      156: 0.08060904590752656,
      310: 5.572794913924256e-6,
      311: 4e-7,
    }))
  it('5 steps', () =>
    expectRates(oneCycleSchedule(0.1, 5), {
      0: 0.004,
      1: 0.09504846320134738,
      2: 0.06112620219362893,
      3: 0.0188258346050237,
      4: 4e-7,
    }))
  it('stays finite for runs of a step or two', () => {
    for (const total of [1, 2, 3])
      for (let step = 0; step < total; step++) expect(oneCycleSchedule(0.1, total)(step)).toBeGreaterThan(0)
  })
})

it('cosine', () =>
  expectRates(cosineSchedule(0.002, 100), {
    0: 0.002,
    1: 0.0019995065603657315,
    2: 0.0019980267284282717,
    50: 0.001,
    99: 4.934396342684e-7,
    100: 0,
    120: 0,
  }))
it('constant', () => expectRates(constantSchedule(0.3), { 0: 0.3, 999: 0.3 }))
it('steps', () => expectRates(stepSchedule(1, [10, 20], 0.1), { 0: 1, 9: 1, 10: 0.1, 19: 0.1, 20: 0.01 }))
