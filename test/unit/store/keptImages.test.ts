import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, type RunStore } from '../../../src/main/engine/control/store'
import { encodeGrid } from '../../../src/main/engine/images/imageGrid'
import { pictureFile } from '../../../src/main/engine/protocol/pictureFiles'

const place = 'stages/one'
const steps = { place, source: 'steps' } as const
const layout = { count: 3, height: 4, width: 4, channels: 3 } as const
const size = 4 * 4 * 3
let folder: string
let store: RunStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-kept-'))
  store = openStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Image i of step s is one colour, 10 s + i. */
async function keep(step: number, brighter = 0): Promise<void> {
  const pixels = new Uint8Array(layout.count * size).map((_, at) => 10 * step + brighter + Math.floor(at / size))
  const grid = await encodeGrid({ ...layout, pixels })
  const file = join(store.stageFolder(place), pictureFile('images', step))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, grid)
  const labels = { ...layout, step, teacherClass: [0, 1, 2], variation: { within: 0, between: 0 } }
  store.images.index(place, labels, { bytes: grid.byteLength, keptSteps: 1000 })
}
const firstValues = (pixels: Uint8Array | null): number[] =>
  pixels ? Array.from({ length: pixels.length / size }, (_, image) => pixels[image * size] ?? -1) : []

describe('Kept images, many at a time', () => {
  it('are told in parts, each of which says where to go on', async () => {
    await keep(1)
    for (let step = 2; step <= 130; step++)
      store.images.index(place, { ...layout, step }, { bytes: 1, keptSteps: 1000 })
    const first = store.keptImages.grids(steps, 0)
    expect(first.grids).toHaveLength(128)
    expect(first.grids[0]).toEqual({ at: 1, ...layout, teacherClass: [0, 1, 2] })
    expect(first.next).toBe(129)
    expect(store.keptImages.grids(steps, 129)).toMatchObject({ grids: [{ at: 129 }, { at: 130 }], next: null })
  })

  it('come from any steps in the order in which they were asked for, shrunk where they are too large', async () => {
    await keep(1)
    await keep(2)
    const picks = [
      { at: 2, indexes: [2, 0] },
      { at: 1, indexes: [1] },
    ]
    const found = await store.keptImages.pixels(steps, { picks, longestSide: 64 })
    expect(found.map(({ at, pixels }) => [at, firstValues(pixels)])).toEqual([
      [2, [22, 20]],
      [1, [11]],
    ])
    const [small] = await store.keptImages.pixels(steps, { picks: [{ at: 1, indexes: [1] }], longestSide: 2 })
    expect(small).toMatchObject({ height: 2, width: 2, pixels: new Uint8Array(12).fill(11) })
  })

  it('say of a damaged file, a lost step and an image too many what is wrong, and spoil no other', async () => {
    await keep(1)
    await keep(2)
    writeFileSync(join(store.stageFolder(place), pictureFile('images', 2)), 'no picture')
    const picks = [
      { at: 2, indexes: [0] },
      { at: 5, indexes: [0] },
      { at: 1, indexes: [3] },
      { at: 1, indexes: [2] },
    ]
    const found = await store.keptImages.pixels(steps, { picks, longestSide: 64 })
    expect(found.map(({ fault }) => fault)).toEqual([
      expect.stringContaining('cannot be read'),
      expect.stringContaining('No images were kept at step 5'),
      expect.stringContaining('no image 4'),
      null,
    ])
    expect(firstValues(found[3]?.pixels ?? null)).toEqual([12])
  })

  it('are those of the newest file where a step was kept again', async () => {
    const picks = [{ at: 1, indexes: [0] }]
    const first = async (): Promise<number[]> => {
      const [found] = await store.keptImages.pixels(steps, { picks, longestSide: 64 })
      return firstValues(found?.pixels ?? null)
    }
    await keep(1)
    expect(await first()).toEqual([10])
    await new Promise((resolve) => setTimeout(resolve, 5))
    await keep(1, 100)
    expect(await first()).toEqual([110])
  })

  it('of a pool are those whose grids are on disk', async () => {
    const pixels = new Uint8Array(layout.count * size).fill(7)
    const grid = await encodeGrid({ ...layout, pixels })
    const file = join(store.stageFolder(place), pictureFile('pool', 2))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, grid)
    const call = { ...layout, keptStep: 1, steps: 2, loss: 1, poolImages: 3 }
    store.pool.index(place, { ...call, call: 1 }, { bytes: 0, budgetBytes: 1e6 })
    store.pool.index(place, { ...call, call: 2 }, { bytes: grid.byteLength, budgetBytes: 1e6 })
    const pool = { place, source: 'pool' } as const
    expect(store.keptImages.grids(pool, 0)).toEqual({ grids: [{ at: 2, ...layout }], next: null })
    const [found] = await store.keptImages.pixels(pool, { picks: [{ at: 2, indexes: [1] }], longestSide: 64 })
    expect(firstValues(found?.pixels ?? null)).toEqual([7])
  })
})
