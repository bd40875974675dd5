import { describe, expect, it } from 'vitest'
import { chartColors } from '@renderer/charts/colors'
import { conditionLook } from '@renderer/charts/identity'
import { drawMarkers } from '@renderer/charts/plane/markers'
import { planeOption, shortened, type PlaneInput } from '@renderer/charts/plane/planeOption'
import { pointsFrom, wholePlane } from '@renderer/charts/plane/points'

const colors = chartColors(false)
const points = pointsFrom([
  { key: 'teacher', accuracy: 0.9, asr: 0.95, condition: -1, hollow: false },
  { key: 'plain', accuracy: 0.8, asr: 0.9, condition: 0, hollow: false },
  { key: 'defended', accuracy: 0.78, asr: 0.1, condition: 1, hollow: false },
  { key: 'dead', accuracy: 0.1, asr: 0, condition: 1, hollow: true },
])
const input = (more: Partial<PlaneInput> = {}): PlaneInput => ({
  size: { width: 500, height: 400 },
  range: wholePlane,
  points,
  lookOf: (number) => conditionLook(number < 0 ? undefined : { key: '', number }, colors),
  isShown: () => true,
  selected: new Set<string>(),
  showFront: true,
  crosses: [],
  arrows: [],
  trails: [],
  colors,
  ...more,
})
interface Element {
  shape: { places: Float32Array; marker: string }
  style: { fill: string; stroke: string; opacity: number }
}
interface Series {
  id?: string
  type: string
  clip?: boolean
  data: unknown[]
  renderItem?: () => { children: Element[] }
}
const seriesOf = (given: PlaneInput): Series[] => planeOption(given)['series'] as Series[]
const layersOf = (given: PlaneInput): Element[] =>
  seriesOf(given).flatMap(({ id, type, renderItem }) =>
    type === 'custom' && id === undefined && renderItem ? renderItem().children : [],
  )

describe('the accuracy–ASR plane', () => {
  it('draws each kind with its own look, dead ones hollow', () => {
    const layers = layersOf(input())
    expect(layers.map(({ shape, style }) => [shape.marker, style.fill, shape.places.length / 2])).toEqual([
      ['diamond', 'none', 1],
      ['rect', colors.teacher, 1],
      ['circle', colors.series[0], 1],
      ['diamond', colors.series[1], 1],
    ])
  })
  it('keeps the look of a model whatever is selected, and dims the others', () => {
    const [dead, teacher, plain, defended] = layersOf(input({ selected: new Set(['defended']) }))
    expect(defended?.style).toMatchObject({ fill: colors.series[1], opacity: 0.95 })
    for (const other of [dead, teacher, plain]) expect(other?.style.opacity).toBeLessThan(0.5)
  })
  it('cuts points at the edge only where a part of the plane is shown', () => {
    const clips = (given: PlaneInput) =>
      seriesOf(given).flatMap(({ id, type, clip }) => (type === 'custom' && id === undefined ? [clip] : []))
    expect(new Set(clips(input()))).toEqual(new Set([false]))
    expect(new Set(clips(input({ range: { x: [0.5, 1], y: [0, 1] } })))).toEqual(new Set([true]))
  })
  it('leaves out conditions that are hidden, in the front too', () => {
    const front = (given: PlaneInput): unknown[] => seriesOf(given).find(({ id }) => id === 'front')!.data
    expect(front(input())).toEqual([
      [0.78, 0.1],
      [0.8, 0.9],
    ])
    const hidden = input({ isShown: (number) => number !== 1 })
    expect(front(hidden)).toEqual([[0.8, 0.9]])
    expect(layersOf(hidden)).toHaveLength(2)
  })
  it('draws a cross for what has an interval, a path for what has several evaluations', () => {
    const series = seriesOf(
      input({
        crosses: [{ key: 'plain', accuracy: { low: 0.7, high: 0.85 }, asr: null }],
        trails: [
          {
            key: 'plain',
            places: [
              [0.2, 0.3],
              [0.8, 0.9],
            ],
          },
          { key: 'defended', places: [[0.5, 0.5]] },
        ],
      }),
    )
    expect(series.find(({ id }) => id === 'crosses')!.data).toMatchObject([
      {
        coords: [
          [0.7, 0.9],
          [0.85, 0.9],
        ],
      },
    ])
    expect(series.find(({ id }) => id === 'trails')!.data).toHaveLength(1)
  })
  it('draws no arrow to what is hidden or not there', () => {
    const children = (given: PlaneInput): unknown[] =>
      seriesOf(given).find(({ id }) => id === 'arrows')!.renderItem!().children
    const arrows = [
      { from: 'plain', to: 'defended' },
      { from: 'gone', to: 'defended' },
    ]
    expect(children(input({ arrows }))).toHaveLength(2)
    expect(children(input({ arrows, isShown: (number) => number !== 0 }))).toHaveLength(0)
  })
  it('ends an arrow beside the point, not under it, and never turns it around', () => {
    const [, end] = shortened([0, 0], [110, 0])
    expect(end).toEqual([99, 0])
    const [near, far] = shortened([50, 50], [50.1, 50])
    expect(far[0]).toBeGreaterThan(near[0])
    expect(shortened([5, 5], [5, 5])).toEqual([
      [5, 5],
      [5, 5],
    ])
  })
})

describe('ticks', () => {
  it.each([
    [
      [0, 1],
      [0, 0.2, 0.4, 0.6, 0.8, 1],
    ],
    [
      [0.12, 0.31],
      [0.15, 0.2, 0.25, 0.3],
    ],
    [
      [0.9012, 0.9087],
      [0.902, 0.904, 0.906, 0.908],
    ],
  ] as const)('of %o are round', (range, ticks) => {
    const { xAxis } = planeOption(input({ range: { x: range, y: [0, 1] } })) as {
      xAxis: { axisLabel: { customValues: number[] } }
    }
    expect(xAxis.axisLabel.customValues).toEqual(ticks)
  })
})

it('draws a path that ends where it began for every marker', () => {
  const calls: string[] = []
  const context = {
    moveTo: () => calls.push('moveTo'),
    lineTo: () => calls.push('lineTo'),
    arc: () => calls.push('arc'),
    closePath: () => calls.push('closePath'),
  }
  drawMarkers(context, { places: Float32Array.of(1, 2, 3, 4), marker: 'circle', size: 10 })
  drawMarkers(context, { places: Float32Array.of(1, 2), marker: 'triangle', size: 10 })
  expect(calls.join(' ')).toBe('moveTo arc closePath moveTo arc closePath moveTo lineTo lineTo closePath')
})
