import { describe, expect, it } from 'vitest'
import { cornerOf, sheetSize, tilesIn } from '@renderer/views/run/sheetGeometry'
import { orderedTiles } from '@renderer/views/run/useTiles'
import type { SyntheticImages } from '@shared/domain'

const images: SyntheticImages = {
  step: 5,
  count: 4,
  height: 1,
  width: 1,
  channels: 1,
  pixels: new Uint8Array(4),
  teacherClass: [2, 1, 2, 0],
  teacherConfidence: [0.9, 0.4, 0.6, 0.5],
  studentClass: [2, 0, 2, 1],
  suspected: [0, 0, 1, 0],
}

describe('The images of a step', () => {
  it('are ordered by what the teacher says, those of equal rank as they were made', () => {
    expect(orderedTiles(images, 'made', 'all')).toEqual([0, 1, 2, 3])
    expect(orderedTiles(images, 'teacherClass', 'all')).toEqual([3, 1, 0, 2])
    expect(orderedTiles(images, 'leastConfident', 'all')).toEqual([1, 3, 2, 0])
    expect(orderedTiles(images, 'mostConfident', 'all')).toEqual([0, 2, 3, 1])
  })

  it('are chosen by class, by the defense’s suspicion, and where the models disagree', () => {
    expect(orderedTiles(images, 'made', 'class:2')).toEqual([0, 2])
    expect(orderedTiles(images, 'made', 'suspected')).toEqual([2])
    expect(orderedTiles(images, 'made', 'disagree')).toEqual([1, 3])
  })
})

describe('A sheet of tiles', () => {
  it('has as many columns as fit in', () => {
    const sheet = tilesIn({ width: 700, tiles: 64, side: 64, ofAll: 64 })
    expect(sheet).toEqual({ columns: 10, side: 64, labelHeight: 0 })
    expect(cornerOf(11, sheet)).toEqual({ x: 67, y: 67 })
    expect(sheetSize(64, sheet).height).toBe(7 * 67)
  })

  it('has one column where a tile is wider than the sheet', () => {
    expect(tilesIn({ width: 100, tiles: 9, side: 160, ofAll: 9 })).toMatchObject({ columns: 1, side: 100 })
  })

  it('leaves room for labels, and makes tiles large enough for them', () => {
    expect(tilesIn({ width: 700, tiles: 64, side: 24, ofAll: 64, labelled: true })).toMatchObject({
      side: 56,
      labelHeight: 32,
    })
  })

  it('fills the width where no size was chosen', () => {
    expect(tilesIn({ width: 320, tiles: 64, side: null, ofAll: 64 })).toMatchObject({ columns: 8, side: 37 })
  })
})
