import { describe, expect, it } from 'vitest'
import { readyStages, type WantedRun } from '../../../../src/main/engine/control/runs/demand'
import { keysOfRun } from '../../../../src/main/engine/control/runs/stageBook'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import type { RunSummary, StageState } from '../../../../src/shared/domain'
import { fakeCatalogue } from '../../../fakes/catalogue'

type Given = Partial<
  Record<'data' | 'teacher' | 'student-1' | 'student-2', { key: string; state?: StageState; step?: number }>
>

function run(id: string, given: Given, more: Partial<RunSummary> = {}): WantedRun {
  const base = newRun({ id, config: fakeCatalogue.defaults, createdAt: 0 })
  const stages = base.stages.flatMap((stage) => {
    const known = given[stage.id as keyof Given]
    return known ? [{ ...stage, ...known, place: `stages/${known.key}` }] : []
  })
  const made = { ...base, ...more, stages }
  return { run: made, keys: keysOfRun(made) }
}
const ready = (runs: WantedRun[], { active = [] as string[], done = [] as string[], ahead = false } = {}) =>
  readyStages(
    { runs, isActive: (place) => active.includes(place), isDone: (key) => done.includes(key) },
    { ahead },
  ).map(({ runId, stage, after }) => [runId, stage.id, ...after])

describe('what can begin', () => {
  it('is what waits for nothing, in the order of runs; a stage of two runs is for the first', () => {
    const one = run('one', { data: { key: 'd' }, teacher: { key: 't' }, 'student-1': { key: 'a' } })
    const two = run('two', { data: { key: 'd' }, teacher: { key: 't' }, 'student-1': { key: 'b' } })
    expect(ready([one, two])).toEqual([['one', 'data']])
    expect(ready([one, two], { active: ['stages/d'] })).toEqual([])
  })

  it('are all students of a teacher that is done, whichever run trained it', () => {
    const state = 'done'
    const of = (id: string, key: string) =>
      run(id, { data: { key: 'd', state }, teacher: { key: 't', state }, 'student-1': { key } })
    expect(ready([of('one', 'a'), of('two', 'b'), of('three', 'a')])).toEqual([
      ['one', 'student-1'],
      ['two', 'student-1'],
    ])
  })

  it('is handed over ahead with what it waits for, where an executor keeps its own queue', () => {
    const one = run('one', { data: { key: 'd', state: 'done' }, teacher: { key: 't' }, 'student-1': { key: 'a' } })
    expect(ready([one], { ahead: true })).toEqual([
      ['one', 'teacher'],
      ['one', 'student-1', 'stages/t'],
    ])
  })

  it('lets a student wait for the one that it goes on from, while some run will have it', () => {
    const state = 'done'
    const prefix = { key: 'plain', step: 80 }
    const base = { data: { key: 'd', state }, teacher: { key: 't', state } } as const
    const late = run('late', { ...base, 'student-1': { key: 'late' } })
    const waiting = { ...late, keys: late.keys.map((key) => (key.id === 'student-1' ? { ...key, prefix } : key)) }
    const plain = run('plain', { ...base, 'student-1': { key: 'plain' } })
    expect(ready([waiting, plain])).toEqual([['plain', 'student-1']])
    expect(ready([waiting])).toEqual([['late', 'student-1']])
    expect(ready([waiting], { done: ['plain'] })).toEqual([['late', 'student-1']])
  })

  it('is no student that has come as far as its run goes', () => {
    const state = 'done'
    const student = { key: 'a', state: 'paused', step: 50 } as const
    const of = (until: number | null) =>
      run('one', { data: { key: 'd', state }, teacher: { key: 't', state }, 'student-1': student }, { until })
    expect(ready([of(50)])).toEqual([])
    expect(ready([of(100)])).toEqual([['one', 'student-1']])
    expect(ready([of(null)])).toEqual([['one', 'student-1']])
  })
})
