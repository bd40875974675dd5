import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../../../src/main/engine/control/api/engine'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { createStudyService } from '../../../../src/main/engine/control/studies/service'
import { bookOfParts } from '../../../fakes/bookOfParts'
import { openStore } from '../../../../src/main/engine/control/store'
import { createHandTrainers } from '../../../fakes/handTrainers'
import { createFakeData, inspectFakeModel } from '../../../fakes/services'
import { createMemoryStudies, noAnalyses } from '../../../fakes/studies'
import { removeFolder } from '../../../fixtures/removeFolder'
import { elapsedSeconds, slownessBy } from '../../../fixtures/slowness'
import { createFakeRuns } from './runs'
import { context, listed, members, plans, productCosts, resolve, study } from './support'

const folder = mkdtempSync(join(tmpdir(), 'abd-studies-'))
const trainers = createHandTrainers()
const engine = createEngine({
  version: '0',
  store: openStore(folder),
  cacheFolder: join(folder, 'cache'),
  readOnly: false,
  families,
  presets: context.presets,
  costs: productCosts,
  data: createFakeData(),
  executors: new Map([['local', trainers.executor]]),
  launchShortJob: trainers.launch,
  log: createEngineLog(null),
  inspectModel: inspectFakeModel,
  runtimeState: () => ({ ready: true, message: null }),
})
afterAll(async () => {
  for (const trainer of trainers.started) if (!trainer.killed) trainer.exit(0)
  await engine.close()
  await removeFolder(folder)
})

/** Milliseconds that `work` takes, and the longest time in it in which nothing else could be answered. */
async function timed<Result>(work: () => Result | Promise<Result>): Promise<[Result, taken: number, longest: number]> {
  let longest = 0
  let last = performance.now()
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  const started = performance.now()
  const result = await work()
  const taken = performance.now() - started
  await new Promise((resolve) => setTimeout(resolve, 5))
  clearInterval(watch)
  return [result, taken, longest]
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const attacks = ['badnet_grid', 'badnet_sq', 'blend', 'sig', 'trojan_3x3', 'trojan_8x8', 'trojan_wm', 'smooth']
const definition = study(
  [
    members('attack', [...attacks, 'l0_inv', 'l2_inv']),
    plans('none', 'sv', 'sr', 'sv+sr'),
    listed('poisoning.ratio', [0.01, 0.02, 0.05, 0.1, 0.2]),
    listed('seed', numbers(10)),
  ],
  { base: { preset: 'quick' } },
)

/** A slow or a busy machine takes its time; docs/studies.md has the figures of an idle one. */
const slowness = slownessBy(elapsedSeconds)

describe('a study of 2,000 cells', () => {
  it('expands within seconds and is listed within 300 ms', async () => {
    const [plan, planned, whilePlanning] = await timed(() => engine.call('studies.plan', { definition }))
    expect(plan.cells).toHaveLength(2000)
    expect(plan.stages).toMatchObject({ asked: 4000, new: 500 + 2000, reused: 0 })
    const [summary, started, whileStarting] = await timed(() => engine.call('studies.start', { definition }))
    expect(summary.cells.queued + summary.cells.running).toBe(2000)
    const [list, listing] = await timed(() => engine.call('studies.list', {}))
    const [detail, getting] = await timed(() => engine.call('studies.get', { studyId: summary.id }))
    expect([list.length, detail.list.length]).toEqual([1, 2000])
    const shown = [planned, whilePlanning, started, whileStarting, listing, getting].map((value) => value.toFixed(1))
    process.stdout.write(
      `2,000 cells: plan ${shown[0]} ms (longest pause ${shown[1]}), start ${shown[2]} ms (${shown[3]}), list ${shown[4]} ms, get ${shown[5]} ms\n`,
    )
    expect(planned).toBeLessThan(8000 * slowness)
    expect(started).toBeLessThan(8000 * slowness)
    expect(listing + getting).toBeLessThan(300 * slowness)
  })

  it('follows its runs for under a twentieth of a core at forty events a second', async () => {
    const runs = createFakeRuns()
    const service = createStudyService({
      ...context,
      analyses: noAnalyses,
      runs,
      resolve,
      store: createMemoryStudies(),
      events: { changed: () => undefined, removed: () => undefined },
      readOnly: false,
      lengthOf: () => 300,
      planning: () => ({
        book: bookOfParts,
        estimate: () => Promise.resolve({ stages: {}, totalSeconds: 0, basis: 'calculated', note: '' }),
        length: () => 300,
        bytes: () => ({}),
      }),
      assertReady: () => undefined,
      assertExecutor: () => undefined,
      onError: (error) => {
        throw error
      },
      now: () => 0,
      newId: () => 'one',
    })
    await service.calls['studies.start']({ definition })
    const [, following] = await timed(() => {
      for (let event = 0; event < 400; event++) runs.progress(`run-${(event % 8) + 1}`, event + 1)
    })
    service.close()
    process.stdout.write(`400 changes of runs: ${following.toFixed(1)} ms\n`)
    // Ten seconds' worth.
    expect(following).toBeLessThan(500 * slowness)
  })
})
