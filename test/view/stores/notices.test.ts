import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UserError } from '@shared/errors'
import { useNoticesStore } from '@renderer/stores/notices'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
beforeEach(() => {
  vi.useFakeTimers()
  bench = createBench()
})
afterEach(() => {
  bench.dispose()
  vi.useRealTimers()
})
const titles = (notices: ReturnType<typeof useNoticesStore>): string[] => notices.notices.map(({ title }) => title)

describe('useNoticesStore', () => {
  it('lets notices stand by how grave they are; errors stay', () => {
    const notices = bench.use(useNoticesStore)
    for (const severity of ['good', 'info', 'warning', 'error'] as const) notices.show({ severity, title: severity })
    vi.advanceTimersByTime(5_500)
    expect(titles(notices)).toEqual(['info', 'warning', 'error'])
    vi.advanceTimersByTime(1_000)
    expect(titles(notices)).toEqual(['warning', 'error'])
    vi.advanceTimersByTime(60_000)
    expect(titles(notices)).toEqual(['error'])
  })

  it('takes another time where one is given, and goes when dismissed', () => {
    const notices = bench.use(useNoticesStore)
    notices.show({ severity: 'info', title: 'long', seconds: 20 })
    const id = notices.show({ severity: 'error', title: 'gone' })
    notices.dismiss(id)
    vi.advanceTimersByTime(19_000)
    expect(titles(notices)).toEqual(['long'])
    vi.advanceTimersByTime(2_000)
    expect(titles(notices)).toEqual([])
  })

  it('shows five at most, the newest', () => {
    const notices = bench.use(useNoticesStore)
    for (let index = 1; index <= 7; index++) notices.show({ severity: 'error', title: String(index) })
    expect(titles(notices)).toEqual(['3', '4', '5', '6', '7'])
  })

  it('makes a notice of a task’s failure, with its causes, and gives back what succeeds', async () => {
    const notices = bench.use(useNoticesStore)
    expect(await notices.attempt('It could not be done.', () => Promise.resolve(7))).toBe(7)
    expect(notices.notices).toEqual([])
    const refusal = new UserError('The disk is full.', { action: 'Make room.' })
    expect(await notices.attempt('It could not be done.', () => Promise.reject(refusal))).toBeUndefined()
    expect(notices.notices[0]).toMatchObject({
      severity: 'error',
      title: 'It could not be done.',
      causes: [{ message: 'The disk is full.', action: 'Make room.' }],
    })
  })

  it('shows what the engine has to tell', () => {
    const notices = bench.use(useNoticesStore)
    bench.engine.emit('engine.notice', {
      severity: 'warning',
      title: 'The disk is nearly full.',
      causes: [],
      runId: 'a',
    })
    expect(notices.notices).toMatchObject([{ title: 'The disk is nearly full.', runId: 'a', action: null }])
  })
})
