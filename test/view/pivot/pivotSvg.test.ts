import { describe, expect, it } from 'vitest'
import { pivotSvg } from '@renderer/pivot/pivotSvg'

const colors = { ground: '#fff', text: '#111', muted: '#666', rule: '#222' }
const table = {
  fields: ['Attack'],
  columnFields: 'Defense',
  groups: [{ labels: ['none'], columns: ['Accuracy (%)', 'ASR (%)'] }],
  rows: [
    {
      labels: ['Blend <script>'],
      cells: ['91.0 ± 0.2', '88.1 ± 1.0'].map((text) => ({ text, bold: text.startsWith('91') })),
    },
  ],
  caption: 'Accuracy, over 3 seeds.',
}
const draw = (about: readonly string[]) => pivotSvg(table, { measure: (text) => text.length * 7, colors, about })

describe('a table as SVG', () => {
  it('is well-formed whatever is in a name, marks the best, and ends with where it comes from', () => {
    const { svg, width, height } = draw(['Made & kept, 2 runs.'])
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml')
    expect(parsed.querySelector('parsererror')).toBeNull()
    const texts = [...parsed.querySelectorAll('text')].map(({ textContent }) => textContent)
    expect(texts).toEqual(
      expect.arrayContaining(['Attack', 'none', 'ASR (%)', 'Blend <script>', '91.0 ± 0.2', 'Made & kept, 2 runs.']),
    )
    expect(svg).not.toContain('<script>')
    expect(svg.match(/font-weight="700"/g)).toHaveLength(1)
    expect(parsed.querySelectorAll('line')).toHaveLength(3)
    expect([width, height].every((side) => Number.isInteger(side) && side > 50)).toBe(true)
  })

  it('breaks long lines below the table, and grows with them', () => {
    const short = draw(['a'])
    const long = draw(['word '.repeat(60).trim()])
    expect(long.width).toBe(short.width)
    expect(long.height).toBeGreaterThan(short.height + 17)
  })
})
