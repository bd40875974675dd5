import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { curvePoints, summary } from '../../../tools/against/curves.mjs'

const curve = (program: string, seed: number, rates: readonly [number, number], generatorLoss?: number) => ({
  ...{ program, seed, defense: 'none' },
  points: [{ step: 10, accuracy: rates[0], asr: rates[1], generatorLoss }],
})

it('the summary has the range over seeds of either program, and says where the two part', () => {
  const curves = [
    ...[curve('ours', 0, [0.5, 0.9]), curve('ours', 1, [0.6, 0.8])],
    ...[curve('theirs', 0, [0.55, 0.7]), curve('theirs', 1, [0.7, 0.75])],
  ]
  expect(summary(curves).split('\n').slice(2, -1)).toEqual([
    '| none | 10 | 50.0 to 60.0 | 55.0 to 70.0 | 80.0 to 90.0 | 70.0 to 75.0 | yes, no | – |',
  ])
})

it('the generator’s losses of equal seeds are compared, the middle pair is told', () => {
  const pairs = [
    [-2, -1.6],
    [-1, -1],
    [-1, -0.8],
  ]
  const curves = pairs.flatMap(([own, other], seed) => [
    curve('ours', seed, [0.5, 0.5], own),
    curve('theirs', seed, [0.5, 0.5], other),
  ])
  expect(summary(curves)).toContain('| 25 |')
  expect(summary([...curves, curve('ours', 3, [0.5, 0.5], 7)])).toContain('| 25 |')
})

it('a rate that is the same but for float32 is no other', () =>
  expect(summary([curve('ours', 0, [0.1, 1]), curve('theirs', 0, [0.0999999, 0.9999998])])).toContain('| yes, yes |'))

it('a step that a journal tells twice, as a resumed stage does, counts as it was told last', () => {
  const folder = mkdtempSync(join(tmpdir(), 'abd-curves-'))
  const told = (step: number, accuracy: number): string => {
    const at = { step }
    const points = [
      { ...at, name: 'accuracy', value: accuracy },
      { ...at, name: 'asr', value: 0.5 },
      { ...at, name: 'studentLoss', value: 3 },
      { ...at, name: 'generatorLoss', value: -accuracy },
      { step: step - 1, name: 'generatorLoss', value: -0.2 },
    ]
    return `${JSON.stringify({ report: { type: 'metrics', points } })}\n`
  }
  writeFileSync(join(folder, '1.jsonl'), told(20, 0.2) + told(10, 0.1))
  writeFileSync(join(folder, '2.jsonl'), `${JSON.stringify({ report: { type: 'progress' } })}\n${told(20, 0.3)}`)
  expect(curvePoints(folder)).toEqual([
    { step: 10, accuracy: 0.1, asr: 0.5, generatorLoss: expect.closeTo(-0.15) },
    { step: 20, accuracy: 0.3, asr: 0.5, generatorLoss: expect.closeTo(-0.25) },
  ])
  rmSync(folder, { recursive: true, force: true })
})
