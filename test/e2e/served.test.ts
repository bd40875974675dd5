import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineEvents } from '../../src/shared/contract'
import { isBuilt, newWorkspace, notBuilt, removeWorkspace, start, until, type Program } from './support/engine'
import { openTab } from './support/tab'

const tiny = {
  name: 'served',
  data: { id: 'signs', params: { trainImages: 300, testImages: 100 } },
  attack: { id: 'badnet_grid' },
  teacher: {
    architecture: { id: 'wrn', params: { depth: 10, width: 1 } },
    training: { epochs: 1 },
    distilCollapsed: true,
  },
  distillation: {
    architecture: { id: 'wrn', params: { depth: 10, width: 1 } },
    method: { id: 'zskt', params: { pseudoBatches: 120, batchSize: 16, studentSteps: 2, generatorWidth: 16 } },
  },
  students: [{ defenses: [] }],
  recording: { imagesEvery: 10, imagesPerStep: 16, evaluateEvery: 60 },
}

const lasting = (pseudoBatches: number): typeof tiny => ({
  ...tiny,
  distillation: {
    ...tiny.distillation,
    method: { ...tiny.distillation.method, params: { ...tiny.distillation.method.params, pseudoBatches } },
  },
})
/** It still trains when it is stopped; nobody waits for its end. */
const endless = lasting(2000)
/** It still trains when it loses its engine. */
const longPseudoBatches = 300
const longer = lasting(longPseudoBatches)

describe.skipIf(!isBuilt)(isBuilt ? 'served mode on the real engine' : notBuilt, () => {
  let workspace = ''
  let server: Program
  let address = ''
  beforeAll(async () => {
    workspace = newWorkspace()
    server = start('serve', ['--workspace', workspace])
    address = await until('the address', () => /http:\S+/.exec(server.stdout())?.[0])
  })
  afterAll(async () => {
    server.child.kill('SIGINT')
    await server.ended
    await removeWorkspace(workspace)
  })

  it('serves the page at the printed address, on loopback', async () => {
    expect(new URL(address).hostname).toBe('127.0.0.1')
    const page = await fetch(new URL('/', address))
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<div id="app">')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  })

  it('trains on while no tab is open, and a new tab finds the whole history', async () => {
    const first = openTab(address)
    const metrics: EngineEvents['run.metrics'][] = []
    first.subscribe('run.metrics', {}, (event) => metrics.push(event))
    const { id } = await first.call('runs.start', { config: tiny })
    await until('metrics of the student', () => metrics.some((event) => event.stageId === 'student-1'))
    first.close()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const second = openTab(address)
    const images: EngineEvents['run.images'][] = []
    second.subscribe('run.images', { runId: id }, (event) => images.push(event))
    const during = await second.call('runs.get', { runId: id })
    expect(['running', 'done']).toContain(during.state)
    const run = await until('the end', async () => {
      const now = await second.call('runs.get', { runId: id })
      if (now.state === 'failed' || now.state === 'interrupted') throw new Error(JSON.stringify(now.error))
      return now.state === 'done' && now
    })
    const { series } = await second.call('runs.metrics', { runId: id, stageId: 'student-1', names: ['studentLoss'] })
    expect(series.studentLoss?.steps).toEqual(Float64Array.from({ length: 120 }, (_, index) => index + 1))
    expect(run.stages.every((stage) => stage.state === 'done')).toBe(true)
    const { steps } = await second.call('runs.imageSteps', { runId: id, stageId: 'student-1' })
    expect(steps).toContain(120)
    const kept = await second.call('runs.images', { runId: id, stageId: 'student-1', step: 120 })
    expect(kept).toMatchObject({ count: 16, height: 32, width: 32, channels: 3 })
    const live = images.find((event) => event.step === 120)?.images
    if (live) expect(kept.pixels).toEqual(live.pixels)
    second.close()
  })

  it('answers within 100 ms while the real trainer works', async () => {
    const tab = openTab(address)
    const { id } = await tab.call('runs.start', { config: endless })
    await until('the student', async () => (await tab.call('runs.get', { runId: id })).stages[2]?.state === 'running')
    const times: number[] = []
    for (let round = 0; round < 20; round++) {
      for (const work of [
        () => tab.call('runs.list', {}),
        () => tab.call('experiment.validate', { config: tiny }),
        () => tab.call('runs.metrics', { runId: id, stageId: 'student-1' }),
        () => tab.call('experiment.triggerPreview', { config: tiny }),
      ]) {
        const started = performance.now()
        await work()
        times.push(performance.now() - started)
      }
    }
    times.sort((left, right) => left - right)
    expect(times[Math.floor(times.length * 0.9)]).toBeLessThan(100)
    await tab.call('runs.stop', { runId: id })
    await until('the stop', async () => (await tab.call('runs.get', { runId: id })).state === 'stopped')
    tab.close()
  })

  it('goes on as it was after the engine’s process died', async () => {
    const tab = openTab(address)
    const { id } = await tab.call('runs.start', { config: { ...longer, seed: 7 } })
    await until(
      'kept images',
      async () => (await tab.call('runs.imageSteps', { runId: id, stageId: 'student-1' })).steps.length > 2,
    )
    const lock = JSON.parse((await import('node:fs')).readFileSync(`${workspace}/engine.lock`, 'utf8')) as {
      pid: number
    }
    process.kill(lock.pid, 'SIGKILL')
    // The training went on meanwhile, and the new engine has taken it up.
    await until(
      'the new engine',
      async () => (await tab.call('runs.get', { runId: id }).catch(() => null))?.state === 'running',
    )
    expect((await fetch(new URL('/', address))).status).toBe(200)
    await until('the end', async () => (await tab.call('runs.get', { runId: id })).state === 'done', 240_000)
    const { series } = await tab.call('runs.metrics', { runId: id, stageId: 'student-1', names: ['studentLoss'] })
    expect(series.studentLoss?.steps).toEqual(Float64Array.from({ length: longPseudoBatches }, (_, index) => index + 1))
    tab.close()
  })
})
