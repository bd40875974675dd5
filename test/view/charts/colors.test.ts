import { expect, it } from 'vitest'
import { distinctColors } from '@renderer/charts/colors'

it('keeps wanted colours and gives way where one is wanted twice', () => {
  expect(distinctColors(['red', 'blue', 'red', 'red'], ['red', 'blue', 'green', 'gold'])).toEqual([
    'red',
    'blue',
    'green',
    'gold',
  ])
})
it('repeats a colour only when none is left', () => {
  expect(distinctColors(['red', 'red', 'red'], ['red', 'blue'])).toEqual(['red', 'blue', 'red'])
})
