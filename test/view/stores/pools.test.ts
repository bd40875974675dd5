import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { usePoolsStore } from '@renderer/stores/pools'
import { createBench, startSmallRun, stepsBeforeStudent, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())

describe('usePoolsStore', () => {
  it('holds the account of a stage, renewed where a view asks', async () => {
    bench = createBench()
    const pools = bench.use(usePoolsStore)
    const runId = await startSmallRun(bench.engine, {
      distillation: { method: { id: 'cmi', params: { pseudoBatches: 20, poolCapacity: 200 } } },
    })
    bench.engine.advance(stepsBeforeStudent + 1)
    const stage = { runId, stageId: 'student-1' }
    const entry = pools.open(stage)
    expect(entry.summary.value).toBeNull()
    await flushPromises()
    expect(entry.summary.value?.calls).toHaveLength(1)
    bench.engine.advance(2)
    pools.refresh(stage)
    await flushPromises()
    expect(entry.summary.value?.calls).toHaveLength(3)
  })
})
