import { describe, expect, it } from 'vitest'
import {
  checkpointNameOf,
  checkpointNamePattern,
  checkpointNameText,
  compareStages,
  stageIdOf,
  stageNameOf,
} from '../../../src/shared/domain'

describe('the name of a stage', () => {
  it.each([
    ['data', { kind: 'data', index: 0 }],
    ['teacher', { kind: 'teacher', index: 0 }],
    ['student-1', { kind: 'student', index: 0 }],
    ['student-12', { kind: 'student', index: 11 }],
  ] as const)('%s is written and read', (id, name) => {
    expect(stageIdOf(name)).toBe(id)
    expect(stageNameOf(id)).toEqual(name)
  })

  it.each(['', 'student', 'student-', 'student-0', 'student-01', 'student-1x', 'Teacher', 'data-1', 'a/student-1'])(
    'is not read out of "%s"',
    (text) => {
      expect(stageNameOf(text)).toBeUndefined()
    },
  )

  it('sorts in the order of the pipeline', () => {
    const ids = ['student-10', 'student-2', 'teacher', 'student-1', 'data']
    expect(
      ids
        .flatMap((id) => stageNameOf(id) ?? [])
        .sort(compareStages)
        .map(stageIdOf),
    ).toEqual(['data', 'teacher', 'student-1', 'student-2', 'student-10'])
  })
})

describe('the name of a checkpoint', () => {
  it('is written, read and accepted by a field', () => {
    const name = { runId: '20240131-174500-a1b2', stageId: 'student-2', step: 79_400 }
    expect(checkpointNameOf(checkpointNameText(name))).toEqual(name)
    expect(checkpointNameText(name)).toMatch(new RegExp(`^${checkpointNamePattern}$`))
  })

  it.each([
    '',
    'student-1@3',
    'run/teacher@3',
    'a/b/student-1@3',
    'run/student-1',
    '../student-1@x',
    'run/student-0@3',
  ])('is not read out of "%s"', (text) => {
    expect(checkpointNameOf(text)).toBeUndefined()
  })
})
