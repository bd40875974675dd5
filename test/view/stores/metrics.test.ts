import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useMetricsStore } from '@renderer/stores/metrics'
import { createBench, deferred, startSmallRun, stepsBeforeStudent, type Bench } from '../fakeConnection'

let bench: Bench
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  bench.dispose()
  vi.useRealTimers()
})
const redrawn = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(200))
const steps = (history: ReturnType<ReturnType<typeof useMetricsStore>['open']>, name = 'studentLoss'): number[] => [
  ...(history.buffers.get(name)?.view().steps ?? []),
]

describe('useMetricsStore', () => {
  it('reads a stage’s history once and shows it at once', async () => {
    bench = createBench({ finishedRuns: 1 })
    const metrics = bench.use(useMetricsStore)
    const stage = { runId: 'fake-1', stageId: 'student-1' }
    const history = metrics.open(stage)
    metrics.open(stage)
    await flushPromises()
    expect(bench.engine.calls.filter((name) => name === 'runs.metrics')).toHaveLength(1)
    expect(history.version.value).toBe(1)
    expect(steps(history)).toHaveLength(60)
    expect(steps(history, 'accuracy')).toEqual([20, 40, 60])
  })

  it('appends live points, and redraws for a burst of them once', async () => {
    bench = createBench()
    const metrics = bench.use(useMetricsStore)
    const runId = await startSmallRun(bench.engine)
    bench.engine.advance(stepsBeforeStudent)
    const history = metrics.open({ runId, stageId: 'student-1' })
    await flushPromises()
    const before = history.version.value
    for (let step = 0; step < 3; step++) bench.engine.advance(1)
    expect(steps(history)).toEqual([1, 2, 3])
    expect(history.version.value).toBe(before)
    await redrawn()
    expect(history.version.value).toBe(before + 1)
    bench.engine.advance(1)
    await redrawn()
    expect(history.version.value).toBe(before + 2)
  })

  it('loses no point and doubles none that comes while the history is on its way', async () => {
    const answer = deferred<undefined>()
    bench = createBench({ held: { 'runs.metrics': answer.promise } })
    const metrics = bench.use(useMetricsStore)
    const runId = await startSmallRun(bench.engine)
    bench.engine.advance(stepsBeforeStudent + 2)
    const history = metrics.open({ runId, stageId: 'student-1' })
    bench.engine.advance(2)
    expect(steps(history)).toEqual([])
    answer.resolve(undefined)
    await flushPromises()
    bench.engine.advance(1)
    expect(steps(history)).toEqual([1, 2, 3, 4, 5])
  })

  it('reads the history again when the connection is back', async () => {
    bench = createBench({ finishedRuns: 1 })
    const metrics = bench.use(useMetricsStore)
    const history = metrics.open({ runId: 'fake-1', stageId: 'teacher' })
    await flushPromises()
    const read = [...history.buffers.keys()]
    history.buffers.clear()
    bench.reopen()
    await flushPromises()
    expect([...history.buffers.keys()]).toEqual(read)
    expect(read).toContain('accuracy')
  })
})
