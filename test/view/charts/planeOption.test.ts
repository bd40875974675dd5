import { describe, expect, it } from 'vitest'
import type { ModelResult } from '@shared/domain'
import { chartColors } from '@renderer/charts/colors'
import { defenseArrows, planeOption, resultKey, shortened } from '@renderer/charts/planeOption'

const model = (
  runId: string,
  stageId: string,
  defense: string | null,
  accuracy: number | null,
  asr: number | null,
  method = 'zskt',
): ModelResult => ({
  runId,
  runName: runId,
  stageId,
  kind: defense === null ? 'teacher' : 'student',
  index: 0,
  method: defense === null ? null : method,
  defense,
  data: 'signs',
  attack: 'blend',
  poisonRatio: 0.1,
  seed: 0,
  recipe: null,
  state: 'done',
  accuracy,
  asr,
  robustAccuracy: null,
  der: null,
  rir: null,
  otherSettings: null,
  seconds: 1,
  createdAt: 0,
})
const results = [
  model('r1', 'teacher', null, 0.95, 0.97),
  model('r1', 'student-1', 'none', 0.8, 0.9),
  model('r1', 'student-2', 'sv', 0.78, 0.1),
  model('r2', 'student-1', 'sv', 0.7, 0.2),
  model('r3', 'student-1', 'none', 0.6, null),
]

describe('the accuracy–ASR plane', () => {
  it('draws arrows from the undefended student to the defended ones of the same run only', () => {
    expect(defenseArrows(results).map(({ from, to }) => [resultKey(from), resultKey(to)])).toEqual([
      ['r1/student-1', 'r1/student-2'],
    ])
  })
  it('does not connect students of different methods', () => {
    expect(defenseArrows([model('r', '1', 'none', 0.5, 0.5, 'cmi'), model('r', '2', 'sv', 0.5, 0.5, 'zskt')])).toEqual(
      [],
    )
  })
  it('ends an arrow beside the point, not under it, and never turns it around', () => {
    const [, end] = shortened([0, 0], [1, 0], { width: 110, height: 50 })
    expect(end[0]).toBeCloseTo(0.9)
    const [near, far] = shortened([0.5, 0.5], [0.501, 0.5], { width: 100, height: 100 })
    expect(far[0]).toBeGreaterThan(near[0])
    expect(shortened([0.5, 0.5], [0.5, 0.5], { width: 100, height: 100 })).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ])
  })
  it('leaves out models without both numbers, and dims what is not selected', () => {
    const option = planeOption({
      results,
      selected: new Set(['r1/student-2']),
      colors: chartColors(false),
      size: { width: 500, height: 400 },
      nameOf: (result) => result.runName,
    })
    const points = (option['series'] as { id?: string; data: { id: string; itemStyle: { opacity: number } }[] }[]).find(
      (entry) => entry.id === 'models',
    )!.data
    expect(points.map((point) => point.id)).toEqual(['r1/teacher', 'r1/student-1', 'r1/student-2', 'r2/student-1'])
    expect(points.filter((point) => point.itemStyle.opacity > 0.9).map((point) => point.id)).toEqual(['r1/student-2'])
  })
})
