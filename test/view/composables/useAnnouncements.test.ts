import { afterEach, describe, expect, it, vi } from 'vitest'
import { useAnnouncements } from '@renderer/composables/useAnnouncements'
import { createBench, startSmallRun, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => {
  vi.useRealTimers()
  bench.dispose()
})

describe('useAnnouncements', () => {
  it('says what a run does and how it ended, not every step', async () => {
    bench = createBench()
    const { text } = bench.use(useAnnouncements)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await startSmallRun(bench.engine)
    bench.engine.advance(1)
    const said: string[] = []
    const hear = (): void => {
      vi.advanceTimersByTime(2100)
      if (text.value !== '' && said.at(-1) !== text.value) said.push(text.value)
    }
    for (let step = 0; step < 150; step++) {
      bench.engine.advance(1)
      hear()
    }
    expect(said.join('\n')).toMatch(/Small: Teacher is running\./)
    expect(said.join('\n')).toMatch(/Small is done\. Last model: accuracy \d+\.\d %, ASR \d+\.\d %\./)
    // Its stages and its end, however many steps there were.
    expect(said.length).toBeLessThan(8)
    vi.advanceTimersByTime(10_000)
    expect(text.value).toBe('')
  })
})
