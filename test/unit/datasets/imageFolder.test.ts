import { symlinkSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { datasets, recognizeDataset } from '../../../src/main/engine/families/datasets'
import { createScratch, type Scratch } from './support'

const picture = (r: number, g: number, b: number, width = 20, height = 10) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
let scratch: Scratch
beforeEach(async () => {
  scratch = createScratch()
  for (const [index, name] of ['cat', 'dog'].entries()) {
    for (let image = 0; image < 5; image++)
      scratch.write(
        `${name}/${image}.png`,
        await picture(index * 100, image, 50)
          .png()
          .toBuffer(),
      )
  }
})
afterEach(() => scratch.remove())

describe('image folder', () => {
  it('splits each class by share and seed, whole classes named by their folders', async () => {
    const { train, test, classNames, normalization } = await scratch.load('image_folder', { size: 16, testShare: 0.4 })
    expect([train.count, test.count, train.height, train.channels]).toEqual([6, 4, 16, 3])
    expect(classNames).toEqual(['cat', 'dog'])
    expect([[...train.labels], [...test.labels]]).toEqual([
      [0, 0, 0, 1, 1, 1],
      [0, 0, 1, 1],
    ])
    const greens = (pixels: Uint8Array): number[] =>
      Array.from({ length: pixels.length / 768 }, (_, index) => pixels[index * 768 + 1]!)
    expect([...greens(train.pixels.subarray(0, 3 * 768)), ...greens(test.pixels.subarray(0, 2 * 768))].sort()).toEqual([
      0, 1, 2, 3, 4,
    ])
    expect(normalization.mean[0]).toBeCloseTo(50 / 255, 5)
    expect(normalization.standardDeviation[0]).toBeCloseTo(50 / 255, 5)
    expect(normalization.standardDeviation[2]).toBe(1)
    const again = await scratch.load('image_folder', { size: 16, testShare: 0.4 })
    expect(again.test.pixels).toEqual(test.pixels)
    expect((await recognizeDataset(datasets, scratch.folder)).id).toBe('image_folder')
  })

  it('takes the test images from a folder of their own where there is one', async () => {
    const other = createScratch()
    for (const name of ['train/a', 'train/b', 'val/a', 'val/b'])
      other.write(`${name}/x.png`, await picture(1, 2, 3).png().toBuffer())
    expect((await other.load('image_folder', { colour: 'grey' })).test).toMatchObject({
      count: 2,
      channels: 1,
      height: 32,
    })
    other.write('val/c/x.png', await picture(1, 2, 3).png().toBuffer())
    const error = await other.refusal('image_folder')
    expect([error.message, error.got]).toEqual([
      'Training and test images have different classes.',
      'c, unknown in "train"',
    ])
    other.remove()
  })

  it.each([
    ['Train', 'Test'],
    ['training', 'testing'],
    ['train', 'Test'],
    ['TRAIN', 'Validation'],
    ['train', 'valid'],
    ['train', 'eval'],
  ])('takes %s and %s for training and test images', async (train, test) => {
    const other = createScratch()
    for (const name of [`${train}/a`, `${train}/b`, `${test}/a`, `${test}/b`])
      other.write(`set/${name}/x.png`, await picture(1, 2, 3).png().toBuffer())
    expect(await recognizeDataset(datasets, other.folder)).toEqual({
      id: 'image_folder',
      params: { folder: other.folder },
    })
    const loaded = await other.load('image_folder')
    expect([loaded.train.count, loaded.test.count, loaded.classNames, loaded.notes]).toEqual([2, 2, ['a', 'b'], []])
    other.remove()
  })

  it('prefers "test" to "val", and says that the other is not used', async () => {
    const other = createScratch()
    for (const [name, count] of [
      ['train', 1],
      ['val', 2],
      ['test', 3],
    ] as const)
      for (let image = 0; image < count; image++)
        for (const label of ['a', 'b'])
          other.write(`${name}/${label}/${image}.png`, await picture(1, 2, 3).png().toBuffer())
    const loaded = await other.load('image_folder')
    expect([loaded.test.count, loaded.notes]).toEqual([6, ['The folder "val" is not used.']])
    other.remove()
  })

  it('holds out a share of "train" where the test images have no classes', async () => {
    const other = createScratch()
    for (const label of ['a', 'b'])
      for (let image = 0; image < 5; image++)
        other.write(`train/${label}/${image}.png`, await picture(1, 2, 3).png().toBuffer())
    other.write('test/1.png', await picture(1, 2, 3).png().toBuffer())
    const loaded = await other.load('image_folder')
    expect([loaded.train.count, loaded.test.count, loaded.notes]).toEqual([8, 2, ['The folder "test" is not used.']])
    other.remove()
  })

  it('takes a class called "train" for a class where pictures lie in it', async () => {
    const other = createScratch()
    for (const label of ['bus', 'train'])
      for (let image = 0; image < 2; image++)
        other.write(`${label}/${image}.png`, await picture(1, 2, 3).png().toBuffer())
    expect((await other.load('image_folder')).classNames).toEqual(['bus', 'train'])
    other.remove()
  })

  it('reads BMP and PGM beside others, in paths with spaces and of any script', async () => {
    const other = createScratch()
    const bmp = Buffer.from('424d3a0000000000000036000000280000000100000001000000010018000000000004000000', 'hex')
    for (const label of ['猫 猫', 'лиса']) {
      other.write(`数据 集/${label}/0.BMP`, Buffer.concat([bmp, Buffer.alloc(16), Buffer.from([1, 2, 3, 0])]))
      other.write(`数据 集/${label}/1.pgm`, Buffer.concat([Buffer.from('P5 1 1 255\n'), Buffer.from([9])]))
    }
    expect((await recognizeDataset(datasets, other.folder)).id).toBe('image_folder')
    const { train, test, classNames } = await other.load('image_folder', { size: 8 })
    expect(classNames).toEqual(['лиса', '猫 猫'])
    const pixels = [train, test].flatMap(({ pixels, count }) =>
      Array.from({ length: count }, (_, index) => [...pixels.subarray(index * 192, index * 192 + 3)].join()),
    )
    expect(pixels.sort()).toEqual(['3,2,1', '3,2,1', '9,9,9', '9,9,9'])
    other.remove()
  })

  it('passes over what macOS, Windows and notebooks leave behind, silently', async () => {
    for (const name of ['.DS_Store', '._0.png', 'Thumbs.db', 'desktop.ini']) scratch.write(`cat/${name}`, 'x')
    scratch.write('__MACOSX/cat/._0.png', 'x')
    scratch.write('.ipynb_checkpoints/notes.png', 'x')
    expect(await scratch.load('image_folder')).toMatchObject({ classNames: ['cat', 'dog'], notes: [] })
  })

  it('names an empty class, and what lies there in place of pictures', async () => {
    scratch.write('hen/1.heic', 'x')
    scratch.write('hen/2.heic', 'x')
    await expect(recognizeDataset(datasets, scratch.folder)).rejects.toMatchObject({
      message: 'The class "hen" has no pictures.',
      got: '2 other files, all .heic',
    })
  })

  it('reads grey, transparent, palette, 16-bit, CMYK, animated and turned pictures', async () => {
    const kinds = {
      'cat/grey.png': picture(9, 9, 9).toColourspace('b-w').png(),
      'cat/clear.png': sharp({
        create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
      }).png(),
      'cat/palette.png': picture(1, 2, 3).png({ palette: true }),
      'cat/deep.png': picture(1, 2, 3).toColourspace('rgb16').png(),
      'dog/cmyk.jpg': picture(1, 2, 3).toColourspace('cmyk').jpeg(),
      'dog/moving.gif': picture(1, 2, 3).gif(),
      'dog/turned.jpg': picture(1, 2, 3).withMetadata({ orientation: 6 }).jpeg(),
      'dog/wrong-name.png': picture(1, 2, 3).jpeg(),
    }
    for (const [name, image] of Object.entries(kinds)) scratch.write(name, await image.toBuffer())
    expect((await scratch.load('image_folder')).train.count).toBe(14)
  })

  it('passes over other files, and says how many', async () => {
    scratch.write('cat/notes.txt', 'x')
    scratch.write('cat/.hidden.png', 'x')
    scratch.write('dog/drawing.svg', '<svg/>')
    expect((await scratch.load('image_folder')).notes).toEqual([
      '2 files are no pictures by their names and were passed over.',
    ])
  })

  it('refuses one class, an empty class, one picture, names that collide', async () => {
    const other = createScratch()
    other.write('only/x.png', await picture(1, 2, 3).png().toBuffer())
    expect((await other.refusal('image_folder')).got).toBe('1 folder')
    other.write('second/readme.txt', 'x')
    expect((await other.refusal('image_folder')).message).toBe('The class "second" has no pictures.')
    other.write('second/x.png', await picture(1, 2, 3).png().toBuffer())
    expect((await other.refusal('image_folder')).message).toBe('The class "only" has too few pictures to be split.')
    other.write('Only/x.png', await picture(1, 2, 3).png().toBuffer())
    expect((await other.refusal('image_folder')).message).toBe('Two class folders have the same name on other systems.')
    other.remove()
  })

  it('refuses a picture that is none, an SVG under a false name, a pipe and a broken link, by name', async () => {
    const broken = scratch.write('cat/broken.png', 'hello')
    expect((await scratch.refusal('image_folder')).where).toBe(broken)
    scratch.write('cat/broken.png', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    expect((await scratch.refusal('image_folder')).got).toBe('the format svg')
    scratch.write('cat/broken.png', await picture(1, 2, 3).png().toBuffer())
    execFileSync('mkfifo', [join(scratch.folder, 'dog', 'pipe.png')])
    expect((await scratch.refusal('image_folder')).message).toBe('"pipe.png" is not a regular file.')
    execFileSync('rm', [join(scratch.folder, 'dog', 'pipe.png')])
    symlinkSync('/nowhere.png', join(scratch.folder, 'dog', 'link.png'))
    expect((await scratch.refusal('image_folder')).message).toBe('"link.png" cannot be opened (ENOENT).')
  })

  it('does not follow links in circles', async () => {
    symlinkSync(scratch.folder, join(scratch.folder, 'loop'))
    expect((await scratch.refusal('image_folder')).message).toBe('The class "loop" has no pictures.')
  })
})
