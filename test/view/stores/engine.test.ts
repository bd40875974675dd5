import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultSettings } from '@shared/domain'
import { useEngineStore } from '@renderer/stores/engine'
import type { FakeEngineOptions } from '../../fakes/engine'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())

describe('useEngineStore', () => {
  it('loads description, catalogue and settings once, however often it is asked', async () => {
    bench = createBench()
    const engine = bench.use(useEngineStore)
    expect(engine.ready).toBe(false)
    expect(engine.settings).toEqual(defaultSettings)
    await Promise.all([engine.load(), engine.load()])
    expect(engine.ready).toBe(true)
    expect(bench.engine.calls.sort()).toEqual(['engine.catalogue', 'engine.info', 'engine.settings'])
  })

  it('remembers what went wrong, and forgets it when a later load succeeds', async () => {
    const failures: FakeEngineOptions['failures'] = { 'engine.catalogue': new Error('no answer') }
    bench = createBench({ failures })
    const engine = bench.use(useEngineStore)
    await engine.load()
    expect(engine.ready).toBe(false)
    expect(engine.loadError).toEqual(new Error('no answer'))
    delete failures['engine.catalogue']
    await engine.load()
    expect(engine.ready).toBe(true)
    expect(engine.loadError).toBeNull()
  })

  it('reads everything again when the connection is back: it may be another engine', async () => {
    bench = createBench()
    const engine = bench.use(useEngineStore)
    await engine.load()
    await bench.engine.call('engine.setSettings', { keptSteps: 50 })
    bench.reopen()
    await flushPromises()
    expect(engine.settings.keptSteps).toBe(50)
  })

  it('keeps the settings that the engine answers with', async () => {
    bench = createBench()
    const engine = bench.use(useEngineStore)
    await engine.change({ theme: 'dark' })
    expect(engine.settings).toEqual({ ...defaultSettings, theme: 'dark' })
  })

  it('names members, models and metrics; an unknown id stands for itself', async () => {
    bench = createBench()
    const engine = bench.use(useEngineStore)
    expect(engine.titleOf('defense', 'sv')).toBe('sv')
    await engine.load()
    expect(engine.titleOf('defense', 'sv')).toBe('Shuffling Vaccine')
    expect(engine.titleOf('defense', 'gone')).toBe('gone')
    expect(engine.defenseTitle('sv+sr')).toBe('Shuffling Vaccine + Self-Retrospection')
    expect(engine.defenseTitle('none')).toBe('No defense')
    expect(engine.defenseTitle(null)).toBe('No defense')
    expect(engine.metricDefinition('accuracy')?.unit).toBe('%')
    expect(engine.metricDefinition('of nothing')).toBeUndefined()
  })
})
