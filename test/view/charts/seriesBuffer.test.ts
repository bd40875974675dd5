import { expect, it } from 'vitest'
import { SeriesBuffer } from '@renderer/charts/seriesBuffer'

const points = (...pairs: [number, number][]) => ({
  steps: Float64Array.from(pairs, ([step]) => step),
  values: Float64Array.from(pairs, ([, value]) => value),
})

it('grows beyond its first size and keeps every point', () => {
  const buffer = new SeriesBuffer()
  for (let step = 0; step < 2000; step++) buffer.append(points([step, step * 2]))
  const { steps, values } = buffer.view()
  expect(steps.length).toBe(2000)
  expect([...values.subarray(1998)]).toEqual([3996, 3998])
})

it('lets a resumed run replace the points behind its checkpoint', () => {
  const buffer = new SeriesBuffer()
  buffer.append(points([1, 1], [2, 2], [3, 3], [4, 4]))
  buffer.append(points([3, 30], [4, 40]))
  expect([...buffer.view().steps]).toEqual([1, 2, 3, 4])
  expect([...buffer.view().values]).toEqual([1, 2, 30, 40])
})
