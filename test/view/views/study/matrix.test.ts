import { describe, expect, it } from 'vitest'
import { cellKey, defaultLayout, failuresOf, gather, layOut, soundLayout } from '@renderer/views/study/matrix'
import { fixtureAxes, fixtureDefinition, fixtureStudy } from '../../studyFixtures'

describe('the matrix of a study', () => {
  const study = fixtureStudy((index) => (index < 6 ? 'done' : index === 6 ? 'running' : 'waiting'))

  it('puts attacks in rows, the other axes in columns, and averages over seeds', () => {
    const layout = defaultLayout(study.axes)
    expect(layout).toEqual({ rows: ['attack'], columns: ['defenses'] })
    const matrix = layOut(study.axes, study.list, layout)
    expect(matrix.rows.map(({ labels }) => labels)).toEqual([['badnet_grid'], ['blend']])
    expect(matrix.columns.map(({ labels }) => labels)).toEqual([['none'], ['sv']])
    expect(matrix.averaged).toEqual(['Seed'])
    const first = matrix.cells.get(cellKey(matrix.rows[0]!, matrix.columns[0]!))!
    expect(first.counts.done).toBe(3)
    expect(first.accuracy!.mean).toBeCloseTo(0.91, 12)
    expect(first.accuracy!.deviation).toBeCloseTo(0.01, 12)
    expect(first.asr!.mean).toBeCloseTo(0.92, 12)
  })

  it('shows of cells that still train their progress, and no mean of what is done', () => {
    const begun = gather(study.list.slice(6, 9))
    expect(begun).toMatchObject({ accuracy: null, asr: null, preliminary: null, secondsLeft: 90 })
    expect(begun.progress).toBeCloseTo(0.4 / 3, 12)
    const evaluated = gather([{ ...study.list[6]!, student: study.list[0]!.student }])
    expect(evaluated.accuracy).toBeNull()
    expect(evaluated.preliminary!.accuracy).toMatchObject({ mean: 0.9, n: 1 })
  })

  it('leaves out what has learnt nothing, and says so', () => {
    const health = [{ kind: 'deadStudent', severity: 'error', reason: '', place: 'charts' } as const]
    const [first, ...others] = study.list.slice(0, 3)
    const cell = gather([{ ...first!, health }, ...others])
    expect(cell).toMatchObject({ leftOut: '1 of 3 left out: dead', accuracy: { n: 2 }, counts: { done: 3 } })
  })

  it('keeps the order of the axis, whichever cell comes first', () => {
    const matrix = layOut(study.axes, [...study.list].reverse(), { rows: ['seed'], columns: ['defenses', 'attack'] })
    expect(matrix.rows.map(({ labels }) => labels[0])).toEqual(['0', '1', '2'])
    expect(matrix.columns.map(({ labels }) => labels.join(' '))).toEqual([
      'none badnet_grid',
      'none blend',
      'sv badnet_grid',
      'sv blend',
    ])
  })

  it('has one place where nothing but seeds varies', () => {
    const seeds = fixtureStudy(() => 'waiting', fixtureDefinition({ axes: fixtureAxes.slice(2) }))
    const matrix = layOut(seeds.axes, seeds.list, defaultLayout(seeds.axes))
    expect([matrix.rows.length, matrix.columns.length, matrix.cells.size]).toEqual([1, 1, 1])
  })

  it('forgets axes that the study does not have, and puts none on both sides', () => {
    const layout = { rows: ['gone', 'attack'], columns: ['attack', 'defenses'] }
    expect(soundLayout(study.axes, layout)).toEqual({ rows: ['attack'], columns: ['defenses'] })
  })

  it('gathers 2,000 cells within a frame or two', () => {
    const many = fixtureStudy(
      () => 'done',
      fixtureDefinition({
        axes: [
          { path: 'attack', values: Array.from({ length: 20 }, (_, index) => ({ label: `a${index}`, value: index })) },
          {
            path: 'defenses',
            values: Array.from({ length: 10 }, (_, index) => ({ label: `d${index}`, value: index })),
          },
          { path: 'seed', values: Array.from({ length: 10 }, (_, index) => ({ label: `${index}`, value: index })) },
        ],
      }),
    )
    const begin = performance.now()
    const matrix = layOut(many.axes, many.list, defaultLayout(many.axes))
    expect(performance.now() - begin).toBeLessThan(200)
    expect(matrix.cells.size).toBe(200)
  })

  it('tells failures by their reason', () => {
    const failing = fixtureStudy((index) => (index % 2 === 0 ? 'failed' : 'done'))
    const failures = failuresOf(failing.list)
    expect(failures.map(({ reason, cells }) => [reason, cells.length])).toEqual([
      ['The data set could not be read.', 6],
    ])
  })
})
