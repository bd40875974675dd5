import { expect, it } from 'vitest'
import { watchActiveRuns } from '../../../src/main/electron/activeRuns'
import { watchEndings } from '../../../src/main/electron/endings'
import type { RunState, RunSummary, StudySummary } from '../../../src/shared/domain'

/** An engine that says what it is told to say. */
function stage(listed: RunSummary[] = []) {
  const listeners = new Map<string, ((payload: never) => void)[]>()
  const asked: unknown[] = []
  return {
    asked,
    client: {
      call: (_name: string, args: unknown) => {
        asked.push(args)
        return Promise.resolve(listed)
      },
      subscribe: (name: string, _args: unknown, listener: (payload: never) => void) => {
        listeners.set(name, [...(listeners.get(name) ?? []), listener])
        return () => listeners.delete(name)
      },
      onConnection: () => () => undefined,
    } as never,
    emit(name: string, payload: unknown) {
      for (const listener of listeners.get(name) ?? []) listener(payload as never)
    },
  }
}
const run = (state: RunState, more: Partial<RunSummary> = {}): { run: RunSummary } => ({
  run: { id: 'a', name: 'Quick look', state, error: null, ...more } as RunSummary,
})
const study = (state: StudySummary['state'], { done = 3, failed = 0 } = {}): { study: StudySummary } => ({
  study: { id: 's', name: 'Table 1', state, cells: { done, failed } } as StudySummary,
})

it('tells of a run that was at work and has ended, and of a study in place of its cells', () => {
  const engine = stage()
  const told: string[] = []
  const stop = watchEndings(engine.client, ({ title, body }) => told.push([title, body].filter(Boolean).join(': ')))
  engine.emit('run.changed', run('done'))
  expect(told).toEqual([])
  for (const state of ['queued', 'running', 'done', 'done'] as const) engine.emit('run.changed', run(state))
  engine.emit('run.changed', run('running'))
  engine.emit('run.changed', run('failed', { error: [{ name: 'Error', message: 'No space.', forUser: true }] }))
  for (const state of ['running', 'done'] as const)
    engine.emit('run.changed', run(state, { id: 'cell', study: { id: 's', cell: 0 } as never }))
  engine.emit('study.changed', study('running'))
  engine.emit('study.changed', study('done', { failed: 2 }))
  engine.emit('study.changed', study('running'))
  engine.emit('study.changed', study('done', { done: 0, failed: 2 }))
  expect(told).toEqual([
    '“Quick look” is done',
    '“Quick look” has failed: No space.',
    'The study “Table 1” is done: 2 cells have failed.',
    'The study “Table 1” has failed: 2 cells have failed.',
  ])
  stop()
  engine.emit('run.changed', run('running'))
  engine.emit('run.changed', run('done'))
  expect(told).toHaveLength(4)
})

it('asks for the runs at work alone, and says once that none is left', async () => {
  const { run: first } = run('running')
  const engine = stage([first])
  const heard: (string | null)[] = []
  const active = watchActiveRuns(engine.client, (now) => heard.push(now?.id ?? null))
  await Promise.resolve()
  await Promise.resolve()
  expect(engine.asked).toEqual([{ atWork: true }])
  expect(active.first()?.id).toBe('a')
  engine.emit('run.changed', run('queued', { id: 'b' }))
  engine.emit('run.changed', run('done'))
  engine.emit('run.changed', run('paused', { id: 'b' }))
  engine.emit('run.changed', run('done'))
  expect(heard).toEqual(['a', 'a', 'b', null])
})
