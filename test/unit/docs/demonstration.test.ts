/** The demonstration's preset is the configuration that was measured, and keeps on every seed what is promised. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { families } from '../../../src/main/engine/control/experiments/families'
import { presets } from '../../../src/main/engine/control/experiments/presets'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import { isDemonstrated, measuredRange, type RateRange } from '../../../src/shared/domain'
import { fallsShort, promise } from '../../../tools/demonstration/promise.mjs'

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const measuredConfig = (JSON.parse(read('resources/demonstration.json')) as { config: unknown }).config

const shown = presets.filter(({ demonstration }) => demonstration)
const [preset] = shown
const demonstration = preset?.demonstration
if (!preset || !demonstration) throw new Error('No preset is the demonstration.')

it('is one preset, and what was measured is its configuration to the last parameter', () => {
  expect(shown).toHaveLength(1)
  const { seed: _seed, name: _name, ...config } = resolveExperiment(preset.config, memberTable(families)).config
  expect(JSON.parse(JSON.stringify(config))).toEqual(measuredConfig)
})

it('is told of its own runs on any device, and of none in another precision', () => {
  const { config } = resolveExperiment(preset.config, memberTable(families))
  const run = { ...config, seed: 7, name: 'Own', execution: { ...config.execution, threads: 1 } }
  expect(isDemonstrated(run, demonstration)).toBe(true)
  expect(isDemonstrated({ ...run, execution: { ...run.execution, precision: 'mixed' } }, demonstration)).toBe(false)
})

it('was measured with seeds of the promise, the one that the button runs among them, and names its students', () => {
  const seeds = demonstration.measured.map(({ seed }) => seed)
  expect(promise.seeds).toEqual(expect.arrayContaining(seeds))
  expect(seeds).toContain(resolveExperiment(preset.config, memberTable(families)).config.seed)
  if (seeds.length < promise.seeds.length) expect(demonstration.shortfall).toContain(`${seeds.length} of `)
  for (const { students } of demonstration.measured) expect(students).toHaveLength(demonstration.students.length)
})

it('computes as it was measured, so that the button gives those digits, and says what another draw gave', () => {
  const { config } = resolveExperiment(preset.config, memberTable(families))
  expect(config.execution.threads).toBe(1)
  expect(demonstration.otherDraws).toContain('another draw')
})

it('keeps the promise on each seed, or says on the page where it does not', () => {
  const short = demonstration.measured.flatMap(fallsShort)
  if (demonstration.shortfall === undefined) expect(short).toEqual([])
  // What is said to fall short does, or the sentence is out of date.
  else expect(short.length + promise.seeds.length - demonstration.measured.length).toBeGreaterThan(0)
})

describe('README', () => {
  const text = read('README.md').replaceAll(/\s+/g, ' ')
  const whole = ({ least, most }: RateRange): string =>
    `${[...new Set([least, most].map((rate) => (rate * 100).toFixed(0)))].join('–')} %`

  it('says in one line what the ten seeds gave', () => {
    const models = [null, ...demonstration.students.keys()].map((student) => {
      const range = measuredRange(demonstration, student)
      const name = student === null ? 'teacher' : (demonstration.students[student] ?? '')
      return range ? `${name} ${whole(range.accuracy)} / ${whole(range.asr)}` : name
    })
    expect(text).toContain(models.join('; '))
  })
})
