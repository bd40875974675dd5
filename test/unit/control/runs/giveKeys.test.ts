import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { giveKeys } from '../../../../src/main/engine/control/runs/giveKeys'
import type { StageBook } from '../../../../src/main/engine/control/runs/stageBook'
import { openStore } from '../../../../src/main/engine/control/store'
import { pivotModels, type ExperimentConfig } from '../../../../src/shared/domain'
import { fakeMembers } from '../../../fakes/catalogue'
import { layOutPast, pastVersions } from '../../../fixtures/past'

const folder = mkdtempSync(join(tmpdir(), 'past-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Keys are another test's matter. */
const book = {
  read: () => Promise.resolve(),
  keysOf: ({ students, seed }: ExperimentConfig) =>
    ['data', 'teacher', ...students.map((_, index) => `student-${index + 1}`)].map((id) => ({
      id,
      key: `${id} of seed ${seed}`,
      prefix: [],
    })),
} as unknown as StageBook

describe.each(pastVersions)('the stages of a workspace of version %s', (version) => {
  it('get keys, and what models of different runs are averaged and compared by, once and for good', async () => {
    const workspace = layOutPast(version, join(folder, version))
    const store = openStore(workspace)
    expect(store.lacks('keys of stages')).toBe(true)
    await giveKeys(store, book, fakeMembers)
    expect(store.lacks('keys of stages')).toBe(false)
    store.close()
    const again = openStore(workspace)
    const runs = again.runs.list(true)
    expect(runs.flatMap(({ stages }) => stages.map(({ key }) => typeof key))).not.toContain('undefined')
    const models = runs.flatMap(({ stages }) => stages.filter(({ kind }) => kind !== 'data'))
    expect(models.length).toBeGreaterThan(0)
    for (const { kind, recipe, pairKey } of models)
      expect([typeof recipe, typeof pairKey]).toEqual(['string', kind === 'student' ? 'string' : 'undefined'])
    expect(pivotModels(runs).length).toBeLessThanOrEqual(models.length)
    again.close()
  })
})
