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
  it('keeps the chosen columns for the next time', async () => {
    opened().columns = ['seed', 'accuracy']
    await nextTick()
    bench.dispose()
    expect(opened().columns).toEqual(['accuracy', 'seed'])
  })

  it.each(['not json', '{"a":1}', '["gone"]', '[]'])('begins with its own columns where %s is stored', (stored) => {
    const initial = opened().columns
    bench.dispose()
    localStorage.setItem('abd.compareColumns', stored)
    expect(opened().columns).toEqual(initial)
    expect(initial).toContain('accuracy')
  })

  it('selects a model and lets it go', () => {
    const compare = opened()
    compare.toggle('a')
    compare.toggle('b')
    compare.toggle('a')
    expect([...compare.selected]).toEqual(['b'])
  })
})
