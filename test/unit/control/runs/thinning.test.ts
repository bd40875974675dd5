import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CostModel } from '../../../../src/main/engine/control/experiments/costModel'
import { openStore } from '../../../../src/main/engine/control/store'
import { listCheckpoints } from '../../../../src/main/engine/protocol/checkpointFiles'
import { calls } from '../../../../src/shared/contract'
import type { RunSummary, StageRecord } from '../../../../src/shared/domain'
import { fakeFamilies } from '../../../fakes/catalogue'
import { fakeCosts } from '../../../fakes/services'
import { EngineBench, finishStage } from '../../../fixtures/engineBench'

let bench: EngineBench
const costs: CostModel = {
  ...fakeCosts,
  length: ({ defenses }, total) =>
    defenses.length === 0 ? { total, prefix: null } : { total: total + 2, prefix: { defenses: [], steps: 10 } },
}
beforeEach(() => {
  bench = new EngineBench().open({ costs })
})
afterEach(() => bench.dispose())

const get = (runId: string): Promise<RunSummary> => bench.engine.call('runs.get', { runId })
const reaches = (runId: string, state: RunSummary['state']): Promise<void> =>
  bench.waitFor(async () => expect((await get(runId)).state).toBe(state))
const stageOf = async (runId: string, id: string): Promise<StageRecord> => {
  const found = (await get(runId)).stages.find((stage) => stage.id === id)
  if (!found) throw new Error(`no ${id}`)
  return found
}
const fakeDefense = (): string => fakeFamilies.find(({ id }) => id === 'defense')?.members[0]?.id ?? ''
const undefended = { defenses: [] }
const defended = { defenses: [{ id: fakeDefense() }] }
const size = 1000
const write = (stageFolder: string, step: number): void =>
  writeFileSync(join(stageFolder, `checkpoint-${String(step).padStart(9, '0')}.safetensors`), 'x'.repeat(size))
/** Ends a trainer that leaves checkpoints after these steps. */
async function finishWith(index: number, steps: readonly number[]): Promise<void> {
  const hand = await bench.trainer(index)
  const { job } = hand
  if ('folders' in job) for (const step of steps) write(job.folders.stage, step)
  finishStage(hand)
}
async function left(runId: string, stageId: string): Promise<number[]> {
  const { place = '' } = await stageOf(runId, stageId)
  return listCheckpoints(bench.store.stageFolder(place)).map(({ step }) => step)
}
const spare = (): Promise<{ checkpoints: number; bytes: number }> => bench.engine.call('runs.spareCheckpoints', {})

describe('the checkpoints of a finished stage', () => {
  it('go as it ends, weights stay, and the run says what it takes then', async () => {
    const run = await bench.start({ students: [undefended] })
    await finishWith(0, [])
    await finishWith(1, [10])
    await bench.waitFor(async () => expect(await left(run.id, 'teacher')).toEqual([]))
    await finishWith(2, [10])
    await reaches(run.id, 'done')
    await bench.waitFor(async () => expect(await left(run.id, 'student-1')).toEqual([]))
    expect((await stageOf(run.id, 'student-1')).weights).toContain('weights.safetensors')
    await bench.waitFor(async () => expect((await get(run.id)).bytesOnDisk).toBeLessThan(2 * size + 20_000))
    expect(await spare()).toEqual({ checkpoints: 0, bytes: 0 })
  })

  it('go with the next engine where one was killed before they did', async () => {
    const run = await bench.start({ students: [undefended] })
    await finishWith(0, [])
    await finishWith(1, [])
    await finishWith(2, [])
    await reaches(run.id, 'done')
    await bench.waitFor(() => expect(bench.store.unthinned.all()).toEqual([]))
    const { place = '' } = await stageOf(run.id, 'student-1')
    await bench.close()
    // As the end of its stage and run mark it, and nothing came after that.
    const store = openStore(bench.folder)
    store.unthinned.add([place])
    write(store.stageFolder(place), 10)
    store.close()
    bench.open({ costs })
    await bench.waitFor(async () => expect(await left(run.id, 'student-1')).toEqual([]))
    await bench.waitFor(() => expect(bench.store.unthinned.all()).toEqual([]))
  })

  it('stay while a student of a run that is not over goes on from them, and go with the last such run', async () => {
    const run = await bench.start({ students: [undefended, defended] })
    const other = await bench.start({
      students: [undefended, { defenses: [{ id: fakeDefense(), params: {} }] }],
      seed: 0,
    })
    await finishWith(0, [])
    await finishWith(1, [10])
    await finishWith(2, [5, 10])
    const next = await bench.trainer(3)
    await bench.waitFor(async () => expect(await left(run.id, 'student-1')).toEqual([10]))
    expect(next.job).toMatchObject({ startFrom: { step: 10 } })
    expect(await spare()).toEqual({ checkpoints: 0, bytes: 0 })
    await finishWith(3, [12])
    await reaches(run.id, 'done')
    await reaches(other.id, 'done')
    await bench.waitFor(async () => expect(await left(run.id, 'student-1')).toEqual([]))
    expect(await left(run.id, 'student-2')).toEqual([])
  })

  it('stay while the run that wants them is paused', async () => {
    const run = await bench.start({ students: [undefended, defended] })
    await finishWith(0, [])
    await finishWith(1, [])
    await finishWith(2, [10])
    const hand = await bench.trainer(3)
    await bench.engine.call('runs.pause', { runId: run.id })
    hand.report({ type: 'finished', outcome: 'paused', step: 0, evaluation: null, weights: null })
    hand.exit(75)
    await reaches(run.id, 'paused')
    expect(await bench.engine.call('runs.freeSpace', {})).toEqual({ checkpoints: 0, freedBytes: 0 })
    expect(await left(run.id, 'student-1')).toEqual([10])
  })

  it('stay where the recording of a run asks for them', async () => {
    const recording = { keptCheckpoints: 1, evaluateEvery: 4, keepLastCheckpoint: true }
    const config = {
      students: [undefended],
      recording,
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 10 } } },
    }
    const run = await bench.start(config)
    await finishWith(0, [])
    await finishWith(1, [3])
    await finishWith(2, [4, 8, 9])
    await reaches(run.id, 'done')
    await bench.waitFor(async () => expect(await left(run.id, 'student-1')).toEqual([9, 8]))
    expect(await left(run.id, 'teacher')).toEqual([3])
  })

  it('of workspaces of earlier versions are counted, and removed when somebody asks', async () => {
    const run = await bench.start({ students: [undefended] })
    for (const index of [0, 1, 2]) await finishWith(index, [])
    await reaches(run.id, 'done')
    const { place = '' } = await stageOf(run.id, 'student-1')
    write(bench.store.stageFolder(place), 10)
    expect(await spare()).toEqual({ checkpoints: 1, bytes: size })
    expect(await bench.engine.call('runs.freeSpace', {})).toEqual({ checkpoints: 1, freedBytes: size })
    expect(await left(run.id, 'student-1')).toEqual([])
    expect(calls['runs.freeSpace'].changes).toBe(true)
  })

  it('stay where the model itself is gone', async () => {
    const run = await bench.start({ students: [undefended] })
    for (const index of [0, 1, 2]) await finishWith(index, [])
    await reaches(run.id, 'done')
    const { place = '', weights } = await stageOf(run.id, 'student-1')
    write(bench.store.stageFolder(place), 10)
    rmSync(weights ?? '')
    expect(await spare()).toEqual({ checkpoints: 0, bytes: 0 })
  })
})
