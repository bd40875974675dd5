import { afterEach, expect, it } from 'vitest'
import { ref } from 'vue'
import { useScrollMemory } from '@renderer/composables/useScrollMemory'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())

const frames = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60))

it('brings every view back to where it was, and each named scroller in it', async () => {
  bench = createBench()
  const root = document.createElement('main')
  const log = document.createElement('div')
  log.dataset['scroll'] = 'log'
  root.append(log)
  bench.use(() => useScrollMemory(ref(root)))
  await bench.router.push('/runs/1/charts')
  await frames()
  root.scrollTop = 300
  log.scrollTop = 40
  await bench.router.push('/runs/1/images')
  log.scrollTop = 0
  await frames()
  expect(root.scrollTop).toBe(0)
  root.scrollTop = 70
  await bench.router.push('/runs/1/charts')
  await frames()
  expect([root.scrollTop, log.scrollTop]).toEqual([300, 40])
  await bench.router.push('/runs/1/images')
  await frames()
  expect(root.scrollTop).toBe(70)
})

it('lets whoever scrolls meanwhile have his way', async () => {
  bench = createBench()
  const root = document.createElement('main')
  bench.use(() => useScrollMemory(ref(root)))
  await bench.router.push('/runs/1')
  root.scrollTop = 300
  await bench.router.push('/runs/2')
  await bench.router.push('/runs/1')
  window.dispatchEvent(new Event('wheel'))
  root.scrollTop = 10
  await frames()
  expect(root.scrollTop).toBe(10)
})
