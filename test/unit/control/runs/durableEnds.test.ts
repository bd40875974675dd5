/** A run is told to be done when its end is on disk, and not before. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openStore } from '../../../../src/main/engine/control/store'
import type { RunSummary } from '../../../../src/shared/domain'
import type { HandTrainer } from '../../../fakes/handTrainers'
import { EngineBench, finishStage } from '../../../fixtures/engineBench'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench().open()
})
afterEach(() => bench.dispose())

const plain = { students: [{ defenses: [] }] }

/** No run can be written down as done; gives back how it is mended. */
function failEnds(): () => void {
  const { runs } = bench.store
  const update = runs.update.bind(runs)
  const spy = vi.spyOn(runs, 'update').mockImplementation((id, change) => {
    if (change.state === 'done') throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
    return update(id, change)
  })
  return () => spy.mockRestore()
}

describe('the end of a run', () => {
  it('that cannot be written is told as a failure, and is done when it could be, without training again', async () => {
    const { id } = await bench.start(plain)
    const told: RunSummary['state'][] = []
    bench.engine.subscribe('run.changed', {}, ({ run }) => told.push(run.state))
    const mend = failEnds()
    let trained = 0
    await bench.waitFor(async () => {
      for (; trained < bench.trainers.started.length; trained++)
        finishStage(bench.trainers.started[trained] as HandTrainer)
      expect(await bench.stateOf(id)).toBe('failed')
    })
    expect(told).not.toContain('done')
    const { error } = await bench.engine.call('runs.get', { runId: id })
    expect(error?.[0]).toMatchObject({ forUser: true, message: 'The end of the run could not be written down.' })
    mend()
    await bench.engine.call('runs.resume', { runId: id })
    await bench.waitFor(async () => expect(await bench.stateOf(id)).toBe('done'))
    expect(bench.trainers.started).toHaveLength(trained)
  })

  it('is no good one where what its last stage reported could not be kept, whatever the trainer says', async () => {
    const { id } = await bench.start(plain)
    await bench.waitFor(async () => {
      for (const hand of bench.trainers.started.slice(0, -1)) finishStage(hand)
      const last = bench.trainers.started.at(-1) as HandTrainer
      if (last.job.kind !== 'student') finishStage(last)
      expect(last.job.kind).toBe('student')
    })
    const spy = vi.spyOn(bench.store.images, 'tidy').mockRejectedValue(new Error('EIO: i/o error'))
    finishStage(bench.trainers.started.at(-1) as HandTrainer)
    await bench.waitFor(async () => expect(await bench.stateOf(id)).toBe('failed'))
    spy.mockRestore()
    await bench.engine.call('runs.resume', { runId: id })
    await bench.finishAll(id, bench.trainers.started.length)
  })

  it('leaves what followed a report that the store refused to be told again, with that one', async () => {
    const { id } = await bench.start(plain)
    const hand = await bench.trainer(0)
    const place = (await bench.engine.call('runs.get', { runId: id })).stages[0]?.place ?? ''
    const { artifacts, positions } = bench.store
    const put = vi.spyOn(artifacts, 'put').mockImplementation(() => {
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
    })
    hand.report({ type: 'log', level: 'info', message: 'before' })
    hand.report({ type: 'artifact', analysis: 'any', step: 1, artifact: {} })
    put.mockRestore()
    for (const message of ['after', 'long after']) hand.report({ type: 'log', level: 'info', message })
    await bench.waitFor(async () => expect(await bench.stateOf(id)).toBe('failed'))
    // The attempt, and the line before.
    expect(positions.of(place)?.kept.number).toBe(2)
  })

  it('is written down by the next engine where the last one was killed after the last stage', async () => {
    const { id } = await bench.start(plain)
    await bench.finishAll(id)
    await bench.close()
    const store = openStore(bench.folder)
    store.runs.update(id, { state: 'running', endedAt: null })
    store.close()
    bench.open()
    await bench.waitFor(async () => expect(await bench.stateOf(id)).toBe('done'))
    expect(bench.trainers.started).toHaveLength(0)
    const copy = join(bench.store.runFolder(id), 'run.json')
    await bench.waitFor(() => expect(JSON.parse(readFileSync(copy, 'utf8'))).toMatchObject({ state: 'done' }))
  })

  it('is in the copy beside its files also where a kill came before that was written', async () => {
    const { id } = await bench.start(plain)
    const copy = (): unknown => JSON.parse(readFileSync(join(bench.store.runFolder(id), 'run.json'), 'utf8'))
    await bench.waitFor(() => expect(copy()).toMatchObject({ id }))
    vi.spyOn(bench.store, 'mirror').mockImplementation(() => new Promise(() => undefined))
    const { engine, trainers } = bench
    await bench.finishAll(id)
    expect(copy()).not.toMatchObject({ state: 'done' })
    // As after a kill: nothing is closed.
    bench.store.close()
    void engine
    void trainers
    vi.restoreAllMocks()
    bench.open()
    await bench.waitFor(() => expect(copy()).toMatchObject({ state: 'done' }))
  })
})

describe('a durable transaction', () => {
  it('comes to disk before it returns, and others do not wait for that', () => {
    const { database } = bench.store
    const level = (): number => Number(database.get('PRAGMA synchronous')?.synchronous)
    expect(level()).toBe(1)
    expect(database.transaction(level, { durable: true })).toBe(2)
    expect(level()).toBe(1)
    expect(() =>
      database.transaction(
        () => {
          throw new Error('no')
        },
        { durable: true },
      ),
    ).toThrow('no')
    expect(level()).toBe(1)
  })
})
