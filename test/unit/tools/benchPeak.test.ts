import { describe, expect, it } from 'vitest'
import { peakOperations, peaksOf, peakSection } from '../../../tools/bench/peak.mjs'
import { createAccount, primitiveOf } from '../../../tools/bench/profile.mjs'

const sizes = { chain: 4, side: 1000, images: 10, channels: 10 }
const work = { student: 1, teacher: 3 }

describe('what the units can do', () => {
  it('counts a multiply-add as two operations', () => {
    expect(peakOperations(sizes)).toEqual({ product: 2, convolution: (2 * 9 * 100 * 1024 * 10) / 1e9 })
  })

  it('takes the best of product and convolution, of ours and of PyTorch in the same precision', () => {
    const median = (value: number): { median: number } => ({ median: value })
    const seconds = {
      product: { 'ours-mixed': median(0.02), 'autocast: eager': median(0.01) },
      convolution: { 'ours-mixed': median(1), 'autocast: eager': median(1) },
      student: { 'ours-mixed': median(0.01) },
    }
    const baselines = { autocast: { product: 'autocast: eager', convolution: 'autocast: eager' } }
    const peaks = peaksOf({ seconds, baselines, work, precisions: ['mixed'], sizes })
    expect(peaks.mixed?.product).toEqual({ ours: 100, theirs: 200 })
    expect(peaks.mixed?.best).toBe(200)
    expect(peaks.mixed?.shares).toEqual({ student: 0.5 })
    const text = peakSection({ peaks, work, settings: { precisions: ['mixed'] } }).join('\n')
    expect(text).toContain('| Student step | 1.0 | 100 (50 %) |')
    expect(text).toContain('| Teacher training step | 3.0 | – |')
  })
})

describe('the profile of our steps', () => {
  const line = (primitive: string, propagation: string, milliseconds: string): string =>
    `onednn_verbose,v1,primitive,exec,cpu,${primitive},jit:avx512_core,${propagation},src:f32::f0,,alg:x,mb8,${milliseconds}`

  it("reads oneDNN's lines and passes over all others", () => {
    expect(primitiveOf(line('convolution', 'backward_weights', '0.25'))).toEqual({
      kind: 'to the filters',
      milliseconds: 0.25,
    })
    expect(primitiveOf(line('reorder', 'undef', '1'))?.kind).toBe('reorder')
    expect(primitiveOf('onednn_verbose,v1,info,cpu,runtime:threadpool,nthr:1')).toBeUndefined()
    expect(primitiveOf(line('reorder', 'undef', 'exec_time'))).toBeUndefined()
  })

  it('adds them up for the part that was begun last', () => {
    const account = createAccount()
    account.line(line('matmul', 'undef', '9'))
    account.begin('teacher')
    account.line(line('matmul', 'undef', '1'))
    account.line(line('gemm_api', '', '2'))
    account.line('part,student')
    account.line(line('batch_normalization', 'backward', '4'))
    expect(account.milliseconds).toEqual({ teacher: { 'matrix product': 3 }, student: { 'batch norm': 4 } })
  })
})
