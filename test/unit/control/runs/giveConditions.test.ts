import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createConditions } from '../../../../src/main/engine/control/experiments/conditions'
import { giveConditions } from '../../../../src/main/engine/control/runs/giveConditions'
import { openStore, type RunStore } from '../../../../src/main/engine/control/store'
import { fakeMembers } from '../../../fakes/catalogue'
import { layOutPast, pastVersions } from '../../../fixtures/past'

const folder = mkdtempSync(join(tmpdir(), 'past-conditions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const conditionsIn = (store: RunStore): (string | undefined)[] =>
  store.runs
    .list(true)
    .reverse()
    .flatMap(({ stages }) => stages.filter(({ kind }) => kind === 'student'))
    .map(({ condition }) => condition && `${condition.number} ${condition.key}`)
const give = (store: RunStore, write: boolean): Promise<void> =>
  giveConditions(
    store,
    createConditions(fakeMembers, (key) => store.conditions.numberOf(key)),
    { write },
  )

describe.each(pastVersions)('the models of a workspace of version %s', (version) => {
  it('get their conditions, the oldest run’s first, once and for good', async () => {
    const workspace = layOutPast(version, join(folder, version))
    const store = openStore(workspace)
    expect(store.lacks('conditions')).toBe(true)
    await give(store, true)
    expect(store.lacks('conditions')).toBe(false)
    const given = conditionsIn(store)
    expect(given.length).toBeGreaterThan(0)
    expect(given[0]).toMatch(/^0 /)
    store.close()
    const again = openStore(workspace)
    expect(conditionsIn(again)).toEqual(given)
    again.close()
  })

  it('are told apart in a workspace of another engine too, which is not written to', async () => {
    const workspace = layOutPast(version, join(folder, `${version}-read`))
    openStore(workspace).close()
    const reading = openStore(workspace, { readOnly: true })
    await give(reading, false)
    expect(conditionsIn(reading)[0]).toMatch(/^0 /)
    reading.close()
    const again = openStore(workspace, { readOnly: true })
    expect(again.lacks('conditions')).toBe(true)
    expect(conditionsIn(again)[0]).toBeUndefined()
    again.close()
  })
})
