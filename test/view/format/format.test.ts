import { describe, expect, it } from 'vitest'
import { bytes, compact, percent, points, tidy } from '@renderer/format/numbers'
import { aboutDuration, ago, duration } from '@renderer/format/times'

describe('numbers', () => {
  it.each([
    [0.9534, '95.3 %'],
    [null, '–'],
    [Number.NaN, '–'],
    [0, '0.0 %'],
  ])('percent(%s) is %s', (value, shown) => expect(percent(value)).toBe(shown))
  it.each([
    [-0.731, '−73.1'],
    [0.02, '+2.0'],
    [-0.0004, '0.0'],
    [null, '–'],
  ])('points(%s) is %s', (value, shown) => expect(points(value)).toBe(shown))
  it.each([
    [0.00012, '1.20e−4'],
    [1234567, '1\u202f234\u202f567'],
    [0.5, '0.5000'],
    [-12.345, '−12.35'],
    [10_000_000, '10\u202f000\u202f000'],
    [Infinity, 'Infinity'],
    [-2.61e-4, '−2.61e−4'],
  ])('compact(%s) is %s', (value, shown) => expect(compact(value)).toBe(shown))
  it.each([
    [0.5, '0.5'],
    [2.5, '2.5'],
    [100, '100'],
    [-0.25, '−0.25'],
    [1e-7, '1e−7'],
    [1000, '1\u202f000'],
  ])('tidy(%s) is %s', (value, shown) => expect(tidy(value)).toBe(shown))
  it.each([
    [512, '512 B'],
    [39_321_600, '39.3 MB'],
    [1e11, '100 GB'],
  ])('bytes(%s) is %s', (value, shown) => expect(bytes(value)).toBe(shown))
})

describe('times', () => {
  it.each([
    [8.4, '8 s'],
    [125, '2 min 05 s'],
    [4020, '1 h 07 min'],
    [752_340, '8.7 days'],
    [null, '–'],
  ])('duration(%s) is %s', (value, shown) => expect(duration(value)).toBe(shown))
  it.each([
    [360, 'about 6 min'],
    [12, 'about 10 s'],
    [9000, 'about 2.5 h'],
    [1_815_840, 'about 21 days'],
  ])('aboutDuration(%s) is %s', (value, shown) => expect(aboutDuration(value)).toBe(shown))
  it('tells how long ago', () => {
    expect(ago(0, 10_000)).toBe('just now')
    expect(ago(0, 600_000)).toBe('10 min ago')
    expect(ago(0, 7_200_000)).toBe('2 h ago')
  })
})
