import { describe, expect, it } from 'vitest'
import { formatSections, marks, placed } from '../../../tools/bench/device/report.mjs'

const [begin, end] = marks as [string, string]

describe('what bench:device leaves in a document', () => {
  it('takes the place of what it left before, and nothing else', () => {
    const before = `# Figures\n\n${begin}\n\nold\n\n${end}\n\nBy hand.\n`
    const after = placed(before, 'new\n')
    expect(after).toBe(`# Figures\n\n${begin}\n\nnew\n\n${end}\n\nBy hand.\n`)
    expect(placed(after, 'new\n')).toBe(after)
    expect(placed('# Figures\n', 'new\n')).toBe(`# Figures\n\n${begin}\n\nnew\n\n${end}\n`)
  })

  it('is a table under each title', () => {
    const text = formatSections([{ title: 'Slots', words: 'Two.', head: ['a', 'b'], rows: ['1 | 2'] }], 'npm run x')
    expect(text).toContain('## Slots\n\nTwo.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n')
    expect(text).toMatch(/^`npm run x` on \d{4}-\d\d-\d\d/)
  })
})
