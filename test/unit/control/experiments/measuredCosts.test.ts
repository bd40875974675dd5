import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { calculatedSeconds, threadSeconds } from '../../../../src/main/engine/control/experiments/estimate'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memoryEstimate, memoryOfStage } from '../../../../src/main/engine/control/experiments/memoryEstimate'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { workOfStep } from '../../../../src/main/engine/control/experiments/stageWork'
import { precisionOf, type ExperimentConfig, type PartialExperimentConfig } from '../../../../src/shared/domain'

interface Measured {
  readonly title: string
  readonly kind: 'teacher' | 'student'
  readonly config: PartialExperimentConfig
  readonly stepThreadSeconds: number
  readonly peakMebibytes: number
}
const fixture = join(__dirname, '../../../fixtures/stageCosts.json')
const { stages, mixedFactor } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  stages: Measured[]
  mixedFactor: number
}
const table = memberTable(families)
const resolved = (config: PartialExperimentConfig): ExperimentConfig =>
  resolveExperiment({ ...config, recording: { evaluateEvery: 1_000_000 } }, table).config

/** What is estimated of what was measured may be off by so much of it. */
const tolerance = 0.25

describe('the estimates agree with what was measured', () => {
  it.each(stages)('$title: time of a step', ({ config, kind, stepThreadSeconds }) => {
    const asked = resolved(config)
    const factor = precisionOf(asked) === 'mixed' ? mixedFactor : 1
    const ratio = threadSeconds(workOfStep(asked, { kind, index: 0 }, costs), factor) / stepThreadSeconds
    expect(Math.abs(ratio - 1), `estimated / measured ${ratio.toFixed(2)}`).toBeLessThan(tolerance)
  })

  it.each(stages)('$title: memory', ({ config, kind, peakMebibytes }) => {
    const bytes = memoryOfStage(resolved(config), { kind, index: 0 }, { costs, device: 'cpu' })
    const ratio = bytes / 2 ** 20 / peakMebibytes
    expect(Math.abs(ratio - 1), `estimated / measured ${ratio.toFixed(2)}`).toBeLessThan(tolerance)
  })
})

describe('what the estimates follow', () => {
  const config = resolved({ students: [{}] })
  const student = { kind: 'student', index: 0 } as const
  const seconds = (asked: ExperimentConfig, machine: Parameters<typeof calculatedSeconds>[2]['machine']): number =>
    calculatedSeconds(asked, student, { costs, machine })
  const cpu = (float32: number, mixed: number) =>
    ({ kind: 'cpu', threads: 2, precisionSpeed: { milliseconds: { float32, mixed } } }) as const

  it('the speed that was measured of this machine, and threads', () => {
    const plain = seconds(config, { threads: 2 })
    expect(seconds(config, { threads: 2, device: cpu(9, 5) }) / plain).toBeCloseTo(2, 1)
    expect(plain / seconds(config, { threads: 4 })).toBeCloseTo(2, 1)
    const device = cpu(9, 5)
    expect(seconds(config, { threads: 1, device }) / seconds(config, { threads: 2, device })).toBeCloseTo(2, 1)
  })

  it('the precision, by the factor that was measured', () => {
    const mixed = resolved({ students: [{}], execution: { precision: 'mixed' } })
    const machine = { threads: 2, device: cpu(4.5, 1.5) }
    const ratio = seconds(mixed, machine) / seconds(config, machine)
    expect(ratio).toBeGreaterThan(1 / 3)
    expect(ratio).toBeLessThan(0.8)
  })

  it('no speed of a device that the experiment is not for', () => {
    const gpu = { kind: 'gpu', threads: 2, precisionSpeed: { milliseconds: { float32: 0.1 } } } as const
    const forCpu = resolved({ students: [{}], execution: { device: 'cpu' } })
    expect(seconds(forCpu, { threads: 2, device: gpu })).toBe(seconds(forCpu, { threads: 2 }))
    expect(seconds(config, { threads: 2, device: gpu })).toBeLessThan(seconds(config, { threads: 2 }) / 10)
  })

  it('half the activations in mixed precision, beside weights and the process itself', () => {
    const request = { costs, device: 'gpu' } as const
    const params = { pseudoBatches: 100, batchSize: 2048 }
    const large = { students: [{}], distillation: { method: { id: 'zskt', params } } }
    const bytesIn = (precision: 'float32' | 'mixed'): number =>
      memoryOfStage(resolved({ ...large, execution: { precision } }), student, request)
    expect(bytesIn('mixed') / bytesIn('float32')).toBeCloseTo(0.5, 1)
  })

  it('each of the students that train side by side', () => {
    const request = { costs, device: 'cpu' } as const
    const beside = resolved({ students: [{}, {}, {}], execution: { sideBySide: true } })
    const { stages, bytes } = memoryEstimate(beside, request)
    expect(bytes).toBe(Math.min(3, availableParallelism()) * (stages['student-1'] ?? NaN))
    expect(memoryEstimate(resolved({ students: [{}, {}, {}] }), request).bytes).toBe(stages['student-1'])
  })

  it('what stages of the same shape held here', () => {
    const request = { costs, device: 'cpu' } as const
    const peakBytes = 2 * memoryOfStage(config, student, request)
    const finished = [{ ...student, config, seconds: 1, peakBytes }]
    const plain = memoryEstimate(config, request)
    const learnt = memoryEstimate(config, { ...request, finished })
    expect(learnt.stages['student-1']).toBeCloseTo(2 * (plain.stages['student-1'] ?? NaN), -1)
    expect(learnt.stages.teacher).toBe(plain.stages.teacher)
  })
})
