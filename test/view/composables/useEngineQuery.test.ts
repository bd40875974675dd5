import { flushPromises } from '@vue/test-utils'
import { nextTick, ref } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useEngineQuery } from '@renderer/composables/useEngineQuery'
import type { FakeEngineOptions } from '../../fakes/engine'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  bench.dispose()
  vi.useRealTimers()
})
const wait = async (milliseconds: number): Promise<void> => {
  await nextTick()
  await vi.advanceTimersByTimeAsync(milliseconds)
  await flushPromises()
}
const asked = (): number => bench.engine.calls.length
function runQuery(initial: string | null, options: FakeEngineOptions = { finishedRuns: 2 }) {
  bench = createBench(options)
  const runId = ref(initial)
  const { result, unmount } = bench.mount(() =>
    useEngineQuery('runs.get', () => (runId.value === null ? null : { runId: runId.value }), 250),
  )
  return { runId, unmount, ...result }
}

describe('useEngineQuery', () => {
  it('asks at once, then again when what is asked changes', async () => {
    const { runId, data, pending } = runQuery('fake-1')
    expect(pending.value).toBe(true)
    await wait(0)
    expect([data.value?.id, pending.value]).toEqual(['fake-1', false])
    runId.value = 'fake-2'
    await wait(249)
    expect([data.value?.id, pending.value, asked()]).toEqual(['fake-1', true, 1])
    await wait(1)
    expect([data.value?.id, pending.value, asked()]).toEqual(['fake-2', false, 2])
  })

  it('asks once for a burst of changes, and not for what is the same again', async () => {
    const { runId } = runQuery('fake-1')
    await wait(0)
    for (const id of ['fake-2', 'fake-1', 'fake-2']) {
      runId.value = id
      await wait(100)
    }
    await wait(250)
    expect(asked()).toBe(2)
    runId.value = 'fake-1'
    runId.value = 'fake-2'
    await wait(500)
    expect(asked()).toBe(2)
  })

  it('asks nothing while there is nothing to ask', async () => {
    const { runId, pending, data } = runQuery(null)
    await wait(500)
    expect([asked(), pending.value, data.value]).toEqual([0, false, null])
    runId.value = 'fake-1'
    await wait(250)
    runId.value = null
    await wait(500)
    expect([asked(), pending.value, data.value?.id]).toEqual([1, false, 'fake-1'])
  })

  it('keeps the last good answer beside the failure of the next', async () => {
    const { runId, data, error, refresh } = runQuery('fake-1')
    await wait(0)
    runId.value = 'gone'
    await wait(250)
    expect(data.value?.id).toBe('fake-1')
    expect((error.value as Error).message).toContain('gone')
    runId.value = 'fake-2'
    await wait(250)
    expect(error.value).toBeNull()
    refresh()
    await wait(0)
    expect(asked()).toBe(4)
  })

  it('drops an answer that was overtaken', async () => {
    let release: (value?: unknown) => void = () => undefined
    const held: FakeEngineOptions['held'] = { 'runs.get': new Promise((resolve) => (release = resolve)) }
    const { runId, data } = runQuery('fake-1', { finishedRuns: 2, held })
    await wait(0)
    delete held['runs.get']
    runId.value = 'fake-2'
    await wait(250)
    release()
    await wait(0)
    expect(data.value?.id).toBe('fake-2')
  })

  it('drops an answer to a question that no longer stands', async () => {
    let release: (value?: unknown) => void = () => undefined
    const { runId, data } = runQuery('fake-1', {
      finishedRuns: 1,
      held: { 'runs.get': new Promise((resolve) => (release = resolve)) },
    })
    await wait(0)
    runId.value = null
    await wait(250)
    release()
    await wait(0)
    expect(data.value).toBeNull()
  })

  it('asks no more once its component is gone', async () => {
    const { runId, unmount } = runQuery('fake-1')
    await wait(0)
    runId.value = 'fake-2'
    await nextTick()
    unmount()
    await wait(500)
    expect(asked()).toBe(1)
  })
})
