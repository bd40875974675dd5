import { describe, expect, it, vi } from 'vitest'
import { calls, parseCall, parseSubscription, type DiskUse, type EngineInfo } from '../../../src/shared/contract'
import { createEventHub } from '../../../src/main/engine/control/events'
import { diagnosticsText, withoutPrivateData } from '../../../src/main/engine/control/api/diagnostics'
import { estimateTime, type FinishedStage } from '../../../src/main/engine/control/experiments/estimate'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import { createActiveRuns } from '../../../src/main/engine/control/runs/activeRuns'
import type { ExperimentConfig } from '../../../src/shared/domain'
import { fakeMembers } from '../../fakes/catalogue'
import { fakeCosts } from '../../fakes/services'

describe('arguments of calls', () => {
  it('are filled, checked and refused with the place', () => {
    expect(parseCall('runs.get', { runId: 'a' })).toEqual({ runId: 'a' })
    expect(() => parseCall('runs.get', { runId: 7 })).toThrow('The arguments of runs.get are not accepted.')
    expect(() => parseCall('runs.get', { runId: 'a', more: 1 })).toThrow('not accepted')
    expect(() => parseCall('toString' as 'runs.get', {})).toThrow('knows no call')
    expect(() => parseSubscription('run.anything', {})).toThrow('knows no event')
    expect(() => parseSubscription('run.changed', { runId: 3 })).toThrow('not accepted')
  })

  it('have a schema for every call', () => {
    for (const [name, { args }] of Object.entries(calls))
      expect(args.safeParse('nothing of the kind').success, name).toBe(false)
  })
})

