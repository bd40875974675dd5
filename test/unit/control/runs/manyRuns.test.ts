import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { createLateMirrors } from '../../../../src/main/engine/control/runs/lateMirrors'
import { databaseName, openStore } from '../../../../src/main/engine/control/store'
import type { EngineEvents } from '../../../../src/shared/contract'
import { EngineBench, finishStage } from '../../../fixtures/engineBench'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench().open()
})
afterEach(() => bench.dispose())

/** Runs that differ in their seed. */
const startSome = async (count: number): Promise<string[]> => {
  const ids: string[] = []
  for (let seed = 0; seed < count; seed++) ids.push((await bench.start({ name: `Run ${seed}`, seed })).id)
  return ids
}
const engineRuns = () => bench.engine.call('runs.list', {})
const marksOf = async (runId: string) => {
  const { tags, archivedAt } = await bench.engine.call('runs.get', { runId })
  return { tags, archived: typeof archivedAt === 'number' }
}

describe('editing many runs', () => {
  it('tags and archives them at once, says how they were, and brings that back', async () => {
    const [first = '', second = '', third = ''] = await startSome(3)
    const { engine } = bench
    await engine.call('runs.tag', { runId: first, tags: ['kept', 'old'] })
    await engine.call('runs.tag', { runId: third, tags: ['new'] })
    const { before } = await engine.call('runs.edit', {
      runIds: [first, second, third],
      addTags: ['new'],
      removeTags: ['old'],
    })
    expect(before).toEqual([
      { runId: first, tags: ['kept', 'old'], archived: false },
      { runId: second, tags: [], archived: false },
    ])
    expect((await marksOf(first)).tags).toEqual(['kept', 'new'])
    await engine.call('runs.edit', { runIds: [first, second], archived: true })
    expect(await marksOf(second)).toEqual({ tags: ['new'], archived: true })
    expect(await engine.call('runs.restore', { before: [...before] })).toEqual({ restored: [first, second] })
    expect(await marksOf(first)).toEqual({ tags: ['kept', 'old'], archived: false })
  })

  it('outlives the engine, also beside a change of one of them', async () => {
    const [first = '', second = ''] = await startSome(2)
    await bench.engine.call('runs.edit', { runIds: [first, second], addTags: ['many'], archived: true })
    await bench.engine.call('runs.tag', { runId: second, tags: ['one'] })
    await bench.close()
    bench.open()
    expect(await marksOf(first)).toEqual({ tags: ['many'], archived: true })
    expect(await marksOf(second)).toEqual({ tags: ['one'], archived: true })
  })

  it('is in the copies beside the files of runs, from which a damaged database is begun anew', async () => {
    const [first = '', second = ''] = await startSome(2)
    const { engine, folder } = bench
    await engine.call('runs.stop', { runId: second })
    await engine.call('runs.edit', { runIds: [first, second], addTags: ['many'], archived: true })
    await engine.call('runs.delete', { runIds: [second] })
    await bench.close()
    writeFileSync(join(folder, databaseName), 'no database')
    bench.open()
    expect(bench.store.repaired?.restored).toBe(2)
    for (const id of [first, second]) expect(await marksOf(id)).toEqual({ tags: ['many'], archived: true })
    expect((await engineRuns()).map(({ id }) => id)).toEqual([first])
  })

  it('comes into those copies also after a kill', async () => {
    // The one that has not begun: nothing else is written of it.
    const [, second = ''] = await startSome(2)
    await bench.close()
    const store = openStore(bench.folder)
    const killed = createLateMirrors(store, { log: createEngineLog(null) })
    killed.mark(new Map([[second, { tags: ['late'] }]]))
    store.close()
    bench.open()
    const copy = join(bench.store.runFolder(second), 'run.json')
    await bench.waitFor(() => expect(JSON.parse(readFileSync(copy, 'utf8'))).toMatchObject({ tags: ['late'] }))
    await bench.waitFor(() => expect(bench.store.behindMirrors()).toEqual([]))
  })

  it('tells of each run that changed, and of no other', async () => {
    const [first = '', second = ''] = await startSome(2)
    await bench.engine.call('runs.edit', { runIds: [first], addTags: ['a'] })
    const told: EngineEvents['run.changed'][] = []
    bench.engine.subscribe('run.changed', {}, (event) => told.push(event))
    await bench.engine.call('runs.edit', { runIds: [first, second], addTags: ['a'] })
    await bench.waitFor(() => expect(told.map(({ run }) => [run.id, run.tags])).toEqual([[second, ['a']]]))
  })

  it('changes nothing where one of them is unknown', async () => {
    const [first = ''] = await startSome(1)
    await expect(bench.engine.call('runs.edit', { runIds: [first, 'nobody'], addTags: ['a'] })).rejects.toThrow(
      'There is no run "nobody".',
    )
    expect((await marksOf(first)).tags).toEqual([])
  })

  it('brings back what is left of them', async () => {
    const [first = ''] = await startSome(1)
    const before = ['gone', first].map((runId) => ({ runId, tags: ['was'], archived: false }))
    expect(await bench.engine.call('runs.restore', { before })).toEqual({ restored: [first] })
  })

  it('is refused in a workspace of another engine', async () => {
    const [first = ''] = await startSome(1)
    await bench.close()
    bench.open({ readOnly: true })
    for (const call of [
      bench.engine.call('runs.edit', { runIds: [first], archived: true }),
      bench.engine.call('runs.cloneMany', { runIds: [first] }),
      bench.engine.call('runs.reorder', { runIds: [first] }),
      bench.engine.call('views.remove', { id: 'any' }),
    ])
      await expect(call).rejects.toThrow('read-only')
  })
})

