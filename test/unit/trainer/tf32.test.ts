import { describe, expect, it } from 'vitest'
import { tf32WithoutGpu } from '../../../src/main/engine/trainer/tf32'
import { fakeDevice } from '../../fakes/device'

const gpu = { ...fakeDevice, kind: 'gpu' } as const
const tf32 = { precision: 'tf32' } as const

describe('TF32 without a GPU', () => {
  it('fails a result, which would say TF32 and be another', () => {
    expect(() => tf32WithoutGpu(fakeDevice, { execution: tf32, isResult: true })).toThrow('no GPU is usable')
    expect(tf32WithoutGpu(gpu, { execution: tf32, isResult: true })).toBeNull()
    expect(tf32WithoutGpu(fakeDevice, { execution: { precision: 'mixed' }, isResult: true })).toBeNull()
  })

  it('lets an analysis measure in float32 beside what trains, and says so', () => {
    expect(tf32WithoutGpu(fakeDevice, { execution: tf32, isResult: false })).toContain('in float32')
    expect(tf32WithoutGpu(gpu, { execution: tf32, isResult: false })).toBeNull()
  })
})
