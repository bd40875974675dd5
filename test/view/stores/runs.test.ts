import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { useNoticesStore } from '@renderer/stores/notices'
import { useRunsStore } from '@renderer/stores/runs'
import type { FakeEngineOptions } from '../../fakes/engine'
import { createBench, startSmallRun, stepsBeforeStudent, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())
async function loaded(options: FakeEngineOptions = { finishedRuns: 3 }) {
  bench = createBench(options)
  const runs = bench.use(useRunsStore)
  await runs.load()
  return runs
}

describe('useRunsStore', () => {
  it('keeps what is looked at and what is at work, never the whole list', async () => {
    const runs = await loaded({ finishedRuns: 60 })
    expect(runs.total).toBe(60)
    expect(runs.byId.size).toBe(0)
    expect(bench.engine.calls).not.toContain('runs.list')
    const id = await startSmallRun(bench.engine)
    expect(runs.active.map((run) => run.id)).toEqual([id])
    bench.engine.advance(stepsBeforeStudent + 3)
    expect(runs.byId.get(id)?.stages.at(-1)?.step).toBe(3)
    bench.engine.advance(100)
    expect(runs.active).toEqual([])
    bench.engine.emit('run.removed', { runId: id })
    expect(runs.byId.size).toBe(0)
  })

  it('forgets the oldest of very many, but not one that is open', async () => {
    const runs = await loaded({ finishedRuns: 1 })
    const run = await bench.engine.call('runs.get', { runId: 'fake-1' })
    const release = runs.hold('fake-1')
    runs.keep(run)
    for (let index = 0; index < 1000; index++) runs.keep({ ...run, id: `other ${index}` })
    expect(runs.byId.size).toBeLessThanOrEqual(400)
    expect(runs.byId.has('fake-1')).toBe(true)
    expect(runs.byId.has('other 999')).toBe(true)
    release()
  })

  it('says what went wrong, and tries again', async () => {
    const failures: FakeEngineOptions['failures'] = { 'table.rows': new Error('no answer') }
    const runs = await loaded({ finishedRuns: 1, failures })
    expect(runs.loaded).toBe(false)
    expect(runs.loadError).toEqual(new Error('no answer'))
    delete failures['table.rows']
    await runs.load()
    expect(runs.total).toBe(1)
    expect(runs.loadError).toBeNull()
  })

  it('forgets what may be outdated when the connection is back', async () => {
    const runs = await loaded()
    runs.keep({ ...(await bench.engine.call('runs.get', { runId: 'fake-1' })), id: 'of another workspace' })
    bench.reopen()
    await flushPromises()
    expect(runs.byId.size).toBe(0)
  })

  it('moves runs to the bin and back by the notice', async () => {
    const runs = await loaded()
    const notices = bench.use(useNoticesStore)
    const there = async (): Promise<string[]> => (await bench.engine.call('runs.list', {})).map(({ name }) => name)
    expect(await runs.remove(['fake-1', 'fake-3'])).toEqual(['fake-1', 'fake-3'])
    expect(await there()).toEqual(['Example 2'])
    expect(notices.notices[0]?.title).toBe('2 runs were deleted.')
    notices.notices[0]?.action?.run()
    await flushPromises()
    expect(await there()).toHaveLength(3)
    runs.keep(await bench.engine.call('runs.get', { runId: 'fake-2' }))
    await runs.remove(['fake-2'])
    expect(notices.notices.at(-1)?.title).toBe('“Example 2” was deleted.')
  })

  it('takes over what the engine answers to a change', async () => {
    const runs = await loaded()
    runs.keep(await bench.engine.call('runs.get', { runId: 'fake-1' }))
    await runs.rename('fake-1', 'Better name')
    expect((await runs.note('fake-1', 'a note')).note).toBe('a note')
    expect(runs.byId.get('fake-1')).toMatchObject({ name: 'Better name', note: 'a note' })
  })

  it('pauses and resumes', async () => {
    const runs = await loaded({})
    const id = await startSmallRun(bench.engine)
    await runs.control('pause', id)
    expect(runs.byId.get(id)?.state).toBe('paused')
    await runs.control('resume', id)
    expect(runs.byId.get(id)?.state).toBe('running')
    await runs.control('stop', id)
    await expect(runs.control('pause', id)).rejects.toThrow('stopped')
  })
})