describe('the event hub', () => {
  it('sends metrics of a stage together, at most 30 times a second', async () => {
    const hub = createEventHub(() => undefined)
    const events: number[] = []
    hub.subscribe('run.metrics', {}, (event) => events.push(event.series.loss?.steps.length ?? 0))
    const until = Date.now() + 340
    let sent = 0
    while (Date.now() < until) {
      hub.metrics('a', 'teacher', [{ name: 'loss', step: ++sent, value: 1 }])
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    hub.flush()
    expect(events.length).toBeLessThanOrEqual(12)
    expect(events.reduce((sum, count) => sum + count, 0)).toBe(sent)
  })

  it('filters by run, and one failing listener does not silence the others', () => {
    const failed = vi.fn()
    const hub = createEventHub(failed)
    const heard: string[] = []
    hub.subscribe('run.removed', {}, () => {
      throw new Error('listener')
    })
    hub.subscribe('run.removed', { runId: 'b' }, (event) => heard.push(event.runId))
    const stop = hub.subscribe('run.removed', {}, (event) => heard.push(`all ${event.runId}`))
    hub.emit('run.removed', { runId: 'a' })
    hub.emit('run.removed', { runId: 'b' })
    stop()
    hub.emit('run.removed', { runId: 'c' })
    expect(heard).toEqual(['all a', 'b', 'all b'])
    expect(failed).toHaveBeenCalledTimes(3)
  })
})

describe('the order of active runs', () => {
  it('is that of priority, then that in which they came, unless some are put first', () => {
    const runs = createActiveRuns()
    const run = { executor: 'local', priority: 0, keys: [] }
    for (const [position, id] of ['a', 'b', 'c', 'd'].entries()) runs.add({ id, position, ...run })
    const order = (): string =>
      runs
        .all()
        .map(({ id }) => id)
        .join('')
    runs.setPriority('c', 5)
    expect(order()).toBe('cabd')
    expect([...runs.putFirst(['d', 'b', 'gone'])]).toEqual([
      ['d', -2],
      ['b', -1],
    ])
    expect(order()).toBe('cdba')
    expect([order(), runs.remove('c'), runs.remove('c'), order()]).toEqual(['cdba', true, false, 'dba'])
    expect(runs.of('slurm')).toEqual([])
  })
})

describe('the estimate', () => {
  const config = resolveExperiment({}, fakeMembers).config
  const timeOf = (asked: ExperimentConfig, threads = 2, finished: FinishedStage[] = []) =>
    estimateTime(asked, { costs: fakeCosts, finished, machine: { threads } })
  it('grows with the work', () => {
    const longer = resolveExperiment({ teacher: { training: { epochs: 80 } } }, fakeMembers).config
    const short = timeOf(config)
    const long = timeOf(longer)
    expect(short.basis).toBe('calculated')
    expect(Object.keys(short.stages)).toEqual(['data', 'teacher', 'student-1', 'student-2'])
    expect(short.totalSeconds).toBeCloseTo(Object.values(short.stages).reduce((sum, seconds) => sum + seconds, 0))
    expect(long.stages.teacher).toBeGreaterThan(5 * (short.stages.teacher ?? Infinity))
    expect(short.stages['student-2']).toBeGreaterThan(short.stages['student-1'] ?? Infinity)
    expect(timeOf(config, 4).totalSeconds).toBeLessThan(short.totalSeconds)
  })

  it('follows what such runs took on this machine', () => {
    const finished: FinishedStage[] = [
      { kind: 'teacher', config, index: 0, seconds: 1000 },
      { kind: 'student', config, index: 0, seconds: 500 },
      { kind: 'student', config, index: 1, seconds: 700 },
    ]
    const estimate = timeOf(config, 2, finished)
    expect(estimate.basis).toBe('measured')
    expect(estimate.stages.teacher).toBeCloseTo(1000)
    expect(estimate.stages['student-1']).toBeGreaterThan(300)
    expect(estimate.stages['student-1']).toBeLessThan(800)
  })
})

describe('diagnostics', () => {
  it.each([
    ['/home/ada/secret project/x', 'ada'],
    ['open /var/lib/thing/file.txt failed', '/var'],
    ['C:\\Users\\ada\\x', 'Users'],
    ['~/abd-workbench/runs', 'abd-workbench'],
    [`token=${'a1'.repeat(32)}`, 'a1a1'],
    [`Bearer ${'f0'.repeat(20)}`, 'f0f0'],
    ['file:///srv/data/x.bin', 'srv'],
    ['host turing said', 'turing'],
  ])('%s loses what is private', (text, secret) => {
    expect(withoutPrivateData(text, ['ada', 'turing'])).not.toContain(secret)
  })

  it('keep what helps', () => {
    expect(withoutPrivateData('step 90/200, and/or 3 images/s, WRN-16-2', [])).toBe(
      'step 90/200, and/or 3 images/s, WRN-16-2',
    )
  })

  it('name version, device and states', () => {
    const info: EngineInfo = {
      product: 'ABD Workbench',
      version: '1.2.3',
      workspace: '/secret/place',
      readOnly: false,
      readOnlyReason: null,
      startedAt: 0,
      node: 'v20.19.0',
      platform: 'linux x64',
      cores: 2,
      memoryBytes: 8e9,
      device: null,
      runtimeReady: false,
      runtimeMessage: 'missing at /secret/cache/runtime.json',
      folders: ['/secret/place'],
    }
    const disk: DiskUse = {
      workspaceBytes: 1,
      imagesBytes: 1,
      checkpointsBytes: 1,
      databaseBytes: 1,
      cacheBytes: 1,
      freeBytes: 1,
    }
    const text = diagnosticsText({
      info,
      settings: {
        threads: 0,
        slots: 1,
        keptSteps: 200,
        imagesPerStep: 64,
        theme: 'dark',
        notifications: true,
        pageFolders: '/secret/data',
      },
      disk,
      runs: [],
      log: [{ time: 0, level: 'info', message: 'opened /secret/place/x' }],
    })
    expect(text).toContain('ABD Workbench 1.2.3')
    expect(text).not.toContain('secret')
  })
})
