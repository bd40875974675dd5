import { describe, expect, it } from 'vitest'
import { selfRetrospection } from '../../../src/main/engine/families/defenses/selfRetrospection'
import { perturbedCount } from '../../../src/main/engine/families/defenses/selfRetrospection/parameters'
import { phaseOf } from '../../../src/main/engine/families/defenses/selfRetrospection/phase'
import { phaseSchedule } from '../../../src/main/engine/families/defenses/selfRetrospection/unlearning'
import { distillationMethods } from '../../../src/main/engine/families/distillation'
import { defaultsOf } from '../../../src/shared/schema'

describe('the perturbed share of a batch', () => {
  it.each([
    [128, 0.02, 2],
    [16, 0.125, 2],
    [16, 0.02, 1],
    [64, 0.75, 48],
    [8, 1, 8],
    [8, 0, 1],
  ])('of %i images at %d is %i, as the reference’s int() counts, but never none', (count, portion, wanted) => {
    expect(perturbedCount(count, { portion, atLeastOneImage: true })).toBe(wanted)
  })

  it.each([
    [128, 0.02, 2],
    [49, 0.02, 0],
    [50, 0.02, 1],
    [8, 0, 0],
  ])('of %i images at %d is %i where none is allowed', (count, portion, wanted) => {
    expect(perturbedCount(count, { portion, atLeastOneImage: false })).toBe(wanted)
  })
})

/**
 * Distillation methods with which Self-Retrospection's declared defaults, those of ZSKT's solver, are meant: the
 * reference has no program for them.
 */
const onDefaults = ['kd']

describe('the settings that come with a method', () => {
  it.each(distillationMethods.members.map(({ id }) => id))('are a preset for %s, or the defaults on purpose', (id) => {
    expect(Object.hasOwn(selfRetrospection.presets ?? {}, id)).toBe(!onDefaults.includes(id))
  })

  it.each([
    ['zskt', 1],
    ['cmi', 20],
    ['deepinversion', 20],
    ['dafl', 20],
    ['dfq', 20],
    ['zskt_inversion', 20],
    ['dfad', 1],
    ['ood', 8],
  ])('compare the answers of %s at T = %d, as the scripts’ --T says', (id, temperature) => {
    expect({ ...defaultsOf(selfRetrospection.params), ...selfRetrospection.presets?.[id]?.params }).toMatchObject({
      temperature,
    })
  })
})

describe('the phase', () => {
  it('begins so many pseudo batches before the end, or at the named checkpoint', () => {
    expect(phaseOf({ start: '', takeover: 600, extra: 0 }, 80_000)).toEqual({
      start: 79_400,
      total: 80_000,
      decidedBy: 'takeover',
    })
    expect(phaseOf({ start: '', takeover: 600, extra: 40 }, 300)).toEqual({
      start: 0,
      total: 340,
      decidedBy: 'takeover',
    })
    expect(phaseOf({ start: '20240131-174500-a1b2/student-2@79400', takeover: 600, extra: 0 }, 80_000)).toEqual({
      start: 79_400,
      total: 80_000,
      decidedBy: 'start',
      from: { runId: '20240131-174500-a1b2', stageId: 'student-2', step: 79_400 },
    })
  })

  it('lets the learning rate fall per pseudo batch, or per epoch as the reference’s OoD program', () => {
    const each = phaseSchedule({ learningRate: 5e-4, rateEvery: 1 }, { start: 79_400, total: 80_000 })
    expect([each(79_400), each(79_700)]).toEqual([5e-4, expect.closeTo(2.5e-4, 10)])
    const epochs = phaseSchedule({ learningRate: 5e-4, rateEvery: 97 }, { start: 1000, total: 1194 })
    expect([1000, 1096, 1097, 1193].map(epochs)).toEqual([
      5e-4,
      5e-4,
      expect.closeTo(2.5e-4, 10),
      expect.closeTo(2.5e-4, 10),
    ])
  })

  it.each(
    distillationMethods.members
      .filter(({ recording }) => recording?.evaluateEvery === 'callsPerEpoch')
      .map((method) => [method.id, method] as const),
  )('is the last two epochs of %s, and the rate falls with its epochs', (id, method) => {
    const epoch = Number(defaultsOf(method.params).callsPerEpoch)
    expect({ ...defaultsOf(selfRetrospection.params), ...selfRetrospection.presets?.[id]?.params }).toMatchObject({
      takeover: 2 * epoch,
      rateEvery: epoch,
    })
  })

  it.each(distillationMethods.members.map((method) => [method.id, method] as const))(
    'leaves most of %s to the distillation by default',
    (id, method) => {
      const values = {
        ...defaultsOf(selfRetrospection.params),
        ...selfRetrospection.presets?.[id]?.params,
      } as ReturnType<typeof defaultsOf>
      const total = method.totalPseudoBatches(defaultsOf(method.params))
      const { start } = selfRetrospection.phase?.(values, total) ?? { start: 0 }
      expect(start).toBeGreaterThanOrEqual(0.9 * total)
    },
  )
})

describe('its settings for the inversion family', () => {
  const family = distillationMethods.members.filter((method) => 'callsPerEpoch' in method.params)
  it.each(family.map((method) => [method.id, method] as const))(
    '%s: the last two epochs, at the temperature of its script, with UnlearnOptimizer’s switches',
    (id, method) => {
      const { callsPerEpoch } = defaultsOf(method.params)
      // The scripts' --T, which the students with a kept generator themselves do not get.
      const temperature = id === 'dfad' ? 1 : 20
      const switches = { optimizer: 'sgd', reduction: 'batchMean', constantTarget: false, penaltyInSearch: false }
      expect({ ...defaultsOf(selfRetrospection.params), ...selfRetrospection.presets?.[id]?.params }).toMatchObject({
        ...switches,
        temperature,
        squaredTemperature: true,
        takeover: 2 * Number(callsPerEpoch),
        rateEvery: callsPerEpoch,
      })
    },
  )
})
