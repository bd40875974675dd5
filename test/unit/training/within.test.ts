import { expect, it } from 'vitest'
import { createWithin } from '../../../src/main/engine/training/within'

it('tells once a second how far a long loop is, and nothing of quick ones', () => {
  const told: string[] = []
  let time = 0
  const within = createWithin((fraction, message) => { told.push(`${message} ${Math.round(fraction * 100)} %`) }, () => time)
  for (let call = 0; call < 20; call++) for (let step = 1; step <= 5; step++) { time += 100; within('Student updates', step, 5) }
  expect(told).toEqual([])
  for (let step = 1; step <= 10; step++) { time += 400; within('Synthesis', step, 10) }
  expect(told).toEqual(['Synthesis 4 of 10, 40 %', 'Synthesis 7 of 10, 70 %', 'Synthesis 10 of 10, 100 %'])
})
