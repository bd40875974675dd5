/** docs/benchmarks-gpu.md says what fits on a card: the table is what the estimate says, to the digit. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { costs } from '../../../src/main/engine/control/experiments/costs'
import { families } from '../../../src/main/engine/control/experiments/families'
import { memoryEstimate } from '../../../src/main/engine/control/experiments/memoryEstimate'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import type { PartialExperimentConfig } from '../../../src/shared/domain'

const text = readFileSync(join(import.meta.dirname, '../../../docs/benchmarks-gpu.md'), 'utf8')
const section = text.slice(text.indexOf('## What fits on a card'), text.indexOf('## Of the table above'))
const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
const [head = [], , ...rows] = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map(cells)
const batches = head.slice(1).map(Number)

const wrn = (width: number) => ({ id: 'wrn', params: { depth: 16, width } })
const resnet = (depth: string) => ({ id: 'resnet', params: { depth, stem: 'small' } })
const networks = [
  { teacher: wrn(2), student: wrn(1) },
  { teacher: resnet('34'), student: resnet('18') },
]
const defenses = [[], [{ id: 'sv' }], [{ id: 'sr' }]]

/** The rows of the table: a pair of networks, then the same with each defense. */
const asked = networks.flatMap(({ teacher, student }) => defenses.map((of) => ({ teacher, student, defenses: of })))

function gigabytes({ teacher, student, defenses: of }: (typeof asked)[number], batchSize: number): string {
  const config: PartialExperimentConfig = {
    data: { id: 'cifar10', params: {} },
    teacher: { architecture: teacher },
    distillation: { architecture: student, method: { id: 'zskt', params: { batchSize } } },
    students: [{ defenses: of }],
  }
  const { bytes } = memoryEstimate(resolveExperiment(config, memberTable(families)).config, { costs, device: 'gpu' })
  return (bytes / 1e9).toFixed(1)
}

describe('what fits on a card', () => {
  it('has a row for each pair of networks and defense', () => {
    expect(batches).toEqual([64, 128, 256, 512])
    expect(rows).toHaveLength(asked.length)
  })

  it.each(rows.map((row, at) => ({ title: row[0], figures: row.slice(1), at })))('$title', ({ figures, at }) => {
    const of = asked[at]
    expect(of && batches.map((batchSize) => gigabytes(of, batchSize))).toEqual(figures)
  })
})
