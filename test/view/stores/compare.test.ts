import { nextTick } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { useCompareStore } from '@renderer/stores/compare'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => {
  bench.dispose()
  localStorage.clear()
})
const opened = (): ReturnType<typeof useCompareStore> => {
  bench = createBench()
  return bench.use(useCompareStore)
}

describe('useCompareStore', () => {
  it('keeps the chosen columns and their order for the next time', async () => {
    const compare = opened()
    compare.columns = ['seed', 'der']
    compare.order = [{ column: 'asr' }]
    await nextTick()
    bench.dispose()
    expect(opened().columns).toEqual(['seed', 'der'])
    expect(opened().order).toEqual([{ column: 'asr' }])
  })

  it.each(['not json', '{"a":1}', '[]', 'null'])('begins with its own columns where %s is stored', (stored) => {
    const initial = opened().columns
    bench.dispose()
    localStorage.setItem('abd.compareTable', stored)
    expect(opened().columns).toEqual(initial)
    expect(initial).toContain('der')
  })

  it('selects models and lets them go, a group as one', () => {
    const compare = opened()
    compare.toggle(['a'])
    compare.toggle(['a', 'b'])
    expect([...compare.selected]).toEqual(['a', 'b'])
    compare.toggle(['a', 'b'])
    expect([...compare.selected]).toEqual([])
  })

  it('hides a condition and shows it again', () => {
    const compare = opened()
    compare.toggleCondition(3)
    expect([...compare.hidden]).toEqual([3])
    compare.toggleCondition(3)
    expect([...compare.hidden]).toEqual([])
  })
})
