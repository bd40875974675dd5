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
  type DeviceReport,
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
    expect(arithmeticNote(arithmeticsOf([null, '1 thread', '1 thread']))).toBeNull()
    expect(arithmeticNote(arithmeticsOf(['2 threads', null, '1 thread', '2 threads']))).toBe(
      'Computed in 2 ways (1 thread; 2 threads), which alone moves numbers a little',
    )
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
    expect(exported(2, 'json')).toContain('"computedWith":["1 thread, AVX-512","2 threads, AVX-512"]')
  })
})
