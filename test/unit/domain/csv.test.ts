import { describe, expect, it } from 'vitest'
import { toCsv } from '../../../src/shared/domain'

describe('toCsv', () => {
  it('quotes what needs it and keeps a spreadsheet from running a name', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          ['x, "y"', 1.5],
          ['=SUM(A1)', null],
        ],
      ),
    ).toBe('a,b\r\n"x, ""y""",1.5\r\n\'=SUM(A1),\r\n')
  })
})
