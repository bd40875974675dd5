import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  createLoadedDatasets,
  datasets,
  type Dataset,
  type LoadedDataset,
} from '../../../src/main/engine/families/datasets'
import { createRegistry } from '../../../src/shared/schema'

const signs = datasets.get('signs')
const choice = (trainImages = 40) => ({ id: 'signs', params: { trainImages, testImages: 20 } })
let cacheFolder = ''
beforeAll(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'loaded-test-'))
})
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))

function loadedOver(changes: Partial<Dataset> = {}) {
  const load = vi.fn(signs.load)
  return {
    load,
    loaded: createLoadedDatasets(createRegistry('dataset', 'Data sets', [{ ...signs, load, ...changes }]), {
      cacheFolder,
    }),
  }
}

describe('loaded data sets', () => {
  it('loads once for callers at the same time and later, and again for another choice', async () => {
    const { loaded, load } = loadedOver()
    const [first, second] = await Promise.all([loaded.open(choice()), loaded.open(choice())])
    expect(second).toBe(first)
    expect(await loaded.open(choice())).toBe(first)
    expect(load).toHaveBeenCalledTimes(1)
    expect(loaded.peek(choice())).toBe(first)
    expect((await loaded.open(choice(60))).train.count).toBe(60)
    expect(loaded.peek(choice())).toBeNull()
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('draws a few images alone while nothing is loaded, cuts them out once it is, and loads where the member cannot', async () => {
    const { loaded, load } = loadedOver()
    const range = { split: 'train', first: 3, count: 2 } as const
    const drawn = await loaded.images(choice(), range)
    expect(load).not.toHaveBeenCalled()
    await loaded.open(choice())
    expect((await loaded.images(choice(), range)).pixels).toEqual(drawn.pixels)
    const other = loadedOver({ preview: undefined })
    expect((await other.loaded.images(choice(), range)).pixels).toEqual(drawn.pixels)
    expect(other.load).toHaveBeenCalledTimes(1)
  })

  it('finds examples of classes: drawn alone where labels are known, and the same ones out of the whole', async () => {
    const { loaded, load } = loadedOver()
    const wanted = { split: 'train', classes: [7, 2, 99], perClass: 3 } as const
    const drawn = await loaded.images(choice(), wanted)
    expect(load).not.toHaveBeenCalled()
    expect([drawn.count, [...drawn.labels]]).toEqual([6, [7, 7, 7, 2, 2, 2]])
    await loaded.open(choice())
    expect(await loaded.images(choice(), wanted)).toEqual(drawn)
    expect((await loaded.images(choice(), { ...wanted, perClass: 9 })).count).toBe(8)
    expect((await loadedOver({ labels: undefined }).loaded.images(choice(), wanted)).pixels).toEqual(drawn.pixels)
  })

  it('tells those who wait for a load how far it is, whoever began it, and nobody of one that was overtaken', async () => {
    const tell: ((fraction: number, message: string) => void)[] = []
    const finish: (() => void)[] = []
    const load = vi.fn<Dataset['load']>((params, context) => {
      tell.push(context.onProgress!)
      return new Promise((resolve) => finish.push(() => resolve(signs.load(params, { cacheFolder }))))
    })
    const { loaded } = loadedOver({ load })
    const [early, late] = [vi.fn(), vi.fn()]
    const loads = [
      loaded.open(choice()),
      loaded.open(choice(), undefined, early),
      loaded.open(choice(60), undefined, late),
    ]
    tell[0]!(0.5, 'half')
    tell[1]!(0.1, 'begun')
    expect([early.mock.calls, late.mock.calls]).toEqual([[[0.5, 'half']], [[0.1, 'begun']]])
    finish.forEach((end) => end())
    await Promise.all(loads)
    tell[1]!(1, 'over')
    expect(late).toHaveBeenCalledTimes(1)
  })

  it('forgets a load that failed, and lets a caller leave without ending it for others', async () => {
    let finish: (dataset: LoadedDataset) => void = () => undefined
    const load = vi
      .fn<Dataset['load']>()
      .mockRejectedValueOnce(new Error('no file'))
      .mockImplementationOnce(
        () =>
          new Promise((resolve) => {
            finish = resolve
          }),
      )
    const { loaded } = loadedOver({ load })
    await expect(loaded.open(choice())).rejects.toThrow('no file')
    const abort = new AbortController()
    const leaving = loaded.open(choice(), abort.signal)
    const staying = loaded.open(choice())
    abort.abort(new Error('left'))
    await expect(leaving).rejects.toThrow('left')
    const dataset = await signs.load(choice().params as never, { cacheFolder })
    finish(dataset)
    expect(await staying).toBe(dataset)
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('lets go after a while without questions', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { loaded } = loadedOver()
      await loaded.open(choice())
      vi.advanceTimersByTime(119_000)
      expect(loaded.peek(choice())).not.toBeNull()
      vi.advanceTimersByTime(2000)
      expect(loaded.peek(choice())).toBeNull()
    } finally {
      vi.useRealTimers()
    }
  })
})
