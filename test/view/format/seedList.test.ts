import { describe, expect, it } from 'vitest'
import { readSeeds, writeSeeds } from '@renderer/format/seedList'

describe('lists of seeds', () => {
  it.each([
    ['0-4', [0, 1, 2, 3, 4]],
    ['0–2, 7', [0, 1, 2, 7]],
    ['3..4 3', [3, 4]],
    ['', []],
  ])('reads %j', (text, seeds) => expect(readSeeds(text)).toEqual(seeds))
  it.each(['-1', 'a', '1.5', '4-2', '0-99999', '9999999999'])('refuses %j', (text) =>
    expect(() => readSeeds(text)).toThrow('no list of seeds'),
  )
  it.each([
    [[0, 1, 2, 7], '0-2, 7'],
    [[3, 4], '3, 4'],
    [[], ''],
  ])('writes %j', (seeds, text) => expect(writeSeeds(seeds)).toBe(text))
})
