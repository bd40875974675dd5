import { describe, expect, it } from 'vitest'
import { createAtlasSlots } from '@renderer/views/explorer/atlasSlots'
import { imageKey, partsOfKey } from '@renderer/views/explorer/imageKey'
import { imagesInOrder, type ImageQuestion } from '@renderer/views/explorer/imageOrder'
import { imageTableOf, placeOf, spanAt } from '@renderer/views/explorer/imageTable'
import { picksOf } from '@renderer/views/explorer/picks'
import type { KeptGrid } from '@shared/domain'

const layout = { height: 2, width: 2, channels: 1 } as const
const grids: KeptGrid[] = [
  { at: 5, count: 3, ...layout, teacherClass: [2, 1, 2], teacherConfidence: [0.9, 0.5, 0.5], studentClass: [2, 0, 1] },
  { at: 9, count: 2, ...layout, teacherClass: [1, 0], teacherConfidence: [0.2, 0.7] },
]
const table = imageTableOf(grids)
const ask = (question: Partial<ImageQuestion>): number[] => [
  ...imagesInOrder(table, { filters: [], order: null, span: null, ...question }),
]

describe('The table of kept images', () => {
  it('has a number per image and column, and none where nothing was recorded', () => {
    expect([...(table.columns.get('teacherClass') ?? [])]).toEqual([2, 1, 2, 1, 0])
    expect([...(table.columns.get('disagree') ?? [])]).toEqual([0, 1, 1, NaN, NaN])
    expect(table.columns.has('suspected')).toBe(false)
    expect(placeOf(table, 4)).toEqual({ at: 9, index: 1 })
  })

  it('shows of a step the newest that was kept at it or before', () => {
    expect([4, 5, 8, 9, 100].map((at) => spanAt(table, at))).toEqual([0, 0, 0, 1, 1])
    expect(spanAt(imageTableOf([]), 3)).toBeNull()
  })

  it('finds by ranges, all of which have to hold; what is not known does not match', () => {
    expect(ask({ filters: [{ column: 'teacherClass', from: 2, to: 2 }] })).toEqual([0, 2])
    expect(
      ask({
        filters: [
          { column: 'teacherClass', from: 1, to: 2 },
          { column: 'disagree', from: 1, to: 1 },
        ],
      }),
    ).toEqual([1, 2])
    expect(ask({ filters: [{ column: 'suspected', from: 0, to: 1 }] })).toEqual([])
    expect(ask({ span: 1 })).toEqual([3, 4])
  })

  it('orders by a column, equal ones as made, unknown ones last in either direction', () => {
    const confidence = (descending: boolean) => ask({ order: { column: 'teacherConfidence', descending } })
    expect(confidence(false)).toEqual([3, 1, 2, 4, 0])
    expect(confidence(true)).toEqual([0, 4, 1, 2, 3])
    expect(ask({ order: { column: 'studentClass', descending: true } })).toEqual([0, 2, 1, 3, 4])
  })
})

describe('Keys of images', () => {
  it('name lane, step and place, and gather those of one step', () => {
    const key = imageKey(7, 16_000_000, 16_383)
    expect(partsOfKey(key)).toEqual({ lane: 7, at: 16_000_000, index: 16_383 })
    expect(picksOf([imageKey(1, 20, 3), imageKey(1, 10, 0), imageKey(1, 20, 1)])).toEqual([
      { at: 20, indexes: [3, 1] },
      { at: 10, indexes: [0] },
    ])
  })
})

describe('The slots of thumbnails', () => {
  it('give way to new ones where they were not seen for longest, never those of this frame', () => {
    const slots = createAtlasSlots(3)
    for (const key of [1, 2, 3]) expect(slots.take(key)).toBeGreaterThanOrEqual(0)
    for (let frame = 0; frame < 3; frame++) {
      slots.nextFrame()
      slots.seen(1)
      slots.seen(3)
    }
    expect(slots.take(4)).toBeGreaterThanOrEqual(0)
    expect([1, 2, 3, 4].map((key) => slots.has(key))).toEqual([true, false, true, true])
    expect(slots.take(5)).toBe(-1)
    slots.nextFrame()
    slots.nextFrame()
    expect(slots.take(5)).toBeGreaterThanOrEqual(0)
    expect(slots.size).toBe(3)
  })

  it('stay those of one thumbnail when it comes twice', () => {
    const slots = createAtlasSlots(3)
    expect([slots.take(1), slots.take(1), slots.take(2)]).toEqual([0, 0, 1])
    expect(slots.seen(1)).toBe(0)
  })
})
