import { afterEach, describe, expect, it } from 'vitest'
import { useNewestTask } from '@renderer/composables/useNewestTask'
import { createBench, deferred, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())

describe('useNewestTask', () => {
  it('tells what a task came to', async () => {
    bench = createBench()
    const { run } = bench.use(useNewestTask)
    expect(await run(() => Promise.resolve(3))).toEqual({ kind: 'done', value: 3 })
    const error = new Error('no answer')
    expect(await run(() => Promise.reject(error))).toEqual({ kind: 'failed', error })
  })

  it('aborts a task that is overtaken, and takes neither its result nor its failure', async () => {
    bench = createBench()
    const { run } = bench.use(useNewestTask)
    const [first, second] = [deferred<string>(), deferred<string>()]
    const signals: AbortSignal[] = []
    const task = (answer: Promise<string>) => (signal: AbortSignal) => {
      signals.push(signal)
      return answer
    }
    const outcomes = [run(task(first.promise)), run(task(second.promise)), run(() => Promise.resolve('newest'))]
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
    first.resolve('late')
    second.reject(new Error('aborted'))
    expect(await Promise.all(outcomes)).toEqual([
      { kind: 'overtaken' },
      { kind: 'overtaken' },
      { kind: 'done', value: 'newest' },
    ])
  })

  it('aborts the last task when its component goes', async () => {
    bench = createBench()
    const { result, unmount } = bench.mount(useNewestTask)
    const answer = deferred<string>()
    const outcome = result.run(() => answer.promise)
    unmount()
    answer.resolve('too late')
    expect(await outcome).toEqual({ kind: 'overtaken' })
  })
})
