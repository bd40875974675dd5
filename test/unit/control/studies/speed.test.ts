import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createStudyService } from '../../../../src/main/engine/control/studies/service'
import { diskEstimate } from '../../../../src/main/engine/control/experiments/diskEstimate'
import { estimateTime } from '../../../../src/main/engine/control/experiments/estimate'
import { bookOfParts } from '../../../../src/main/engine/control/studies/standIns'
import { openStore } from '../../../../src/main/engine/control/store'
import { removeFolder } from '../../../fixtures/removeFolder'
import { createFakeRuns } from './runs'
import { context, listed, members, plans, productCosts, resolve, study } from './support'

const folder = mkdtempSync(join(tmpdir(), 'abd-studies-'))
const store = openStore(folder)
afterAll(async () => {
  store.close()
  await removeFolder(folder)
})

/** Milliseconds that `work` takes. */
const timed = async <Result>(work: () => Result | Promise<Result>): Promise<[Result, number]> => {
  const started = performance.now()
  const result = await work()
  return [result, performance.now() - started]
}

// Bounds are those of the product on two cores; the figures are in docs/studies.md.
describe('a study of 2,000 cells', () => {
  const definition = study(
    [
      members('attack', [
        'badnet_grid',
        'badnet_sq',
        'blend',
        'sig',
        'trojan_3x3',
        'trojan_8x8',
        'trojan_wm',
        'smooth',
        'l0_inv',
        'l2_inv',
      ]),
      plans('none', 'sv', 'sr', 'sv+sr'),
      listed('poisoning.ratio', [0.01, 0.02, 0.05, 0.1, 0.2]),
      listed(
        'seed',
        Array.from({ length: 10 }, (_, index) => index),
      ),
    ],
    { base: { preset: 'quick' } },
  )

  it('expands within 2 s, is listed within 300 ms, and follows its runs for little', async () => {
    const runs = createFakeRuns(store)
    let told = 0
    let longest = 0
    const service = createStudyService({
      ...context,
      runs,
      resolve,
      store: store.studies,
      events: { changed: () => void (told += 1), removed: () => undefined },
      readOnly: false,
      lengthOf: (config) => productCosts.distillation(config)?.pseudoBatches ?? 0,
      planning: () => ({
        book: bookOfParts,
        estimate: async (config) => estimateTime(config, productCosts, [], 2),
        bytes: (config) => diskEstimate(config, productCosts),
      }),
      assertReady: () => undefined,
      onError: (error) => {
        throw error
      },
      now: () => 0,
      newId: () => 'one',
    })
    let last = performance.now()
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    const [plan, planned] = await timed(() => service.calls['studies.plan']({ definition }))
    const blockedWhilePlanning = longest
    const [summary, started] = await timed(() => service.calls['studies.start']({ definition }))
    await new Promise((resolve) => setTimeout(resolve, 5))
    clearInterval(watch)
    expect(plan.cells).toHaveLength(2000)
    expect(plan.stages).toMatchObject({ asked: 4000, new: 500 + 2000, reused: 0 })
    expect(summary.cells.queued).toBe(2000)
    const [list, listing] = await timed(() => service.calls['studies.list']({}))
    const [detail, getting] = await timed(() => service.calls['studies.get']({ studyId: 'one' }))
    expect([list.length, detail.list.length]).toEqual([1, 2000])

    const ids = detail.list.flatMap(({ runId }) => runId ?? [])
    const [, following] = await timed(() => {
      for (let event = 0; event < 400; event++) runs.progress(ids[event % 8] ?? '', event + 1)
    })
    service.close()
    process.stdout.write(
      `2,000 cells: plan ${planned.toFixed(0)} ms, longest pause ${blockedWhilePlanning.toFixed(0)} ms; start ${started.toFixed(0)} ms, longest pause ${longest.toFixed(0)} ms; list ${listing.toFixed(1)} ms, get ${getting.toFixed(1)} ms; 400 events ${following.toFixed(0)} ms\n`,
    )
    expect(planned).toBeLessThan(2000)
    expect(started).toBeLessThan(2000)
    expect(listing + getting).toBeLessThan(300)
    // 400 events are ten seconds at forty a second: 5 % of a core is half a second.
    expect(following).toBeLessThan(500)
  })
})