describe('a run that is removed while its end is being written down', () => {
  it('leaves nobody waiting for it', async () => {
    const { id: first } = await bench.start({ students: [{ defenses: [] }] })
    const faults: unknown[] = []
    const note = (reason: unknown): void => void faults.push(reason)
    process.on('unhandledRejection', note)
    bench.engine.subscribe('run.changed', {}, ({ run: { state } }) => {
      if (state === 'done') queueMicrotask(() => bench.store.runs.remove(first))
    })
    for (let stage = 0; stage < 3; stage++) finishStage(await bench.trainer(stage))
    await bench.waitFor(() => expect(bench.store.runs.has(first)).toBe(false))
    await bench.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(faults).toEqual([])
    bench.open()
  })
})

describe('the order of waiting runs', () => {
  it('puts those first that are named, and leaves the one that trains', async () => {
    const [training = '', second = '', third = '', fourth = ''] = await startSome(4)
    await bench.trainer(0)
    const { order } = await bench.engine.call('runs.reorder', { runIds: [fourth, training, third] })
    expect(order).toEqual([fourth, third, second])
    await bench.close()
    bench.open()
    const position = async (runId: string) => (await bench.engine.call('runs.get', { runId })).position ?? 0
    expect(await position(fourth)).toBeLessThan(await position(third))
  })
})

describe('copies of many runs', () => {
  it('wait under names of their own, with seeds as far apart as they were', async () => {
    const ids = await startSome(3)
    const { made } = await bench.engine.call('runs.cloneMany', { runIds: ids, seed: 10 })
    expect(made.map(({ name, seed, state }) => [name, seed, state])).toEqual([
      ['Run 0 (copy)', 10, 'queued'],
      ['Run 1 (copy)', 11, 'queued'],
      ['Run 2 (copy)', 12, 'queued'],
    ])
    expect(new Set([...ids, ...made.map(({ id }) => id)]).size).toBe(6)
  })

  it('of one run with the same seed has the stages that are there', async () => {
    const [first = ''] = await startSome(1)
    await bench.finishAll(first)
    const { made } = await bench.engine.call('runs.cloneMany', { runIds: [first] })
    await bench.waitFor(async () => expect(await bench.stateOf(made[0]?.id ?? '')).toBe('done'))
  })

  it('are none where one of the runs cannot start again', async () => {
    const [first = '', second = ''] = await startSome(2)
    const { config } = await bench.engine.call('runs.get', { runId: second })
    bench.store.runs.insert({
      ...bench.store.runs.summary(second),
      id: 'broken',
      config: { ...config, data: { id: 'unknown', params: {} } },
    })
    await expect(bench.engine.call('runs.cloneMany', { runIds: [first, 'broken'] })).rejects.toThrow('cannot start')
    expect(await bench.engine.call('runs.list', {})).toHaveLength(3)
  })
})

describe('saved views', () => {
  const view = { of: 'runs', name: 'Mine', query: 'sr', columns: ['name'], order: [], groupBy: [] } as const

  it('are kept, replaced by name and removed', async () => {
    const { engine } = bench
    const { id } = await engine.call('views.save', { ...view, columns: ['name'], order: [], groupBy: [] })
    await engine.call('views.save', { ...view, query: 'sv', columns: [], order: [], groupBy: [] })
    await engine.call('views.save', { ...view, of: 'models', columns: [], order: [], groupBy: [] })
    await bench.close()
    bench.open()
    expect((await bench.engine.call('views.list', {})).map(({ of, query }) => [of, query])).toEqual([
      ['models', 'sr'],
      ['runs', 'sv'],
    ])
    expect(await bench.engine.call('views.remove', { id })).toEqual({ removed: true })
    expect(await bench.engine.call('views.remove', { id })).toEqual({ removed: false })
    expect(await bench.engine.call('views.list', {})).toHaveLength(1)
  })
})
