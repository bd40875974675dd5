import { describe, expect, it } from 'vitest'
import {
  precisionFactor,
  precisionOf,
  precisionSpeedRows,
  precisionSpeedWords,
  type PrecisionSpeed,
} from '../../../src/shared/domain'

const speed: PrecisionSpeed = { milliseconds: { float32: 8.74, mixed: 5.2 }, instructions: 'avx512_bf16' }

describe('the precision of a configuration', () => {
  it('is float32 where a version without a choice has written it', () => {
    expect([precisionOf({}), precisionOf({ execution: {} })]).toEqual(['float32', 'float32'])
    expect(precisionOf({ execution: { precision: 'mixed' } })).toBe('mixed')
  })
})

describe('what a precision brings on a device', () => {
  it('is the time in it over the time in float32, with both times', () => {
    expect(precisionFactor(speed, 'mixed')).toBeCloseTo(5.2 / 8.74)
    expect(precisionSpeedWords(speed, 'mixed')).toBe('0.59 of the time of float32 (5.2 ms, 8.7 ms)')
    expect(precisionSpeedWords({ milliseconds: { float32: 0.0812, tf32: 0.151 } }, 'tf32')).toBe(
      '1.9 of the time of float32 (0.15 ms, 0.081 ms)',
    )
  })

  it('is unknown where it was not measured', () => {
    expect(precisionFactor(undefined, 'mixed')).toBeNull()
    expect(precisionFactor({ milliseconds: { mixed: 3 } }, 'mixed')).toBeNull()
    expect(precisionSpeedWords(speed, 'tf32')).toBeNull()
  })

  it('stands in a report with the processor’s instructions', () => {
    expect(precisionSpeedRows(speed)).toEqual([
      ['bfloat16 instructions', 'avx512_bf16'],
      ['mixed (bfloat16)', '0.59 of the time of float32 (5.2 ms, 8.7 ms): a 3×3 convolution, forward and backward'],
    ])
    expect(precisionSpeedRows({ ...speed, instructions: null })[0]).toEqual(['bfloat16 instructions', 'none'])
    expect(precisionSpeedRows({ milliseconds: { float32: 0.1, tf32: 0.05 } }).map(([name]) => name)).toEqual(['TF32'])
    expect(precisionSpeedRows(undefined)).toEqual([])
  })
})
