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
const names = (runs: Awaited<ReturnType<typeof loaded>>): string[] => runs.runs.map(({ name }) => name)

describe('useRunsStore', () => {
  it('lists the runs, newest first', async () => {
    expect(names(await loaded())).toEqual(['Example 3', 'Example 2', 'Example 1'])
  })

  it('says what went wrong, and tries again', async () => {
    const failures: FakeEngineOptions['failures'] = { 'runs.list': new Error('no answer') }
    const runs = await loaded({ finishedRuns: 1, failures })
    expect(runs.loaded).toBe(false)
    expect(runs.loadError).toEqual(new Error('no answer'))
    delete failures['runs.list']
    await runs.load()
    expect(names(runs)).toEqual(['Example 1'])
    expect(runs.loadError).toBeNull()
  })

  it('follows the engine’s events', async () => {
    const runs = await loaded({})
    const id = await startSmallRun(bench.engine)
    expect(runs.active.map((run) => run.id)).toEqual([id])
    bench.engine.advance(stepsBeforeStudent + 3)
    expect(runs.byId.get(id)?.stages.at(-1)?.step).toBe(3)
    bench.engine.advance(100)
    expect(runs.active).toEqual([])
    bench.engine.emit('run.removed', { runId: id })
    expect(runs.runs).toEqual([])
  })

  it('forgets runs that are gone when the connection is back', async () => {
    const runs = await loaded()
    runs.keep({ ...runs.runs[0]!, id: 'of another workspace' })
    expect(runs.runs).toHaveLength(4)
    bench.reopen()
    await flushPromises()
    expect(runs.runs).toHaveLength(3)
  })

  it('moves runs to the bin and back by the notice', async () => {
    const runs = await loaded()
    const notices = bench.use(useNoticesStore)
    expect(await runs.remove(['fake-1', 'fake-3'])).toEqual(['fake-1', 'fake-3'])
    expect(names(runs)).toEqual(['Example 2'])
    expect(notices.notices[0]?.title).toBe('2 runs were deleted.')
    notices.notices[0]?.action?.run()
    await flushPromises()
    expect(names(runs)).toEqual(['Example 3', 'Example 2', 'Example 1'])
    await runs.remove(['fake-2'])
    expect(notices.notices.at(-1)?.title).toBe('“Example 2” was deleted.')
  })

  it('takes over what the engine answers to a change', async () => {
    const runs = await loaded()
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
