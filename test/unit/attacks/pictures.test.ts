import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attacks, createTrigger, type AttackContext } from '../../../src/main/engine/families/attacks'
import { readMask } from '../../../src/main/engine/families/attacks/masks'
import { readPicture } from '../../../src/main/engine/families/attacks/pictures'
import { resizePlane } from '../../../src/main/engine/families/attacks/resize'

const rgb: AttackContext = { height: 4, width: 4, channels: 3 }
const grey: AttackContext = { height: 4, width: 4, channels: 1 }
let folder = ''
const at = (name: string): string => join(folder, name)

/** A one-colour picture of 4×4 unless told otherwise. */
const plain = (background: { r: number; g: number; b: number; alpha?: number }, channels: 3 | 4 = 3, size = 4) =>
  sharp({ create: { width: size, height: size, channels, background } })

function npy(descr: string, shape: string, data: Buffer): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([header.length & 255, header.length >> 8]),
    Buffer.from(header, 'latin1'),
    data,
  ])
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pictures-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('trigger pictures', () => {
  it('are read as they are when the size fits: grey repeats over RGB, RGB becomes luminance', async () => {
    await plain({ r: 10, g: 20, b: 200 }).png().toFile(at('colour.png'))
    await plain({ r: 99, g: 99, b: 99 }).toColourspace('b-w').png().toFile(at('grey.png'))
    expect([...(await readPicture(at('colour.png'), [], rgb)).values.subarray(0, 3)]).toEqual([10, 20, 200])
    expect((await readPicture(at('colour.png'), [], grey)).values[0]).toBe(
      Math.round(0.299 * 10 + 0.587 * 20 + 0.114 * 200),
    )
    expect([...(await readPicture(at('grey.png'), [], rgb)).values.subarray(0, 3)]).toEqual([99, 99, 99])
    expect((await readPicture(at('grey.png'), [], grey)).notes).toEqual([])
  })

  it('are accepted with a note when transparent, of 16 bits, palette or of another size', async () => {
    await plain({ r: 200, g: 100, b: 50, alpha: 0 }, 4).png().toFile(at('clear.png'))
    const clear = await readPicture(at('clear.png'), [], rgb)
    expect([clear.values[0], clear.notes]).toEqual([
      0,
      ['clear.png is transparent in places; they are taken as black.'],
    ])
    await plain({ r: 200, g: 100, b: 50 }).toColourspace('rgb16').png().toFile(at('deep.png'))
    const deep = await readPicture(at('deep.png'), [], rgb)
    expect([deep.values[0], deep.notes]).toEqual([
      200,
      ['deep.png has more than 8 bits per channel; it is reduced to 8.'],
    ])
    await plain({ r: 200, g: 100, b: 50 }, 3, 9).png({ palette: true }).toFile(at('large.png'))
    const large = await readPicture(at('large.png'), [], rgb)
    expect([...large.values.subarray(0, 3)]).toEqual([200, 100, 50])
    expect(large.notes).toEqual(['large.png was resized from 9×9 to 4×4 pixels.'])
  })

  it('come out of a trigger pack under the attack’s name', async () => {
    mkdirSync(at('pack'))
    await plain({ r: 0, g: 0, b: 100 }).png().toFile(at('pack/blend.png'))
    const trigger = await createTrigger(attacks, { id: 'blend', params: { picture: at('pack') } }, rgb)
    expect([...trigger.apply(new Uint8Array(48), 1, 'test').subarray(0, 3)]).toEqual([0, 0, 20])
    await expect(
      createTrigger(attacks, { id: 'trojan_wm', params: { picture: at('pack') } }, rgb),
    ).rejects.toMatchObject({
      message: 'The trigger pack lacks the picture of this attack.',
      wanted: 'trojan_wm.png',
      where: at('pack'),
    })
  })

  it('are refused as SVG, as text under a false name, and where nothing lies', async () => {
    writeFileSync(
      at('drawing.png'),
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>',
    )
    await expect(readPicture(at('drawing.png'), [], rgb)).rejects.toMatchObject({
      message: '"drawing.png" is no picture that can be read here.',
      got: 'the format svg',
    })
    writeFileSync(at('text.png'), 'hello')
    await expect(readPicture(at('text.png'), [], rgb)).rejects.toThrow(
      '"text.png" is no picture that can be read here.',
    )
    await expect(readPicture(at('none.png'), [], rgb)).rejects.toThrow('The trigger picture does not exist.')
    await plain({ r: 0, g: 0, b: 0 }, 3, 2100).png().toFile(at('huge.png'))
    await expect(readPicture(at('huge.png'), [], rgb)).rejects.toMatchObject({
      got: expect.stringContaining('pixel limit'),
    })
  })

  it('turn as their EXIF orientation says', async () => {
    const pixels = Buffer.alloc(48)
    pixels.fill(255, 0, 12)
    await sharp(pixels, { raw: { width: 4, height: 4, channels: 3 } })
      .withMetadata({ orientation: 3 })
      .png()
      .toFile(at('turned.png'))
    const { values, notes } = await readPicture(at('turned.png'), [], rgb)
    expect([values[0], values[47]]).toEqual([0, 255])
    expect(notes).toEqual(['turned.png is turned as its EXIF orientation says.'])
  })
})

