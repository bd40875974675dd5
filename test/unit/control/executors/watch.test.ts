import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchTrainer, type Watch } from '../../../../src/main/engine/control/executors/journal/watch'

const told: string[] = []
let watch: Watch
let answers = true
beforeEach(() => {
  vi.useFakeTimers()
  told.length = 0
  answers = true
  watch = watchTrainer(
    () => {
      if (answers) watch.heard()
    },
    {
      interval: 10,
      silentAfter: 50,
      lostAfter: 100,
      onSilent: () => told.push('silent'),
      onLost: () => told.push('lost'),
    },
  )
})
afterEach(() => {
  watch.stop()
  vi.useRealTimers()
})

it('a jump of the clock, as after a suspend, is no silence', () => {
  vi.advanceTimersByTime(30)
  answers = false
  vi.setSystemTime(Date.now() + 3_600_000)
  vi.advanceTimersByTime(20)
  expect(told).toEqual([])
})

it('pings without an answer are', () => {
  answers = false
  vi.advanceTimersByTime(70)
  expect(told).toEqual(['silent'])
  vi.advanceTimersByTime(50)
  expect(told).toEqual(['silent', 'lost'])
})
