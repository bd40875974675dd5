import { describe, expect, it } from 'vitest'
import {
  arithmeticNote,
  arithmeticOf,
  arithmeticsOf,
  defaultQuery,
  defaultShown,
  fieldsOf,
  pivotFormats,
  pivotModels,
  pivotOf,
  precisionsOf,
  type DeviceReport,
  type Precision,
} from '../../../src/shared/domain'
import { pivotRun } from '../../fixtures/pivotRuns'

const device = (change: Partial<DeviceReport> = {}): DeviceReport => ({
  kind: 'cpu',
  title: 'AMD EPYC, 2 threads',
  fallback: false,
  reason: null,
  threads: 2,
  tensorflow: '2.21.0',
  driver: null,
  cuda: null,
  cudnn: null,
  computeCapability: null,
  details: { 'CPU features': 'avx avx2 fma avx512f', oneDNN: 'on' },
  ...change,
})

describe('what decides the last digits', () => {
  it.each([
    ['threads and the widest instructions of a CPU', device(), '2 threads, AVX-512'],
    [
      'what is switched off',
      device({ threads: 1, details: { 'CPU features': 'avx avx2', oneDNN: 'off' } }),
      '1 thread, AVX2, without oneDNN',
    ],
    ['threads alone, where no more is recorded', device({ details: {} }), '2 threads'],
    ['the name of a GPU', device({ kind: 'gpu', title: 'NVIDIA H100' }), 'NVIDIA H100'],
  ])('is %s', (_what, report, words) => {
    expect(arithmeticOf(report)).toBe(words)
  })

  it('is said where it differs, and of what is not known nothing is said', () => {
    const noteOf = (found: readonly (string | null)[]) =>
      arithmeticNote({ arithmetics: arithmeticsOf(found), precisions: ['float32'] })
    expect(noteOf([null, '1 thread', '1 thread'])).toBeNull()
    expect(noteOf(['2 threads', null, '1 thread', '2 threads'])).toBe(
      'Computed in 2 ways (1 thread; 2 threads), which alone moves numbers a little',
    )
  })

  it('is said beside the precision, where that is not float32 or not the same', () => {
    const noteOf = (precisions: readonly Precision[], arithmetics: readonly string[] = []) =>
      arithmeticNote({ arithmetics, precisions: precisionsOf(precisions) })
    expect([noteOf([]), noteOf(['float32'])]).toEqual([null, null])
    expect(noteOf(['mixed', 'mixed'])).toBe('Computed in mixed (bfloat16)')
    expect(noteOf(['mixed', 'float32', 'tf32'])).toBe(
      'Of 3 precisions (float32; TF32; mixed (bfloat16)), each of which gives models of its own',
    )
    expect(noteOf(['mixed', 'float32'], ['1 thread', '2 threads'])).toMatch(/^Of 2 precisions .*\. Computed in 2 ways/)
  })

  it('stands in the caption of a table over models that differ in it, and in what is exported', () => {
    const runs = [device(), device({ threads: 1 })].map((report, seed) => {
      const run = pivotRun({ id: `run-${seed}`, seed })
      return { ...run, stages: run.stages.map((stage) => ({ ...stage, device: report })) }
    })
    const exported = (count: number, id: string): string => {
      const models = pivotModels(runs.slice(0, count)).filter(({ kind }) => kind === 'student')
      const origin = { title: 'Two', product: 'ABD Workbench', version: '1', exportedAt: 0 }
      const source = { pivot: pivotOf(models, defaultQuery(models)), fields: fieldsOf(models), shown: defaultShown }
      return pivotFormats.find((format) => format.id === id)?.write({ ...source, origin }) ?? ''
    }
    const note = 'Computed in 2 ways (1 thread, AVX-512; 2 threads, AVX-512)'
    expect(exported(2, 'markdown')).toContain(note)
    expect(exported(1, 'markdown')).not.toContain('Computed in')
    expect(exported(2, 'csv')).toContain(note)
    expect(exported(1, 'csv')).not.toContain('Computed in')
    expect(exported(2, 'json')).toContain('"computedWith":["1 thread, AVX-512","2 threads, AVX-512"]')
  })
})