describe('resizing', () => {
  it('keeps a constant, and a linear ramp when enlarged', async () => {
    const constant = await resizePlane(
      { height: 50, width: 40, channels: 2, values: new Float64Array(4000).fill(7) },
      3,
      5,
    )
    expect(constant.values.every((value) => Math.abs(value - 7) < 1e-9)).toBe(true)
    const ramp = await resizePlane({ height: 1, width: 2, channels: 1, values: Float64Array.of(0, 8) }, 1, 4)
    expect([...ramp.values].map((value) => Math.round(value))).toEqual([2, 2, 6, 6])
  })
})

describe('masks', () => {
  const mask = async (name: string, context: AttackContext): Promise<Float32Array> =>
    (await readMask(at(name), [], context)).values

  it('come from .npy in either layout, float or boolean, or from a picture', async () => {
    const values = Float32Array.from({ length: 48 }, (_, index) => (index < 16 ? 1 : 0))
    writeFileSync(at('planes.npy'), npy('<f4', '(3, 4, 4)', Buffer.from(values.buffer)))
    expect([...(await mask('planes.npy', rgb)).subarray(0, 6)]).toEqual([1, 0, 0, 1, 0, 0])
    writeFileSync(at('flat.npy'), npy('|b1', '(4, 4)', Buffer.alloc(16, 1)))
    expect((await mask('flat.npy', rgb)).every((value) => value === 1)).toBe(true)
    await plain({ r: 255, g: 255, b: 255 }).png().toFile(at('mask.png'))
    expect((await mask('mask.png', grey))[15]).toBe(1)
  })

  it('follow the images to other sizes by the nearest pixel, and to grey by the largest channel', async () => {
    const planes = new Float32Array(48)
    planes[16 + 15] = 1
    writeFileSync(at('planes.npy'), npy('<f4', '(3, 4, 4)', Buffer.from(planes.buffer)))
    const set = (values: Float32Array): number[] => [...values.keys()].filter((place) => values[place] === 1)
    const bottomRight = (side: number): number => side * side - 1
    expect(set(await mask('planes.npy', grey))).toEqual([bottomRight(4)])
    expect(set(await mask('planes.npy', { ...rgb, height: 2, width: 2 }))).toEqual([bottomRight(2) * 3 + 1])
    expect(set(await mask('planes.npy', { ...grey, height: 8, width: 8 }))).toEqual([54, 55, 62, 63])
    mkdirSync(at('sparse'))
    await plain({ r: 90, g: 90, b: 90 }).png().toFile(at('sparse/l0_inv.png'))
    writeFileSync(at('sparse/mask.npy'), npy('<f4', '(3, 4, 4)', Buffer.from(planes.buffer)))
    const trigger = await createTrigger(
      attacks,
      { id: 'l0_inv', params: { picture: at('sparse') } },
      { ...grey, height: 8, width: 8 },
    )
    expect([...trigger.apply(new Uint8Array(64).fill(100), 1, 'test').subarray(53, 56)]).toEqual([190, 90, 90])
    expect(trigger.notes).toContain('mask.npy was resized from 4×4 to 8×8 pixels.')
    expect((await readMask(at('planes.npy'), [], { ...grey, height: 7, width: 7 })).notes).toEqual([
      'planes.npy was resized from 4×4 to 7×7 pixels.',
      'planes.npy has a mask per colour: in grey images a pixel is replaced where it is in any of them.',
    ])
  })

  it('are refused with another shape, values beyond 0 to 1, objects, and data cut short', async () => {
    writeFileSync(at('other.npy'), npy('<f4', '(2, 5, 5)', Buffer.alloc(200)))
    await expect(readMask(at('other.npy'), [], rgb)).rejects.toMatchObject({
      message: 'The mask has another shape than an image.',
      got: '(2, 5, 5)',
    })
    writeFileSync(at('range.npy'), npy('<f4', '(4, 4)', Buffer.from(new Float32Array(16).fill(2).buffer)))
    await expect(readMask(at('range.npy'), [], rgb)).rejects.toMatchObject({ wanted: 'values from 0 to 1', got: '2' })
    writeFileSync(at('objects.npy'), npy('|O', '(4, 4)', Buffer.from('\x80\x04cos\nsystem\n.', 'latin1')))
    await expect(readMask(at('objects.npy'), [], rgb)).rejects.toMatchObject({
      got: '"|O" (objects, which could run code)',
    })
    writeFileSync(at('short.npy'), npy('<f4', '(4, 4)', Buffer.alloc(60)))
    await expect(readMask(at('short.npy'), [], rgb)).rejects.toMatchObject({
      wanted: '64 bytes of data for the shape (4, 4)',
      got: '60 bytes',
    })
    writeFileSync(at('no.npy'), 'hello')
    await expect(readMask(at('no.npy'), [], rgb)).rejects.toMatchObject({ wanted: 'a .npy file' })
  })
})

