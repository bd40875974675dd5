import { describe, expect, it } from 'vitest'
import { differenceOf, spectrumImage, spectrumOf, type OneImage } from '@renderer/views/explorer/lookMaths'
import { foldersOf, numbersCsv, pictureName } from '@renderer/views/explorer/savedImages'
import spectra from '../../../fixtures/explorer/spectrum.json'

const grey = (pixels: readonly number[]): OneImage => ({
  count: 1,
  height: 1,
  width: pixels.length,
  channels: 1,
  pixels: Uint8Array.from(pixels),
})

describe('Images looked at closely', () => {
  it('differ from each other by eight times as much, grey where they are equal', () => {
    expect([...(differenceOf(grey([100, 110, 90, 255]), grey([100, 100, 100, 0]))?.pixels ?? [])]).toEqual([
      128, 208, 48, 255,
    ])
    expect(differenceOf(grey([1]), grey([1, 2]))).toBeNull()
  })

  it('have the spectra that numpy finds, the zero frequency in the middle', () => {
    for (const { pixels, magnitudes, height, width, channels } of spectra) {
      const found = spectrumOf({
        count: 1,
        height,
        width,
        channels: channels === 1 ? 1 : 3,
        pixels: Uint8Array.from(pixels),
      })
      expect(found).toHaveLength(magnitudes.length)
      magnitudes.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 5))
    }
  })

  it('show spectra on one scale, so that they compare', () => {
    const image = spectrumImage(
      Float64Array.from([0, Math.E - 1, Math.E ** 2 - 1]),
      { height: 1, width: 3 },
      Math.E ** 2 - 1,
    )
    expect([...image.pixels]).toEqual([0, 128, 255])
  })
})

describe('Saved images', () => {
  const image = { run: 'r1', runName: 'First, of all', at: 20, index: 3, batch: grey([1]) }

  it('lie in a folder per student, two of one name in two', () => {
    const folders = foldersOf([
      { run: 'r1', student: 'SV c = 2' },
      { run: 'r1', student: 'SV c = 2' },
      { run: 'r2', student: 'SV c = 2' },
    ])
    expect([...folders]).toEqual([
      ['r1/SV c = 2', 'SV-c-=-2'],
      ['r2/SV c = 2', 'SV-c-=-2-2'],
    ])
    expect(pictureName(image, 'SV')).toBe('SV/0000020-0004.png')
  })

  it('have a row of numbers each, which names its file; what is not known is left empty', () => {
    const csv = numbersCsv(
      [{ ...image, student: 'SV', values: [4, NaN] }],
      [
        { id: 'teacherClass', title: 'Teacher’s class', kind: 'class' },
        { id: 'studentKl', title: 'KL', kind: 'number' },
      ],
      'pseudo batch',
    )
    expect(csv.split('\r\n')).toEqual([
      'file,run,run name,student,pseudo batch,image,Teacher’s class,KL',
      'SV/0000020-0004.png,r1,"First, of all",SV,20,4,4,',
      '',
    ])
  })
})
