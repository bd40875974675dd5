import { describe, expect, it } from 'vitest'
import { imageTableOf } from '@renderer/views/explorer/imageTable'
import { keptSince, measuredColumns, withNumbers } from '@renderer/views/explorer/measuredNumbers'
import type { ImageNumbersArtifact, KeptGrid } from '@shared/domain'

const layout = { height: 2, width: 2, channels: 1 } as const
const grids: KeptGrid[] = [
  { at: 5, count: 2, ...layout },
  { at: 9, count: 2, ...layout },
]
const numbers: ImageNumbersArtifact = {
  stages: ['student-2', 'student-1'],
  trigger: { id: 'blend', title: 'Blended picture' },
  shuffled: null,
  keptImages: 4,
  columns: {
    stage: [1, 1, 0, 1, 1],
    step: [5, 9, 5, 7, 9],
    index: [1, 0, 0, 0, 8],
    teacherClass: [0, 0, 0, 0, 0],
    teacherConfidence: [1, 1, 1, 1, 1],
    studentClass: null,
    studentConfidence: null,
    studentKl: [0.5, null, 7, 8, 9],
    shuffledKl: null,
    suspected: [1, 0, 1, 1, 1],
    penalty: null,
    correlation: [0.25, -0.5, 1, 1, 1],
    embeddingX: [0, 1, 2, 3, 4],
    embeddingY: [0, -1, -2, -3, -4],
  },
}

describe('Measured numbers', () => {
  it('stand beside what was recorded, each with its image; the others have none', () => {
    const { columns } = withNumbers(imageTableOf(grids), 'student-1', numbers)
    expect([...(columns.get('measured.studentKl') ?? [])]).toEqual([NaN, 0.5, NaN, NaN])
    expect([...(columns.get('measured.suspected') ?? [])]).toEqual([NaN, 1, 0, NaN])
    expect([...(columns.get('measured.correlation') ?? [])]).toEqual([NaN, 0.25, -0.5, NaN])
    expect(columns.has('measured.penalty')).toBe(false)
  })

  it('are none of a student that was not measured', () => {
    const table = imageTableOf(grids)
    expect(withNumbers(table, 'student-3', numbers)).toBe(table)
  })

  it('are behind when their students have kept more images since, as far as that is known', () => {
    const counts = (first: number, second: number): Map<string, number> =>
      new Map([
        ['student-1', first],
        ['student-2', second],
      ])
    expect(keptSince(numbers, counts(4, 3))).toBe(3)
    expect(keptSince(numbers, counts(2, 2))).toBe(0)
    expect(keptSince(numbers, counts(1, 2))).toBe(0)
    expect(keptSince(numbers, new Map([['student-1', 100]]))).toBe(0)
  })

  it('have the titles that they have as a table', () => {
    expect(measuredColumns.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'measured.studentKl number',
      'measured.shuffledKl number',
      'measured.suspected mark',
      'measured.penalty number',
      'measured.correlation number',
    ])
  })
})
