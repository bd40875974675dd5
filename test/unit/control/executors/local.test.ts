import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RunningTask } from '../../../../src/main/engine/control/executors/executor'
import { createLocalExecutor } from '../../../../src/main/engine/control/executors/local'
import type { TrainerListener } from '../../../../src/main/engine/control/executors/local/trainerProcess'
import { trainerWatch } from '../../../../src/main/engine/control/executors/local/watch'
import type { TrainerCommand } from '../../../../src/main/engine/protocol/messages'

let trainer: TrainerListener
let task: RunningTask
const commands: TrainerCommand['type'][] = []
const heard: unknown[] = []

beforeEach(() => {
  vi.useFakeTimers()
  commands.length = heard.length = 0
  const executor = createLocalExecutor((_job, listener) => {
    trainer = listener
    return {
      pid: 1,
      send: (command) => commands.push(command.type),
      kill: () => listener.onExit(null, 'SIGKILL', 'last words'),
    }
  })
  task = executor.start(
    { kind: 'device', execution: {} as never },
    {
      onReport: (report) => heard.push(report.type),
      onSilent: () => heard.push('silent'),
      onEnd: (end) => heard.push(end),
    },
  )
})
afterEach(() => vi.useRealTimers())

it('hands requests and reports on', () => {
  task.request('pause')
  trainer.onReport({ type: 'pong', time: 0 })
  trainer.onExit(1, null, '')
  expect(commands).toEqual(['pause'])
  expect(heard).toEqual(['pong', { killedBy: null, exitCode: 1, lastWords: '' }])
})

it('takes whatever a trainer says for a sign of life, tells silence, and kills what is lost', () => {
  const beat = trainerWatch.interval
  for (let time = 0; time < 2 * trainerWatch.lostAfter; time += beat) {
    vi.advanceTimersByTime(beat)
    trainer.onReport({ type: 'log', level: 'debug', message: '' })
  }
  expect(heard.every((word) => word === 'log')).toBe(true)
  heard.length = 0
  vi.advanceTimersByTime(trainerWatch.lostAfter + 2 * beat)
  expect(heard).toEqual(['silent', { killedBy: 'SIGKILL', exitCode: null, lastWords: 'last words' }])
  const told = commands.length
  vi.advanceTimersByTime(10 * beat)
  expect(commands).toHaveLength(told)
})
