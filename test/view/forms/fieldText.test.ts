import { describe, expect, it } from 'vitest'
import { integer, number } from '@shared/schema'
import { readIntegerList, readNumber, stepped } from '@renderer/forms/fieldText'

describe('readNumber', () => {
  it.each([
    ['12', 12],
    ['5e-4', 5e-4],
    ['0,25', 0.25],
    ['−3', -3],
    ['abc', 'abc'],
    ['', ''],
    ['1e-', '1e-'],
    ['Infinity', 'Infinity'],
  ])('%s reads as %s', (text, value) => {
    expect(readNumber(text)).toBe(value)
  })
})

it('reads lists, keeping what is no number for the validation to name', () => {
  expect(readIntegerList('100, 200;x')).toEqual([100, 200, 'x'])
  expect(readIntegerList('')).toEqual([])
})

describe('stepped', () => {
  it('stays within the range', () => {
    const field = integer({ label: '', help: '', default: 1, min: 0, max: 2 })
    expect(stepped(field, 2, 1)).toBe(2)
    expect(stepped(field, 0, -1)).toBe(0)
  })
  it('climbs 1–2–5 on logarithmic fields', () => {
    const field = number({ label: '', help: '', default: 0.1, min: 1e-6, max: 10, logarithmic: true })
    expect([0.1, 0.2, 0.5, 1].map((value) => stepped(field, value, 1))).toEqual([0.2, 0.5, 1, 2])
    expect(stepped(field, 0.1, -1)).toBeCloseTo(0.05)
  })
  it('adds the declared step without binary crumbs', () => {
    expect(stepped(number({ label: '', help: '', default: 0, min: 0, max: 1, step: 0.01 }), 0.07, 1)).toBe(0.08)
  })
})
