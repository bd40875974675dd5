import { describe, expect, it } from 'vitest'
import { confusionsCsv, ratesCsv } from '@renderer/analyses/classesCsv'
import {
  differences,
  filledPlaces,
  frequentConfusions,
  orderedBy,
  ratesByClass,
  shares,
  type ClassesArtifact,
} from '@renderer/analyses/confusions'
import { inkOn, matrixColors, shadeOf } from '@renderer/analyses/matrixPaint'

const artifact: ClassesArtifact = {
  images: [10, 4, 0, 5],
  confusion: [
    [8, 2, 0, 0],
    [1, 3, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 4],
  ],
  accuracy: [0.8, 0.75, 0, 0.8],
  triggered: [
    [10, 0, 0, 0],
    [4, 0, 0, 0],
    [0, 0, 0, 0],
    [1, 0, 0, 4],
  ],
}
const nameOf = (index: number): string => ['stop', 'yield', 'none', 'left, right'][index] ?? ''

describe('confusions', () => {
  it('gives shares of the images of the true class, and zeros for a class without images', () => {
    expect(shares(artifact.confusion, artifact.images)).toEqual([
      [0.8, 0.2, 0, 0],
      [0.25, 0.75, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0.8],
    ])
  })
  it('orders mistakes by their share of the true class, not by their count', () => {
    expect(frequentConfusions(artifact, 5)).toEqual([
      { truth: 1, predicted: 0, count: 1, share: 0.25 },
      { truth: 0, predicted: 1, count: 2, share: 0.2 },
    ])
    expect(frequentConfusions(artifact, 1)).toHaveLength(1)
  })
  it('tells what the trigger changes, and that first which it changes most', () => {
    expect(differences(artifact)?.[1]).toEqual([0.75, -0.75, 0, 0])
    expect(differences({ ...artifact, triggered: undefined })).toBeNull()
    expect(filledPlaces(artifact)[0]).toMatchObject({ truth: 1, clean: 1, triggered: 4, images: 4 })
    expect(filledPlaces(artifact)).toHaveLength(6)
  })
})

describe('rates by class', () => {
  const rates = ratesByClass(artifact, 0)
  it('have n and interval; the target has no ASR, a class without images no rate', () => {
    expect(rates[0]).toMatchObject({ images: 10, accuracy: { value: 0.8, images: 10 }, asr: null })
    expect(rates[0]?.accuracy?.interval.low).toBeCloseTo(0.4902, 4)
    expect(rates[1]?.asr).toMatchObject({ value: 1, images: 4, interval: { high: 1 } })
    expect(rates[2]).toMatchObject({ accuracy: null, asr: null })
    expect(rates[3]?.asr?.value).toBe(0.2)
  })
  it('are ordered by any column', () => {
    const order = (by: Parameters<typeof orderedBy>[1]): number[] => orderedBy(rates, by).map(({ index }) => index)
    expect(order('asr')).toEqual([1, 3, 0, 2])
    expect(order('accuracy')).toEqual([0, 3, 1, 2])
    expect(order('images')).toEqual([0, 3, 1, 2])
    expect(order('index')).toEqual([0, 1, 2, 3])
  })
  it('are exported with their intervals', () => {
    const lines = ratesCsv(rates, nameOf, 0).split('\r\n')
    expect(lines[0]).toBe('class,name,target,images,accuracy,accuracy low,accuracy high,asr,asr low,asr high')
    expect(lines[1]).toMatch(/^0,stop,1,10,0\.8,0\.49\d*,0\.94\d*,,,$/)
    expect(lines[4]).toMatch(/^3,"left, right",0,5,/)
    expect(confusionsCsv(artifact, nameOf).split('\r\n')[5]).toBe('1,yield,0,stop,4,1,4')
  })
})

describe('colours of a matrix', () => {
  it.each([true, false])('leave every number readable (dark: %s)', (isDark) => {
    const colors = matrixColors(isDark)
    const channel = (hex: string, at: number): number => {
      const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    }
    const luminance = (hex: string): number =>
      0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5)
    for (const warm of [true, false])
      for (let share = 0; share <= 1; share += 0.02) {
        const ground = shadeOf(share, warm, colors)
        const [high, low] = [luminance(ground), luminance(inkOn(ground, colors))].sort((left, right) => right - left)
        expect(((high ?? 0) + 0.05) / ((low ?? 0) + 0.05), `${ground}`).toBeGreaterThanOrEqual(4.5)
      }
  })
})
