import { describe, expect, it } from 'vitest'
import { failureLine } from '../../../src/main/cli/commands/study/parts/words'
import type { StudyCell } from '../../../src/shared/domain'
import { RefusedInputError, UserError, causeSentence, sentenceOf, toCauses } from '../../../src/shared/errors'

const changed = new UserError('A file that this run reads has changed since the run was made.', {
  where: '/data/cifar',
  action: 'Put it back.',
})

describe('an error in the line of a list', () => {
  it('names the place beside what happened, as that of an error at hand does', () => {
    const line = 'A file that this run reads has changed since the run was made (/data/cifar).'
    expect(causeSentence(toCauses(changed))).toBe(line)
    expect(sentenceOf(changed)).toBe(line)
    const cell = { index: 4, axes: { seed: '1' }, error: toCauses(changed) } as unknown as StudyCell
    expect(failureLine(cell)).toBe(`cell 4 (seed 1) failed: ${line}`)
  })

  it('does not name it twice, and none that nobody knows', () => {
    const named = new RefusedInputError('/data/cifar is no folder.', { where: '/data/cifar' })
    expect(causeSentence(toCauses(named))).toBe('/data/cifar is no folder.')
    expect(causeSentence(toCauses(new Error('broken')))).toBe('broken')
    expect(causeSentence([])).toBeNull()
    expect(causeSentence(null)).toBeNull()
  })
})
