import { describe, expect, it } from 'vitest'
import { peakOperations, peaksOf, peakSection } from '../../../tools/bench/peak.mjs'
import { createAccount, kernelOf, kindOf } from '../../../tools/bench/profile.mjs'

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
  const seconds = 1_795_942_665
  const line = (what: string, operation: string, microseconds: number, node = operation): string =>
    `I0000 00:00:${seconds}.${String(microseconds).padStart(6, '0')}   21879 executor.cc:879] ${what}: 37 step 5 {{node step_1/3_${node}}} = ${operation}[T=DT_FLOAT](a, b) device: CPU:0`

  it("reads the executor's lines and passes over all others", () => {
    expect(kernelOf(line('Process node', 'Mul', 7))).toMatchObject({ begins: true, step: '5', operation: 'Mul' })
    expect(kernelOf(line('Synchronous kernel done', 'Mul', 7))?.begins).toBe(false)
    expect(kernelOf('I0000 00:00:1795942665.8 1 port.cc:153] oneDNN custom operations are on.')).toBeUndefined()
  })

  it('knows kernels by what they do, under all of their names', () => {
    const kinds = {
      'convolution forward': ['Conv2D', '_MklNativeFusedConv2D', '_FusedConv2D', 'DepthwiseConv2dNative'],
      'to the input': ['Conv2DBackpropInput', '_MklNativeConv2DBackpropInput'],
      'to the filters': ['_MklNativeConv2DBackpropFilterWithBias'],
      'matrix product': ['_MklBatchMatMulV2', '_MklNativeFusedMatMul'],
      norms: ['_MklNativeFusedBatchNormEx', 'FusedBatchNormV3'],
      'gradients of norms': ['_MklNativeFusedBatchNormGradV3'],
      'gradients of rectifiers': ['ReluGrad', 'LeakyReluGrad'],
      'other kernels': ['ReadVariableOp', 'Sum'],
    }
    for (const [kind, operations] of Object.entries(kinds))
      expect(operations.map(kindOf)).toEqual(operations.map(() => kind))
  })

  it('takes of each node one of its shortest times, after the warm-ups, for the part that was begun last', () => {
    const account = createAccount()
    const run = (part: string, operation: string, lasting: number): void => {
      account.line(`part,${part}`)
      account.line(line('Process node', operation, 100))
      account.line(line('Synchronous kernel done', operation, 100 + lasting))
    }
    for (const lasting of [1, 1, 4000, 3000]) run('teacher', 'AddV2', lasting)
    for (const lasting of [1, 1, 2000]) run('student', 'Mul', lasting)
    const { teacher, student } = account.byKind()
    expect(teacher?.additions).toBeCloseTo(3)
    expect(student?.products).toBeCloseTo(2)
  })
})
