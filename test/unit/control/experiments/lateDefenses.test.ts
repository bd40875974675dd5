import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { computedIssues, type ComputedContext } from '../../../../src/main/engine/control/experiments/computedIssues'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'
import type { Issue } from '../../../../src/shared/schema'

const table = memberTable(families)
const resolve = (config: PartialExperimentConfig) => resolveExperiment(config, table).config
const method = { id: 'zskt', params: { pseudoBatches: 100 } }
const earlier = resolve({ distillation: { method }, students: [{}] })

const folder = mkdtempSync(join(tmpdir(), 'late-defenses-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'runs', 'first', 'student-1'), { recursive: true })
for (const step of [60, 80, 100])
  writeFileSync(
    join(folder, 'runs', 'first', 'student-1', `checkpoint-${String(step).padStart(9, '0')}.safetensors`),
    '',
  )

const store = {
  folder,
  runs: {
    has: (id: string) => id === 'first',
    config: () => earlier,
    summary: () => newRun({ id: 'first', config: earlier, createdAt: 0 }),
  },
} as unknown as ComputedContext['store']
const issuesOf = (params: Record<string, unknown>, distillation: Record<string, unknown> = { method }): Issue[] =>
  computedIssues(resolve({ distillation, students: [{}, { defenses: [{ id: 'sr', params }] }] }), {
    costs,
    table,
    store,
  })

describe('a defense that acts late', () => {
  it('is fine in the last pseudo batches, or from a kept checkpoint', () => {
    expect(issuesOf({ takeover: 20 })).toEqual([])
    expect(issuesOf({ start: 'first/student-1@80' })).toEqual([])
    expect(issuesOf({ start: 'first/student-1@100', extra: 5 })).toEqual([])
  })

  it('is refused where it goes on from a student with other earlier defenses or of another teacher', () => {
    const of = (config: PartialExperimentConfig) =>
      computedIssues(resolve({ distillation: { method }, ...config }), { costs, table, store }).map(
        ({ message }) => message,
      )
    const sr = { id: 'sr', params: { start: 'first/student-1@80' } }
    expect(of({ students: [{ defenses: [{ id: 'sv' }, sr] }] })).toEqual([
      expect.stringContaining('with other earlier defenses'),
    ])
    expect(of({ students: [{ defenses: [sr] }], poisoning: { target: 3 } })).toEqual([
      expect.stringContaining('with other attack, teacher'),
    ])
    expect(of({ students: [{ defenses: [sr] }] })).toEqual([])
  })

  it('is refused where the teacher’s file takes other pixel values', () => {
    const file = { source: 'file', file: '/teacher.pt' }
    const from = resolve({ teacher: file, distillation: { method }, students: [{}] })
    const of = (normalization: string) =>
      computedIssues(
        resolve({
          teacher: { ...file, normalization },
          distillation: { method },
          students: [{ defenses: [{ id: 'sr', params: { start: 'first/student-1@80' } }] }],
        }),
        { costs, table, store: { ...store, runs: { ...store.runs, config: () => from } } },
      ).map(({ message }) => message)
    expect(of('dataset')).toEqual([])
    expect(of('unit')).toEqual([expect.stringContaining('with other teacher')])
  })

  it('is refused where it would never act', () => {
    expect(issuesOf({ takeover: 0 })).toEqual([
      {
        path: 'students.1.defenses.0.params.takeover',
        severity: 'error',
        message: expect.stringContaining('sr would never act') as string,
      },
    ])
    expect(issuesOf({ takeover: 0, extra: 3 })).toEqual([])
  })

  it('warns where it would act from the first pseudo batch on', () => {
    expect(issuesOf({ takeover: 100 })).toEqual([
      {
        path: 'students.1.defenses.0.params.takeover',
        severity: 'warning',
        message: expect.stringContaining('distillation’s 100 pseudo batches') as string,
      },
    ])
  })

  it.each([
    [{ start: 'second/student-1@80' }, undefined, 'got "second"'],
    [{ start: 'first/student-2@80' }, undefined, '(student-1), got student-2'],
    [{ start: 'first/student-1@70' }, undefined, '(60, 80, 100), got step 70'],
    [{ start: 'first/student-1@100' }, undefined, 'before the end at 100'],
    [
      { start: 'first/student-1@80' },
      {
        method: { id: 'zskt', params: { pseudoBatches: 100 } },
        architecture: { id: 'wrn', params: { depth: 22, width: 1 } },
      },
      'with other student network',
    ],
    [{ start: 'first/student-1@1' }, { method: { id: 'cmi', params: { pseudoBatches: 100 } } }, 'got step 1'],
    [{ start: 'first/student-1@80' }, { method: { id: 'cmi', params: { pseudoBatches: 100 } } }, 'with other method'],
    [
      { start: 'first/student-1@80' },
      { method: { id: 'zskt', params: { pseudoBatches: 120, temperature: 3 } } },
      'with other method settings',
    ],
  ])('%j is refused: %s', (params, distillation, message) => {
    expect(issuesOf(params, distillation)).toEqual([
      {
        path: 'students.1.defenses.0.params.start',
        severity: 'error',
        message: expect.stringContaining(message) as string,
      },
    ])
  })
})
