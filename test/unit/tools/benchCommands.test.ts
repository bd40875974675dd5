/** What the benchmarks' commands take, and that what they read of the product is what the product says. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { progressLine, type Output } from '../../../src/main/cli/output'
import { createRunTeller } from '../../../src/main/cli/runTeller'
import { timePhaseNames } from '../../../src/shared/domain'
import { commandsOfCard } from '../../../tools/bench/device/everything.mjs'
import { listOf, oneOf, wholeOf, wholesOf } from '../../../tools/bench/flags.mjs'
import { goalOf } from '../../../tools/bench/goals.mjs'
import { figureLine, phaseTitles } from '../../../tools/bench/wholeRun.mjs'
import { createFakeEngine } from '../../fakes/engine'

let reference = ''
beforeAll(() => {
  reference = mkdtempSync(join(tmpdir(), 'abd-reference-'))
  mkdirSync(join(reference, 'zskt'))
  writeFileSync(join(reference, 'zskt', 'solver.py'), '')
})
afterAll(() => rmSync(reference, { recursive: true, force: true }))

describe('options of the benchmarks', () => {
  it('are refused by name where they are none', () => {
    expect(listOf({ only: 'first,busy' }, 'only', ['first', 'busy', 'slots'])).toEqual(['first', 'busy'])
    expect(() => listOf({ only: 'frist' }, 'only', ['first'])).toThrow('--only wants some of first, got "frist".')
    expect(() => listOf({ only: '' }, 'only', ['first'])).toThrow('--only wants')
    expect(() => oneOf({ device: 'tpu' }, 'device', ['cpu', 'gpu'])).toThrow('--device wants cpu or gpu, got "tpu".')
    expect(wholeOf({ rounds: '3' }, 'rounds', 1)).toBe(3)
    for (const rounds of ['0', '1.5', 'x']) expect(() => wholeOf({ rounds }, 'rounds', 1)).toThrow('from 1')
    expect(wholesOf({ seeds: '0,3' }, 'seeds')).toEqual([0, 3])
    for (const seeds of ['', '0,x', '0,-1', '0.5']) expect(() => wholesOf({ seeds }, 'seeds')).toThrow('--seeds wants')
  })
})

describe('bench:gpu', () => {
  it('measures the device with the precisions and sizes of the comparison', () => {
    const [comparison, device] = commandsOfCard(['--reference', reference, '--batch', '256', '--threads', '8'])
    expect(comparison?.[0]).toBe('bench.mjs')
    expect(comparison).toEqual(expect.arrayContaining(['gpu', 'float32,tf32,mixed', reference, '256', '8']))
    expect(device?.join(' ')).toBe(
      'bench-device.mjs --device gpu --precision float32,tf32,mixed --threads 8 --batch 256 --rounds 10 --write',
    )
    const [, narrow] = commandsOfCard(['--reference', reference, '--precision', 'mixed'])
    expect(narrow).toEqual(expect.arrayContaining(['mixed']))
  })

  it('says before anything runs what is missing', () => {
    expect(() => commandsOfCard([])).toThrow('wants --reference PATH')
    expect(() => commandsOfCard(['--reference', tmpdir()])).toThrow('has no zskt/solver.py')
  })

  it('holds a card to its own goals', () => {
    const asked = { precision: 'mixed', comparison: 'autocast', instructions: [] }
    expect(goalOf({ ...asked, kind: 'gpu', figure: 'pseudoBatch' })).toBe(1.3)
    expect(goalOf({ ...asked, kind: 'gpu', figure: 'teacher' })).toBe(1)
    expect(goalOf({ ...asked, kind: 'cpu', figure: 'pseudoBatch' })).toBe(1.5)
  })
})

describe('bench:runs', () => {
  it('has a row for every phase that a record knows, in its order', () => {
    expect(Object.keys(phaseTitles)).toEqual(timePhaseNames)
  })

  it('knows a line of the command that shows a figure, and of which stage', async () => {
    const engine = createFakeEngine({ finishedRuns: 1 })
    const run = await engine.call('runs.get', { runId: 'fake-1' })
    const during = (kind: string) => ({
      ...run,
      stages: run.stages.map((stage) =>
        stage.kind === kind ? { ...stage, state: 'running' as const, evaluation: null } : stage,
      ),
    })
    expect(figureLine.exec(progressLine(during('student')))).toBeNull()
    expect(figureLine.exec(progressLine(during('student'), 'student loss -0.71'))?.groups?.stage).toMatch(/^Student/)
    expect(figureLine.exec(progressLine(during('teacher'), 'loss 0.2'))?.groups?.stage).toMatch(/^Teacher/)
  })

  it('tells of every stage that trains at once', async () => {
    const engine = createFakeEngine({ finishedRuns: 1 })
    const run = await engine.call('runs.get', { runId: 'fake-1' })
    const lines: string[] = []
    const silent = { tell: () => undefined, result: () => undefined, endProgress: () => undefined }
    const teller = createRunTeller({ ...silent, progress: (line) => void lines.push(line) } satisfies Output)
    const stages = run.stages.map((stage) => ({ ...stage, state: stage.kind === 'data' ? 'done' : 'running' }) as const)
    teller.progress({ ...run, stages })
    expect(lines[0]?.split(' · ').map((part) => part.slice(0, 5))).toEqual(
      stages.slice(1).map((_stage, index) => `[${index + 2}/${stages.length}]`),
    )
  })
})
