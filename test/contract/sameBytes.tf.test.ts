/**
 * Two processes with one seed make the same teacher and the same students, byte for byte: every method, every
 * defense, and a student whose steps are large. The second process runs ops side by side. `npm run same-bytes`
 * tries every method × every defense in many processes.
 */
import { expect, it } from 'vitest'
import { defenses } from '../../src/main/engine/families/defenses'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import { differing, outcomesOf } from '../../tools/same-bytes/processes.mjs'
import { bundle } from '../fixtures/bundle'

it('every method gives the same bytes in two processes with one seed', async () => {
  const script = await bundle('test/sameBytes/process.ts')
  const outcomes = await outcomesOf(script, { processes: 2, parameters: ['slice'] })
  expect(outcomes.size).toBe(distillationMethods.members.length + defenses.members.length + 2)
  const others = [...outcomes].filter(([, made]) => made.length !== 2 || differing(made) > 0)
  expect(others.map(([model]) => model)).toEqual([])
}, 480_000)
