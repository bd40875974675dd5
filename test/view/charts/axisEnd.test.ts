import { expect, it } from 'vitest'
import { axisEnd } from '@renderer/charts/axisEnd'

it.each([
  [177, null, 200],
  [177, 180, 180],
  [201, 320, 250],
  [320, 320, 320],
  [1, 5, 1],
  [0, null, 1],
  [80_000, 80_000, 80_000],
  [999, null, 1000],
  [130, 120, 150],
])('after step %s of %s the axis ends at %s', (last, total, end) => expect(axisEnd(last, total)).toBe(end))
