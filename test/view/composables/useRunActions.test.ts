import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunSummary } from '@shared/domain'
import { isActive, isResumable, useRunActions } from '@renderer/composables/useRunActions'
import { useDraftStore } from '@renderer/stores/draft'
import { useNoticesStore } from '@renderer/stores/notices'
import { useRunsStore } from '@renderer/stores/runs'
import type { FakeEngineOptions } from '../../fakes/engine'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => {
  bench.dispose()
  localStorage.clear()
})
async function withRuns(options: FakeEngineOptions = {}) {
  bench = createBench({ finishedRuns: 2, ...options })
  const runs = bench.use(useRunsStore)
  await runs.load()
  const run = runs.keep(await bench.engine.call('runs.get', { runId: 'fake-1' }))
  return { runs, actions: bench.use(useRunActions), notices: bench.use(useNoticesStore), run }
}

describe('useRunActions', () => {
  it('says in a notice what could not be done', async () => {
    const { actions, notices, run } = await withRuns()
    await actions.control('pause', run)
    expect(notices.notices[0]).toMatchObject({
      severity: 'error',
      title: '“Example 1” could not pause.',
      causes: [{ message: 'The run is done; it cannot be paused.' }],
    })
  })

  it('sets up a copy and goes to the form', async () => {
    const { actions, run } = await withRuns()
    await actions.clone(run)
    await flushPromises()
    expect(bench.use(useDraftStore).config?.name).toBe('Example 1 (copy)')
    expect(bench.router.currentRoute.value.path).toBe('/new')
  })

  it('stays where it is when there is no copy', async () => {
    const { actions, notices, run } = await withRuns({ failures: { 'runs.clone': new Error('no answer') } })
    await actions.clone(run)
    expect(bench.use(useDraftStore).config).toBeNull()
    expect(notices.notices).toHaveLength(1)
  })

  it('tells which runs went to the bin, and brings them back', async () => {
    const { actions, run } = await withRuns()
    const there = async () => (await bench.engine.call('runs.list', {})).map(({ id }) => id)
    expect(await actions.remove([run])).toEqual(['fake-1'])
    expect(await there()).toEqual(['fake-2'])
    await actions.restore(run)
    expect(await there()).toHaveLength(2)
  })

  it('tells that none went where deleting failed, and whether a note was saved', async () => {
    const failures: FakeEngineOptions['failures'] = {
      'runs.delete': new Error('no answer'),
      'runs.note': new Error('no answer'),
    }
    const { actions, run } = await withRuns({ failures })
    expect(await actions.remove([run])).toEqual([])
    expect(await actions.note(run, 'a note')).toBe(false)
    delete failures['runs.note']
    expect(await actions.note(run, 'a note')).toBe(true)
  })

  it('knows which states can be paused and which resumed', () => {
    const states: RunSummary['state'][] = ['queued', 'running', 'paused', 'stopped', 'interrupted', 'failed', 'done']
    const those = (test: (run: RunSummary) => boolean) => states.filter((state) => test({ state } as RunSummary))
    expect(those(isActive)).toEqual(['queued', 'running'])
    expect(those(isResumable)).toEqual(['paused', 'stopped', 'interrupted', 'failed'])
  })
})
