import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodePicture } from '../../../src/main/engine/images/decoding'
import { parseBmp } from '../../../src/main/engine/images/pictureFormats/bmp'
import { parseNetpbm } from '../../../src/main/engine/images/pictureFormats/netpbm'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'decoding-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function decode(bytes: Buffer, side: number, name = 'picture'): Promise<number[]> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return [...(await decodePicture(path, { side, channels: 3, fit: 'cover' }))]
}

/** A BMP of 2 columns with a 40-byte header; rows as they lie in the file. */
function bmp(
  { height = 2, bits, compression = 0 }: { height?: number; bits: number; compression?: number },
  { masks = [], palette = [], rows }: { masks?: number[]; palette?: number[]; rows: number[] },
): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + masks.length * 4 + palette.length, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(2, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(bits, 28)
  head.writeUInt32LE(compression, 30)
  head.writeUInt32LE(palette.length / 4, 46)
  const words = Buffer.alloc(masks.length * 4)
  masks.forEach((mask, index) => words.writeUInt32LE(mask, index * 4))
  return Buffer.concat([head, words, Buffer.from(palette), Buffer.from(rows)])
}

/** Blue, green, red, unused: black, red, green, white. */
const palette = [0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 255, 255, 0]
const [black, red, green, white] = [
  [0, 0, 0],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 255],
] as const

describe('BMP', () => {
  it.each<[string, Buffer, readonly (readonly number[])[]]>([
    [
      '24 bits, from the bottom up',
      bmp({ bits: 24 }, { rows: [0, 255, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0] }),
      [black, red, green, white],
    ],
    [
      '24 bits, from the top down',
      bmp({ bits: 24, height: -2 }, { rows: [0, 0, 0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 255, 255, 0, 0] }),
      [black, red, green, white],
    ],
    [
      '32 bits, whose fourth byte is no colour',
      bmp({ bits: 32 }, { rows: [0, 255, 0, 9, 255, 255, 255, 9, 0, 0, 0, 9, 0, 0, 255, 9] }),
      [black, red, green, white],
    ],
    [
      '16 bits, five each',
      bmp({ bits: 16 }, { rows: [0xe0, 0x03, 0xff, 0x7f, 0, 0, 0x00, 0x7c] }),
      [black, red, green, white],
    ],
    [
      '16 bits by masks',
      bmp({ bits: 16, compression: 3 }, { masks: [0xf800, 0x7e0, 0x1f], rows: [0xe0, 7, 0xff, 0xff, 0, 0, 0, 0xf8] }),
      [black, red, green, white],
    ],
    ['8 bits', bmp({ bits: 8 }, { palette, rows: [2, 3, 0, 0, 0, 1, 0, 0] }), [black, red, green, white]],
    ['4 bits', bmp({ bits: 4 }, { palette, rows: [0x23, 0, 0, 0, 0x01, 0, 0, 0] }), [black, red, green, white]],
    [
      '1 bit',
      bmp({ bits: 1 }, { palette: palette.slice(0, 8), rows: [0x40, 0, 0, 0, 0x80, 0, 0, 0] }),
      [red, black, black, red],
    ],
    [
      'runs of 8 bits',
      bmp({ bits: 8, compression: 1 }, { palette, rows: [1, 2, 1, 3, 0, 0, 0, 2, 0, 0, 1, 1, 1, 1, 0, 1] }),
      [red, red, green, white],
    ],
    [
      'runs of 4 bits, the rest left out',
      bmp({ bits: 4, compression: 2 }, { palette, rows: [2, 0x23, 0, 1] }),
      [black, black, green, white],
    ],
  ])('%s', (_kind, bytes, pixels) => {
    expect([...parseBmp(bytes).pixels]).toEqual(pixels.flat())
  })

  it.each<[string, Buffer, RegExp]>([
    ['a header alone', Buffer.from('BM'), /a header of 2 bytes/],
    ['pixels cut short', bmp({ bits: 24 }, { rows: [1, 2, 3] }), /3 bytes of pixels for 2×2 of 24 bits/],
    ['a size that no picture has', bmp({ bits: 24, height: 1e9 }, { rows: [] }), /a size of 2×1000000000 pixels/],
    [
      'runs that a short file only claims',
      bmp({ bits: 8, compression: 1, height: 1e6 }, { palette, rows: [1, 1] }),
      /72 bytes for 2×1000000 pixels/,
    ],
    ['runs cut short', bmp({ bits: 8, compression: 1 }, { palette, rows: [2, 1] }), /end early/],
    ['a picture within (PNG)', bmp({ bits: 24, compression: 5 }, { rows: [] }), /24 bits with compression 5/],
    ['a palette cut short', bmp({ bits: 8 }, { palette: palette.slice(0, 4), rows: [] }).subarray(0, 56), /palette/],
  ])('refuses %s', (_kind, bytes, message) => {
    expect(() => parseBmp(bytes)).toThrow(message)
  })
})

