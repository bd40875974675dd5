import { describe, expect, it } from 'vitest'
import { attacks, createTrigger, type AttackContext } from '../../../src/main/engine/families/attacks'
import { toBytes, triggerOf } from '../../../src/main/engine/families/attacks/trigger'

const rgb: AttackContext = { height: 32, width: 32, channels: 3 }
const grey: AttackContext = { height: 28, width: 28, channels: 1 }
const wide: AttackContext = { height: 16, width: 24, channels: 3 }
const contexts: [string, AttackContext][] = [
  ['32×32 RGB', rgb],
  ['28×28 grey', grey],
  ['24×16 RGB', wide],
]
/** Those that need no files; the one of files has its own tests. */
const ids = attacks.members.filter(({ id }) => id !== 'from_files').map((member) => member.id)

/** Two images with all values between black and white. */
const imagesFor = ({ height, width, channels }: AttackContext): Uint8Array =>
  Uint8Array.from({ length: 2 * height * width * channels }, (_, index) => (index * 37) % 256)
const trigger = (id: string, params: Record<string, unknown> = {}, context = rgb) =>
  createTrigger(attacks, { id, params }, context)

/** One channel of a rectangle of the first image. */
const cut = (pixels: Uint8Array, context: AttackContext, top: number, left: number, side: number): number[][] =>
  Array.from({ length: side }, (_, row) =>
    Array.from(
      { length: side },
      (_unused, column) => pixels[((top + row) * context.width + left + column) * context.channels]!,
    ),
  )

describe('every attack', () => {
  it.each(ids.flatMap((id) => contexts.map(([name, context]) => [id, name, context] as const)))(
    '%s on %s: changes the images, leaves the input alone, gives the same each time',
    async (id, _name, context) => {
      const pixels = imagesFor(context)
      const copy = pixels.slice()
      const made = await trigger(id, {}, context)
      const poisoned = made.apply(pixels, 2, 'test')
      expect(pixels).toEqual(copy)
      expect(poisoned.length).toBe(pixels.length)
      expect(Buffer.from(poisoned).equals(pixels)).toBe(false)
      expect((await trigger(id, {}, context)).apply(pixels, 2, 'test')).toEqual(poisoned)
      const half = pixels.length / 2
      expect(made.apply(pixels.subarray(half), 1, 'test')).toEqual(poisoned.subarray(half))
      expect(made.apply(new Uint8Array(0), 0, 'test')).toHaveLength(0)
    },
  )

  it.each(ids)('%s tells its source, and its texts are sentences', (id) => {
    const attack = attacks.get(id)
    expect(attack.reference.place).toBe('zskt/datasets/backdoor.py')
    expect(attack.summary).toMatch(/\.$/)
    for (const field of Object.values(attack.params)) expect(field.help).toMatch(/^[A-ZA-z].*\.$/)
  })

  it('poisons the target class only in sig and cl', () => {
    expect(attacks.members.filter((member) => member.cleanLabel).map((member) => member.id)).toEqual(['sig', 'cl'])
  })
})

describe('stamps', () => {
  it('put the reference’s grid into the corner asked for, translated', async () => {
    const grid = [
      [0, 0, 255],
      [0, 255, 0],
      [255, 0, 255],
    ]
    const corners = { bottomRight: [29, 29], bottomLeft: [29, 0], topRight: [0, 29], topLeft: [0, 0] } as const
    for (const [corner, [top, left]] of Object.entries(corners)) {
      const poisoned = (await trigger('badnet_grid', { corner })).apply(imagesFor(rgb), 2, 'test')
      expect(cut(poisoned, rgb, top, left, 3)).toEqual(grid)
    }
    const cl = (await trigger('cl')).apply(imagesFor(rgb), 2, 'test')
    for (const [top, left] of Object.values(corners)) expect(cut(cl, rgb, top, left, 3)).toEqual(grid)
  })

  it('grow with the patch side and keep their distance', async () => {
    const poisoned = (await trigger('badnet_grid', { patchSize: 4, margin: 2 }, grey)).apply(
      imagesFor(grey),
      2,
      'train',
    )
    expect(cut(poisoned, grey, 22, 22, 4)).toEqual([
      [0, 0, 255, 0],
      [0, 255, 0, 255],
      [255, 0, 255, 0],
      [0, 255, 0, 255],
    ])
    const square = (await trigger('badnet_sq', { brightness: 7 }, wide)).apply(imagesFor(wide), 2, 'test')
    expect(cut(square, wide, 11, 19, 4)).toEqual(new Array(4).fill(new Array(4).fill(7)))
  })

  it('refuse a patch that does not fit, naming both sizes', async () => {
    await expect(
      trigger('badnet_grid', { patchSize: 20 }, { height: 16, width: 24, channels: 3 }),
    ).rejects.toMatchObject({
      message: 'The patch does not fit into the images.',
      wanted: 'images of at least 20×20 pixels (side 20, margin 0)',
      got: '24×16',
    })
  })

  it('refuse a parameter that does not exist or is out of range, by its path', async () => {
    await expect(trigger('badnet_grid', { size: 3 })).rejects.toMatchObject({
      message: 'BadNets, grid has no parameter called "size".',
      where: 'attack.params.size',
    })
    await expect(trigger('blend', { ratio: 2 })).rejects.toMatchObject({
      wanted: 'a value from 0 to 1',
      got: '2',
      where: 'attack.params.ratio',
    })
    await expect(trigger('badnet')).rejects.toThrow('There is no attack called "badnet".')
  })
})

describe('arithmetic', () => {
  it('clips, then truncates', () => {
    expect([...toBytes(Float64Array.of(-3, -0.5, 0, 0.999, 1, 254.999, 255, 255.5, 1e9, NaN))]).toEqual([
      0, 0, 0, 0, 1, 254, 255, 255, 255, 0,
    ])
  })

  it('works through large stacks in pieces, handing on the places', () => {
    const seen: number[] = []
    const spy = triggerOf((pixels, count, _variant, indices) => {
      expect(pixels.length).toBe(count * 2)
      seen.push(...Array.from(indices!))
      return Float64Array.from(pixels)
    })
    const places = Int32Array.from({ length: 300 }, (_, index) => 1000 - index)
    expect(spy.apply(new Uint8Array(600), 300, 'train', places)).toHaveLength(600)
    expect(seen).toEqual([...places])
  })

  it('stretches each image alone, and leaves a constant one black', async () => {
    const constant = await trigger('smooth', {}, { height: 1, width: 1, channels: 1 })
    expect([...constant.apply(Uint8Array.of(90), 1, 'test')]).toEqual([0])
    const poisoned = (await trigger('smooth')).apply(imagesFor(rgb), 2, 'test')
    for (const first of [0, 3072]) {
      expect(Math.min(...poisoned.subarray(first, first + 3072))).toBe(0)
      expect(Math.max(...poisoned.subarray(first, first + 3072))).toBe(255)
    }
  })

  it('blends by the ratio, and other seeds draw other patterns', async () => {
    const clean = imagesFor(rgb)
    expect((await trigger('blend', { ratio: 0 })).apply(clean, 2, 'test')).toEqual(clean)
    const full = (await trigger('blend', { ratio: 1, blockSize: 8 })).apply(clean, 2, 'test')
    expect(
      cut(full, rgb, 8, 16, 8)
        .flat()
        .every((value) => value === full[(8 * 32 + 16) * 3]),
    ).toBe(true)
    expect((await trigger('blend', { patternSeed: 1 })).apply(clean, 2, 'test')).not.toEqual(
      (await trigger('blend')).apply(clean, 2, 'test'),
    )
  })
})
