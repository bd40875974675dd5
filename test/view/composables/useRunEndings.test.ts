import { afterEach, describe, expect, it, vi } from 'vitest'
import { useRunEndings } from '@renderer/composables/useRunEndings'
import { useEngineStore } from '@renderer/stores/engine'
import { useNoticesStore } from '@renderer/stores/notices'
import { createBench, startSmallRun, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => {
  bench.dispose()
  vi.restoreAllMocks()
})

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

  it('tells beside a window that nobody looks at, unless that is switched off', async () => {
    bench = createBench()
    const engine = bench.use(useEngineStore)
    await engine.load()
    bench.use(useRunEndings)
    const end = async (): Promise<void> => {
      await startSmallRun(bench.engine)
      bench.engine.advance(3)
      bench.engine.advance(100)
    }
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    await end()
    expect(bench.notified).toEqual([])
    vi.spyOn(document, 'hasFocus').mockReturnValue(false)
    await end()
    expect(bench.notified).toEqual([
      { title: '“Small” is done', body: expect.stringContaining('Accuracy / ASR') as string, path: '/runs/fake-2' },
    ])
    await engine.change({ notifications: false })
    await end()
    expect(bench.notified).toHaveLength(1)
  })
})