describe('Netpbm', () => {
  const netpbm = (text: string, ...pixels: number[]): number[] => [
    ...parseNetpbm(Buffer.concat([Buffer.from(text), Buffer.from(pixels)])).pixels,
  ]
  it('reads maps of one, eight and sixteen bits, binary and plain, with comments', () => {
    expect(netpbm('P5\n# a comment\n2 1\n255\n', 7, 200)).toEqual([7, 200])
    expect(netpbm('P6 1 1 255\n', 1, 2, 3)).toEqual([1, 2, 3])
    expect(netpbm('P5 2 1 65535\n', 0xff, 0xff, 0x80, 0)).toEqual([255, 128])
    expect(netpbm('P4 9 2\n', 0x80, 0x80, 0, 0)).toEqual([
      0,
      ...Array<number>(7).fill(255),
      0,
      ...Array<number>(9).fill(255),
    ])
    expect(netpbm('P1\n2 2\n10\n01\n')).toEqual([0, 255, 255, 0])
    expect(netpbm('P2 2 1 17\n5 # five\n99')).toEqual([75, 255])
    expect(netpbm('P3 1 1 100 10 30 50')).toEqual([26, 76, 128])
  })

  it.each<[string, RegExp]>([
    ['P5 2', /without width, height and maximum/],
    ['P5 2 2 255\nab', /2 bytes of pixels in place of 4 for 2×2/],
    ['P5 99999 99999 255\n', /a size of 99999×99999 pixels/],
    ['P5 0 2 255\n', /a size of 0×2 pixels/],
    ['P5 2 2 70000\n', /a maximum of 70000/],
    ['P2 4000 4000 255 1 2 3', /22 bytes in place of 16000000 values/],
    ['P2 2 2 255 1 2 3', /3 values of pixels in place of 4/],
  ])('refuses %j', (text, message) => {
    expect(() => parseNetpbm(Buffer.from(text))).toThrow(message)
  })
})

/** Expected values are those of Pillow 13, convert('RGB'). */
describe('pictures as Pillow has them', () => {
  const raw = (pixels: number[], channels: 1 | 2 | 3 | 4, width = 1) =>
    sharp(Buffer.from(pixels), { raw: { width, height: 1, channels } })

  it('drops transparency and leaves the colour beneath it', async () => {
    expect(await decode(await raw([200, 100, 50, 0], 4).png().toBuffer(), 1)).toEqual([200, 100, 50])
    expect(await decode(await raw([90, 0], 2).png().toBuffer(), 1)).toEqual([90, 90, 90])
  })

  it('does not mix colours by their transparency when it resizes', async () => {
    const halves = Buffer.from(
      Array.from({ length: 16 }, (_, at) => (at % 4 < 2 ? [200, 0, 0, 255] : [0, 0, 0, 0])).flat(),
    )
    const png = await sharp(halves, { raw: { width: 4, height: 4, channels: 4 } })
      .png()
      .toBuffer()
    const [redLeft, , , redRight] = await decode(png, 2)
    expect(redLeft! + redRight!).toBe(200)
  })

  it('mixes CMYK without a profile', async () => {
    const tiff = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .toColourspace('cmyk')
      .tiff({ compression: 'none' })
      .toBuffer()
    const inks = await sharp(tiff, { ignoreIcc: true })
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer()
    const light = 255 - inks[3]!
    expect(await decode(tiff, 1)).toEqual([0, 1, 2].map((ink) => Math.round(((255 - inks[ink]!) * light) / 255)))
  })

  it('takes the upper eight of 16 bits, grey and colour', async () => {
    const deep = (channels: 1 | 3, ...values: number[]) =>
      sharp(Uint16Array.from(values), { raw: { width: 1, height: 1, channels } })
    const grey = await deep(1, 0xd8b9).toColourspace('grey16').png().toBuffer()
    expect((await sharp(grey).metadata()).depth).toBe('ushort')
    expect(await decode(grey, 1)).toEqual([0xd8, 0xd8, 0xd8])
    const colour = await deep(3, 0xd71e, 0xb03e, 0xb439).toColourspace('rgb16').png().toBuffer()
    expect(await decode(colour, 1)).toEqual([0xd7, 0xb0, 0xb4])
  })

  it('follows no EXIF orientation and no profile', async () => {
    const turned = raw([255, 255, 255, 0, 0, 0], 3, 2).resize(16, 16, { kernel: 'nearest', fit: 'fill' })
    const pixels = await decode(await turned.withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer(), 16)
    expect([pixels[0]! > 250, pixels[45]! < 5]).toEqual([true, true])
    const profiled = await raw([200, 100, 50], 3).withIccProfile('p3').png().toBuffer()
    const { data } = await sharp(profiled, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true })
    expect(await decode(profiled, 1)).toEqual([...data])
  })

  it('reads WebP, TIFF and GIF, the first frame of several', async () => {
    for (const image of [
      raw([9, 80, 7], 3).webp({ lossless: true }),
      raw([9, 80, 7], 3).tiff({ compression: 'lzw' }),
      raw([9, 80, 7], 3).gif(),
    ])
      expect(await decode(await image.toBuffer(), 1)).toEqual([9, 80, 7])
  })

  it('names formats that are not read, by the file', async () => {
    await expect(
      decode(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 8, 'a.png'),
    ).rejects.toMatchObject({
      message: '"a.png" is no picture that can be read here.',
      wanted: 'a PNG, JPEG, BMP, WebP, GIF, TIFF, PBM, PGM or PPM picture',
      got: 'the format svg',
    })
  })
})
