/** What every ready-made study promises: its cells can be, but for the files that only a person can name. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diskEstimate } from '../../src/main/engine/control/experiments/diskEstimate'
import { estimateTime } from '../../src/main/engine/control/experiments/estimate'
import { checkStudy, expandStudy } from '../../src/main/engine/control/studies/expand'
import { planOf, stagesOfCells } from '../../src/main/engine/control/studies/plan'
import { studyPresets } from '../../src/main/engine/control/studies/presets'
import { resolveCells } from '../../src/main/engine/control/studies/resolveCells'
import { stageKeysOf } from '../../src/main/engine/control/experiments/stageKeys'
import { publishedAttacks } from '../../src/shared/domain'
import { context, productCosts, resolve, table } from '../unit/control/studies/support'

const all = studyPresets(table)
const planned = async (id: string) => {
  const { definition } = all.find((preset) => preset.id === id)!
  const cells = await resolveCells(expandStudy(checkStudy(definition, context)), resolve)
  const stages = await stagesOfCells(
    cells.map(({ config }) => ({ config, executor: 'local' })),
    {
      book: {
        read: () => Promise.resolve(),
        keysOf: (config) => stageKeysOf(config, { table, costs: productCosts, device: 'cpu', fingerprint: () => '' }),
        find: () => null,
      },
      length: (config, student) =>
        productCosts.range(config.students, student, productCosts.distillation(config)?.pseudoBatches ?? 0).total,
      estimate: async (config) => estimateTime(config, { costs: productCosts, finished: [], machine: { threads: 2 } }),
      bytes: (config) => diskEstimate(config, productCosts),
    },
  )
  return { cells, plan: planOf(stages, { slots: 1, cells: cells.length }) }
}

describe('ready-made studies', () => {
  it('are all listed', () => {
    const files = readdirSync(join(import.meta.dirname, '../../resources/studies'))
    expect(all.map(({ id }) => `${id}.yml`).sort()).toEqual(files.sort())
  })

  it.each(all)('$id resolves without errors', async ({ id, title, description }) => {
    const { cells } = await planned(id)
    const issues = cells.flatMap(({ issues: found }) => found.filter(({ severity }) => severity === 'error'))
    // The data set's files.
    expect(issues.filter(({ path }) => !path.startsWith('data.params.'))).toEqual([])
    expect(title.length).toBeGreaterThan(5)
    expect(description.length).toBeGreaterThan(40)
    expect(cells.every(({ config }) => config.students.length === 1)).toBe(true)
  })

  it('cifar10-zskt is the published table, three times', async () => {
    const { cells, plan } = await planned('cifar10-zskt')
    expect(cells).toHaveLength(10 * 3 * 3)
    expect([...new Set(cells.map(({ axes }) => axes.attack))].sort()).toEqual([...publishedAttacks].sort())
    const kd = cells.filter(({ axes }) => axes.method === 'kd')
    expect(kd).toHaveLength(30)
    expect(kd[0]?.config.teacher.architecture.params).toMatchObject({ depth: 40, width: 2 })
    // Two teachers for each trigger and seed.
    expect(plan.stages).toEqual({ asked: 180, new: 60 + 90, reused: 0 })
  })

  it('signs-small takes less than an hour on two cores', async () => {
    const { cells, plan } = await planned('signs-small')
    process.stdout.write(`signs-small: ${plan.words}; ${(plan.bytes / 1e6).toFixed(0)} MB\n`)
    expect(cells).toHaveLength(24)
    expect(plan.stages.new).toBe(6 + 24)
    expect(plan.seconds).toBeGreaterThan(10 * 60)
    expect(plan.seconds).toBeLessThan(60 * 60)
  })
})
