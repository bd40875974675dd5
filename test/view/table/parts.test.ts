import { describe, expect, it } from 'vitest'
import { cellText, summaryText, summaryWords } from '@renderer/table/cellText'
import { cutOf } from '@renderer/table/middleClip'
import { pressed } from '@renderer/table/sorting'

describe('a name that is cut in the middle', () => {
  const name = 'Shuffling Vaccine on signs, blend, 10 %, seed 3'
  const tail = (neighbours: string[]): string => name.slice(cutOf(name, neighbours))
  it('keeps what tells it from its neighbours, from a whole word on', () => {
    expect(tail(['Shuffling Vaccine on signs, blend, 10 %, seed 4'])).toBe('seed 3')
    expect(tail(['Shuffling Vaccine on signs, blend, 1 %, seed 3'])).toBe('10 %, seed 3')
  })
  it('keeps its end where nothing is shared', () => {
    expect(tail([])).toBe('10 %, seed 3')
    expect(cutOf('Short', ['Other'])).toBe(0)
  })
  it('is not cut after its first letters, which would stand apart from the rest', () => {
    expect(['Demonstration', 'A demonstration', 'Of demonstrations'].map((short) => cutOf(short, []))).toEqual([
      0, 0, 0,
    ])
  })
})

describe('pressing the head of a column', () => {
  const accuracy = { id: 'accuracy', title: 'Accuracy', kind: 'share', width: 90 } as const
  const name = { id: 'name', title: 'Name', kind: 'text', width: 90 } as const
  it('orders numbers from the highest and words from a, then the other way, then not', () => {
    const first = pressed([], accuracy, false)
    expect(first).toEqual([{ column: 'accuracy', descending: true }])
    const second = pressed(first, accuracy, false)
    expect(second).toEqual([{ column: 'accuracy', descending: false }])
    expect(pressed(second, accuracy, false)).toEqual([])
    expect(pressed([], name, false)).toEqual([{ column: 'name', descending: false }])
  })
  it('with Shift adds a column after those that order already', () => {
    const both = pressed([{ column: 'accuracy', descending: true }], name, true)
    expect(both.map(({ column }) => column)).toEqual(['accuracy', 'name'])
    expect(pressed(both, accuracy, true)[0]).toEqual({ column: 'accuracy', descending: false })
  })
})

describe('values of a table', () => {
  it('are written by their kind; what is missing is an en dash', () => {
    expect(cellText('share', 0.9534)).toBe('95.3 %')
    expect(cellText('seconds', 125)).toBe('2 min 05 s')
    expect(cellText('number', 4)).toBe('4')
    expect(cellText('number', 0.25)).toBe('0.25')
    expect(cellText('share', null)).toBe('–')
    expect(cellText('flag', false)).toBe('no')
  })
  it('of a group say mean, deviation, n and interval', () => {
    const summary = {
      n: 3,
      mean: 0.712,
      deviation: 0.013,
      median: 0.71,
      min: 0.7,
      max: 0.726,
      interval: { low: 0.6797, high: 0.7443 },
    }
    expect(summaryText('share', summary)).toBe('71.2 ± 1.3 %')
    expect(summaryWords('share', summary)).toContain('95 % interval of the mean: 68.0 % … 74.4 %.')
    expect(summaryWords('share', { ...summary, n: 1, deviation: null, interval: null })).toContain('a spread wants two')
  })
})
