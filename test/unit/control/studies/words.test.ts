import { expect, it } from 'vitest'
import { durationWords, planWords } from '../../../../src/main/engine/control/studies/words'
import { editDistance, nearest } from '../../../../src/shared/nearest'

it('a plan in words', () => {
  const facts = {
    cells: 162,
    teachers: 30,
    students: 162,
    reused: 0,
    seconds: 9 * 3600,
    longestChain: 600,
    bytes: 1e9,
    basis: 'measured' as const,
    slots: 1,
  }
  expect(planWords(facts)).toBe(
    '162 cells, 30 teachers and 162 students to train, 0 reused; about 9 h on this machine, perhaps 7 min on 12 GPUs',
  )
  // Two at once here, and never less than the longest chain.
  expect(planWords({ ...facts, slots: 2 })).toContain('about 4.5 h on this machine')
  expect(planWords({ ...facts, slots: 1000 })).toContain('about 10 min on this machine')
  expect(planWords({ ...facts, cells: 1, teachers: 0, students: 1, reused: 1, basis: 'calculated' })).toBe(
    '1 cell, 1 student to train, 1 reused; about 9 h on this machine (calculated: read it within a factor of three), perhaps 2 min on 12 GPUs',
  )
  expect(planWords({ ...facts, teachers: 0, students: 0, reused: 192, seconds: 0 })).toBe(
    '162 cells, nothing to train, 192 reused',
  )
  expect(planWords({ ...facts, teachers: 0, read: 1, seconds: 0 })).toBe(
    '162 cells, 1 teacher to read from a file, 162 students to train, 0 reused',
  )
})

it('durations', () => {
  expect([0.2, 40, 90, 5400, 7200, 40_000, 180_000, 900_000].map(durationWords)).toEqual([
    '1 s',
    '40 s',
    '2 min',
    '90 min',
    '2 h',
    '11 h',
    '2.1 days',
    '10 days',
  ])
})

it('the nearest known word', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(editDistance('ab', 'ba')).toBe(1)
  expect(editDistance('', 'abc')).toBe(3)
  const known = ['poisoning.ratio', 'poisoning.target', 'attack', 'seed']
  expect(nearest('atack', known)).toBe('attack')
  expect(nearest('ratio', known)).toBe('poisoning.ratio')
  expect(nearest('Poisoning.Target', known)).toBe('poisoning.target')
  expect(nearest('momentum', known)).toBeUndefined()
  expect(nearest('x'.repeat(100_000), known)).toBeUndefined()
})
