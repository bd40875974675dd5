import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MemberChoice } from '../../../src/shared/domain'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { datasets, openDataset, previewImages, summarizeDataset } from '../../../src/main/engine/families/datasets'
import type { ImageSet } from '../../../src/main/engine/images/types'

let cacheFolder = ''
beforeAll(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'signs-test-'))
})
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))

const choice = (params: Record<string, unknown> = {}): MemberChoice => ({
  id: 'signs',
  params: { trainImages: 200, testImages: 50, ...params },
})
/** Deep equality of large typed arrays is slow in the assertion library. */
const sameImages = (a: ImageSet, b: ImageSet): boolean =>
  a.count === b.count &&
  Buffer.from(a.pixels).equals(b.pixels) &&
  Buffer.from(a.labels.buffer, a.labels.byteOffset, a.labels.byteLength).equals(
    new Uint8Array(b.labels.buffer, b.labels.byteOffset, b.labels.byteLength),
  )

const images = (folder: string): string[] => readdirSync(join(folder, 'datasets', 'signs'))

describe('Signs', () => {
  it('draws the defined images: means and a few pixels as in the definition', async () => {
    const { train, test, classNames } = await openDataset(datasets, choice(), { cacheFolder })
    expect([train.count, train.height, train.width, train.channels]).toEqual([200, 32, 32, 3])
    expect([...train.labels.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    expect(classNames).toHaveLength(10)
    // Trigonometric functions may differ in the last bit between Node versions: one grey level is allowed.
    const centre = (index: number): number[] => [
      ...train.pixels.subarray(index * 3072 + (16 * 32 + 16) * 3, index * 3072 + (16 * 32 + 16) * 3 + 3),
    ]
    const expected: Record<number, number[]> = { 0: [156, 165, 166], 5: [255, 252, 255], 9: [9, 14, 32] }
    for (const [index, colour] of Object.entries(expected))
      centre(Number(index)).forEach((value, channel) =>
        expect(Math.abs(value - colour[channel]!)).toBeLessThanOrEqual(1),
      )
    const mean = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length
    expect(mean(train.pixels)).toBeCloseTo(115.6367, 2)
    expect(mean(test.pixels)).toBeCloseTo(119.8964, 2)
  })

  it('reads the second time from the cache, and gives the same bytes', async () => {
    const first = await openDataset(datasets, choice({ seed: 1 }), { cacheFolder })
    const messages: string[] = []
    const again = await openDataset(datasets, choice({ seed: 1 }), {
      cacheFolder,
      onProgress: (_fraction, message) => messages.push(message),
    })
    expect(messages).toEqual([])
    expect(sameImages(again.train, first.train)).toBe(true)
    expect(sameImages(again.test, first.test)).toBe(true)
    expect(sameImages((await openDataset(datasets, choice({ seed: 2 }), { cacheFolder })).train, first.train)).toBe(
      false,
    )
  })

  it.each([
    [
      'one byte changed',
      (bytes: Buffer) => {
        bytes[bytes.length - 1]! ^= 1
        return bytes
      },
    ],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 10)],
    [
      'a header that claims gigabytes',
      (bytes: Buffer) => {
        bytes.writeUInt32LE(0xffffffff, 8)
        return bytes
      },
    ],
    ['emptied', () => Buffer.alloc(0)],
    [
      'a header of another shape',
      (bytes: Buffer) => {
        bytes.write('{"a"', 12)
        return bytes
      },
    ],
  ])('makes the images again when the cached file is damaged: %s', async (_case, damage) => {
    const folder = mkdtempSync(join(tmpdir(), 'signs-damaged-'))
    try {
      const first = await openDataset(datasets, choice(), { cacheFolder: folder })
      const [name] = images(folder)
      const file = join(folder, 'datasets', 'signs', name!)
      const good = readFileSync(file)
      writeFileSync(file, damage(Buffer.from(good)))
      expect(sameImages((await openDataset(datasets, choice(), { cacheFolder: folder })).train, first.train)).toBe(true)
      expect(readFileSync(file).equals(good)).toBe(true)
      expect(images(folder)).toHaveLength(1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('goes on without a cache folder that can be written', async () => {
    const file = join(cacheFolder, 'a-file')
    writeFileSync(file, '')
    expect((await openDataset(datasets, choice(), { cacheFolder: file })).train.count).toBe(200)
  })

  it('previews a few images without drawing all of them, cut at the end', async () => {
    const whole = await openDataset(datasets, choice(), { cacheFolder })
    const some = (await previewImages(datasets, choice(), { cacheFolder }, { split: 'test', first: 45, count: 20 }))!
    expect(some.count).toBe(5)
    expect(some.pixels).toEqual(whole.test.pixels.subarray(45 * 3072))
    expect([...some.labels]).toEqual([5, 6, 7, 8, 9])
  })

  it('lets other work run while it draws, and stops when asked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signs-yield-'))
    // Turns of the event loop, not milliseconds: a busy machine must not fail the test. 8 ms of drawing per turn make
    // dozens.
    let turns = 0
    let drawing = true
    const turn = (): void => {
      turns += 1
      if (drawing) setTimeout(turn, 0)
    }
    turn()
    try {
      await openDataset(datasets, choice({ trainImages: 3000 }), { cacheFolder: folder })
      expect(turns).toBeGreaterThan(20)
      const abort = new AbortController()
      const stopped = openDataset(datasets, choice({ trainImages: 3001 }), {
        cacheFolder: folder,
        signal: abort.signal,
      })
      setTimeout(() => abort.abort(new Error('stopped')), 20)
      await expect(stopped).rejects.toThrow('stopped')
      expect(images(folder)).toHaveLength(1)
    } finally {
      drawing = false
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('is balanced, and refuses a wrong parameter by its path', async () => {
    const info = summarizeDataset(await openDataset(datasets, choice(), { cacheFolder }))
    expect(info.trainPerClass).toEqual(new Array(10).fill(20))
    await expect(openDataset(datasets, choice({ trainImages: 3 }), { cacheFolder })).rejects.toMatchObject({
      name: 'RefusedInputError',
      wanted: expect.stringContaining('a whole number from 20') as string,
      got: '3',
      where: 'data.params.trainImages',
    })
  })
})
