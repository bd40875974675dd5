import { afterEach, describe, expect, it } from 'vitest'
import { useRunEndings } from '@renderer/composables/useRunEndings'
import { useNoticesStore } from '@renderer/stores/notices'
import { createBench, startSmallRun, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())

describe('useRunEndings', () => {
  it('tells the result of a run that ends while another page is shown, once', async () => {
    bench = createBench()
    bench.use(useRunEndings)
    const notices = bench.use(useNoticesStore)
    await startSmallRun(bench.engine)
    bench.engine.advance(3)
    expect(notices.notices).toEqual([])
    bench.engine.advance(100)
    bench.engine.advance(100)
    expect(notices.notices).toHaveLength(1)
    expect(notices.notices[0]).toMatchObject({ severity: 'good', title: '“Small” is done.' })
    expect(notices.notices[0]?.causes[0]?.message).toMatch(/No defense \d+\.\d % \/ \d+\.\d %/)
  })

  it('is silent on the run’s own page', async () => {
    bench = createBench()
    bench.use(useRunEndings)
    const id = await startSmallRun(bench.engine)
    await bench.router.push(`/runs/${id}`)
    bench.engine.advance(3)
    bench.engine.advance(100)
    expect(bench.use(useNoticesStore).notices).toEqual([])
  })
})