describe('adversarial images of cl', () => {
  const sized: AttackContext = { height: 8, width: 8, channels: 3 }
  const trigger = (): ReturnType<typeof createTrigger> =>
    createTrigger(attacks, { id: 'cl', params: { adversarial: at('adversarial.npy') } }, sized)

  it('replace the training images by their place, truncated to bytes', async () => {
    const values = new Float32Array(3 * 192)
    for (let index = 0; index < values.length; index++) values[index] = Math.floor(index / 192) * 10 + 0.9
    writeFileSync(at('adversarial.npy'), npy('<f4', '(3, 8, 8, 3)', Buffer.from(values.buffer)))
    const made = await trigger()
    const poisoned = made.apply(new Uint8Array(2 * 192).fill(99), 2, 'train', [2, 0])
    const stamped = (value: number): Buffer => Buffer.from(made.apply(new Uint8Array(192).fill(value), 1, 'test'))
    expect(Buffer.concat([stamped(20), stamped(0)]).equals(poisoned)).toBe(true)
    expect(poisoned[(3 * 8 + 3) * 3]).toBe(20)
    expect(() => made.apply(new Uint8Array(192), 1, 'train', [3])).toThrow(
      'The file of adversarial images is too short.',
    )
  })

  it('are refused in another shape', async () => {
    writeFileSync(at('adversarial.npy'), npy('|u1', '(2, 5, 5, 3)', Buffer.alloc(150)))
    await expect(trigger()).rejects.toMatchObject({
      wanted: 'an array of shape (images, 8, 8, 3) of uint8 or float32',
      got: 'shape (2, 5, 5, 3) of |u1',
    })
  })
})
