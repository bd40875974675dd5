import { describe, expect, it } from 'vitest'
import { chartColors } from '@renderer/charts/colors'
import { conditionLook } from '@renderer/charts/identity'
import { ciede2000, contrast, difference, visions } from './colorVision'

describe('the distance of colours', () => {
  // Of the pairs that Sharma et al. publish.
  it.each([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 2.5, 0], [50, 3.2592, 0.335], 1.0],
    [[50, 2.5, 0], [61, -5, 29], 22.8977],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ] as const)('%o to %o is %d', (first, second, wanted) => {
    expect(ciede2000(first, second)).toBeCloseTo(wanted, 4)
  })
})

describe.each([
  ['light', false, ['#ffffff', '#f8fafb', '#f4f6f8']],
  ['dark', true, ['#191e27', '#1d232d', '#12161d']],
] as const)('colours of conditions, %s', (_, isDark, grounds) => {
  const colors = chartColors(isDark)
  const all = [...colors.series, colors.teacher]
  const pairs = all.flatMap((first, index) => all.slice(index + 1).map((second) => [first, second] as const))

  it.each(visions)('are told apart: %s', (vision) => {
    const nearest = Math.min(...pairs.map(([first, second]) => difference(first, second, vision)))
    expect(nearest).toBeGreaterThanOrEqual(vision === 'all' ? 15 : 10)
  })
  it('stand out from every ground', () => {
    for (const color of all) for (const ground of grounds) expect(contrast(color, ground)).toBeGreaterThanOrEqual(3)
  })
  it('are none of the accent, nor of the teacher, where the condition is not known', () => {
    const look = conditionLook({ key: '', number: -1 }, colors)
    expect(look).toEqual({ color: colors.muted, marker: 'circle', dash: [] })
  })
  it('come with another marker or dash where they repeat', () => {
    const looks = Array.from({ length: 56 }, (_, number) => {
      const { color, marker, dash } = conditionLook({ key: `condition ${number}`, number }, colors)
      return { point: `${color} ${marker}`, line: `${color} ${dash.join()}` }
    })
    expect(new Set(looks.map(({ point }) => point)).size).toBe(56)
    expect(new Set(looks.slice(0, 32).map(({ line }) => line)).size).toBe(32)
  })
})
