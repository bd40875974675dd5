import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { estimateTime, studentsAtOnce } from '../../../../src/main/engine/control/experiments/estimate'
import { workOfStage } from '../../../../src/main/engine/control/experiments/stageWork'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const table = memberTable(families)
const defended = (id: string, params: Record<string, unknown> = {}) => ({ defenses: [{ id, params }] })
const base = {
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 100, batchSize: 32, studentSteps: 10 } } },
}
/** Multiply-adds of each student, evaluations left out. */
function operations(config: PartialExperimentConfig): number[] {
  const { config: resolved } = resolveExperiment({ ...base, ...config, recording: { evaluateEvery: 1_000_000 } }, table)
  const lastEvaluation =
    2 * costs.images(resolved.data).test * (costs.forward(resolved.distillation.architecture, resolved.data) ?? 0)
  return resolved.students.map(
    (_plan, index) => workOfStage(resolved, { kind: 'student', index }, costs).multiplyAdds - lastEvaluation,
  )
}

describe('what the students of an experiment cost', () => {
  it('counts Self-Retrospection for every student update of its phase', () => {
    const [plain = 0, few = 0, many = 0] = operations({
      students: [
        {},
        defended('sr', { start: 'run/student-1@90', rounds: 10 }),
        defended('sr', { start: 'run/student-1@80', rounds: 10 }),
      ],
    })
    expect(many / few).toBeCloseTo(2, 1)
    // Ten pseudo batches of unlearning after a named start cost more than ten plain ones, by what the search and the
    // hypergradient add to each of the ten updates.
    const config = resolveExperiment(base, table).config
    const [teacher = 0, student = 0] = [
      costs.forward(config.teacher.architecture, config.data),
      costs.forward(config.distillation.architecture, config.data),
    ]
    expect(few - plain / 10).toBeCloseTo(10 * 320 * (20 * teacher + 28 * student), -9)
  })

  it('does not count again what a defended twin takes over', () => {
    const [plain = 0, twin = 0, alone = 0] = operations({
      students: [{}, defended('sr', { takeover: 10 }), defended('sv')],
    })
    // A tenth of the plain work, and ten pseudo batches of unlearning, each some twenty plain ones.
    expect(twin).toBeLessThan(plain * 3)
    const [undivided = 0] = operations({ students: [defended('sr', { takeover: 10 })] })
    expect(undivided - twin).toBeCloseTo(0.9 * plain, -9)
    expect(alone).toBeGreaterThan(plain)
  })

  it('counts the evaluations', () => {
    const often = resolveExperiment({ ...base, students: [{}], recording: { evaluateEvery: 10 } }, table).config
    const once = resolveExperiment({ ...base, students: [{}], recording: { evaluateEvery: 100 } }, table).config
    const student = costs.forward(often.distillation.architecture, often.data) ?? 0
    const { test } = costs.images(often.data)
    expect(
      workOfStage(often, { kind: 'student', index: 0 }, costs).multiplyAdds -
        workOfStage(once, { kind: 'student', index: 0 }, costs).multiplyAdds,
    ).toBeCloseTo(9 * 2 * test * student, -3)
  })
})

describe('students side by side', () => {
  const cores = availableParallelism()
  const students = [{}, defended('sv'), defended('sv', { layers: 3 }), defended('sv', { layers: 2 })]
  const timesOf = (config: PartialExperimentConfig) =>
    estimateTime(resolveExperiment({ ...base, students, ...config }, table).config, {
      costs,
      finished: [],
      machine: { threads: cores, device: null },
    })
  const sum = (seconds: readonly number[]): number => seconds.reduce((total, one) => total + one, 0)

  it('take their share of the cores each, and together no longer than one after the other', () => {
    const [after, beside] = [timesOf({}), timesOf({ execution: { sideBySide: true } })]
    const places = Math.min(students.length, cores)
    const own = Object.entries(beside.stages).filter(([id]) => id.startsWith('student'))
    const seconds = own.map(([, one]) => one)
    const others = sum(Object.values(beside.stages)) - sum(seconds)
    expect(beside.totalSeconds).toBeCloseTo(others + Math.max(...seconds, sum(seconds) / places), 6)
    expect(beside.totalSeconds).toBeLessThanOrEqual(after.totalSeconds + 1e-6)
    if (places > 1) for (const [id, one] of own) expect(one).toBeGreaterThan(after.stages[id] ?? 0)
    expect(beside.stages.teacher).toBe(after.stages.teacher)
  })
  it('leave their cores to others while they wait for the student that they go on from', () => {
    const continued = { id: 'sr', params: { takeover: 0, extra: 10 } }
    const config = (students: PartialExperimentConfig['students']) =>
      resolveExperiment({ ...base, students, execution: { sideBySide: true } }, table).config
    expect(studentsAtOnce(config([{}, { defenses: [continued] }]), costs, 'cpu')).toBe(1)
    expect(studentsAtOnce(config([{}, defended('sv')]), costs, 'cpu')).toBe(Math.min(2, cores))
  })
  it('are not on a GPU', () => {
    const gpu = { device: 'gpu' } as const
    expect(timesOf({ execution: { ...gpu, sideBySide: true } }).stages).toEqual(timesOf({ execution: gpu }).stages)
  })
})
