import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createLiveExports, type LiveExports } from '../../../src/main/engine/control/exports/liveExports'
import { newRun } from '../../../src/main/engine/control/runs/newRun'
import { openStore, placeInRun, type RunStore } from '../../../src/main/engine/control/store'
import { readEventFile, type ReadEvent } from '../../../src/main/engine/families/runExporters/tensorboard/read'
import { fakeCatalogue } from '../../fakes/catalogue'
import { temporaryFolder } from '../importers/craft/files'
import { sourceOf } from './support'

const base = temporaryFolder()
const place = placeInRun('r', 'teacher')
let store: RunStore
let folder = ''
let said: string[]
let faults: unknown[]
let count = 0

beforeEach(() => {
  said = []
  faults = []
  store = openStore(join(base, `workspace-${count++}`))
  folder = join(store.runFolder('r'), 'tensorboard', 'teacher')
  const { defaults } = fakeCatalogue
  const config = { ...defaults, recording: { ...defaults.recording, tensorboard: true } }
  store.runs.insert({ ...newRun({ id: 'r', config, createdAt: 0 }), state: 'running', startedAt: 1000 })
  store.runs.insert({ ...newRun({ id: 'unasked', config: defaults, createdAt: 0 }), state: 'running', startedAt: 1000 })
  store.stages.update(place, { state: 'running', totalSteps: 100 })
  store.stages.update(placeInRun('unasked', 'teacher'), { state: 'running' })
  mkdirSync(store.runFolder('r'), { recursive: true })
})

/** As control does it. */
const live = (): LiveExports =>
  createLiveExports({
    source: sourceOf(store),
    interval: 1e9,
    say: (_run, message) => said.push(message),
    onError: (_run, error) => faults.push(error),
  })
function record(...steps: number[]): void {
  store.metrics.append(
    place,
    steps.map((step) => ({ name: 'loss', step, value: step / 2 })),
  )
  store.stages.update(place, { step: steps.at(-1) ?? 0 })
}
async function events(): Promise<ReadEvent[]> {
  const found: ReadEvent[] = []
  for (const name of readdirSync(folder).sort())
    await readEventFile(join(folder, name), (event) => void found.push(event))
  return found
}
const lossSteps = async (): Promise<number[]> =>
  (await events()).flatMap(({ step, values }) => values.flatMap(({ tag }) => (tag === 'loss/loss' ? [step] : [])))

describe('TensorBoard files of a run that trains', () => {
  it('grow with what is recorded, for runs that ask for them alone', async () => {
    const files = live()
    record(1, 2)
    await files.look()
    expect(await lossSteps()).toEqual([1, 2])
    record(3)
    await files.look()
    expect(await lossSteps()).toEqual([1, 2, 3])
    expect(said).toEqual([`TensorBoard: ${join(store.runFolder('r'), 'tensorboard')}`])
    expect(readdirSync(join(store.folder, 'runs'))).toEqual(['r'])
    await files.close()
  })

  it('go on without doubling when control is started again', async () => {
    const before = live()
    record(1, 2)
    await before.look()
    // It is killed: nothing is closed. What came last is with the store alone.
    record(3)
    const after = live()
    await after.look()
    record(4)
    await after.close()
    expect(await lossSteps()).toEqual([1, 2, 3, 4])
    expect(readdirSync(folder)).toHaveLength(1)
    expect((await events()).filter(({ values }) => values.some(({ plugin }) => plugin))).toHaveLength(1)
    await before.close()
  })

  it('go on in a new file behind an event that a kill has cut off', async () => {
    const before = live()
    record(1, 2)
    await before.look()
    const [name = ''] = readdirSync(folder)
    truncateSync(join(folder, name), statSync(join(folder, name)).size - 2)
    const after = live()
    record(3)
    await after.close()
    expect(readdirSync(folder)).toHaveLength(2)
    expect(await lossSteps()).toEqual([1, 2, 3])
    await before.close()
  })

  it('tell readers where a stage that went back to its checkpoint begins again', async () => {
    const files = live()
    record(1, 2, 3, 4)
    await files.look()
    store.metrics.truncate(place, 3)
    record(3)
    await files.look()
    const found = await events()
    expect(found.filter(({ restarts }) => restarts).map(({ step }) => step)).toEqual([4])
    store.metrics.truncate(place, 2)
    await files.look()
    record(2, 3)
    await files.close()
    expect(await lossSteps()).toEqual([1, 2, 3, 4, 2, 3])
    expect((await events()).filter(({ restarts }) => restarts).map(({ step }) => step)).toEqual([4, 2])
  })

  it('end with the run, also where it ended while control was away', async () => {
    const before = live()
    record(1)
    await before.look()
    await before.close()
    record(2)
    store.stages.update(place, { state: 'done' })
    store.runs.update('r', { state: 'done' })
    const after = live()
    await after.look()
    expect(await lossSteps()).toEqual([1, 2])
    const ends = (await events()).filter(({ values }) => values.some(({ tag }) => tag.endsWith('end_info')))
    expect(ends).toHaveLength(1)
    expect(JSON.parse(readFileSync(join(store.folder, 'live-exports.json'), 'utf8'))).toEqual([])
    await after.close()
  })

  it('are given up where they cannot be written, and the run is told once', async () => {
    const files = live()
    writeFileSync(join(store.runFolder('r'), 'tensorboard'), 'in the way')
    record(1)
    await files.look()
    await files.look()
    expect(faults).toHaveLength(1)
    rmSync(join(store.runFolder('r'), 'tensorboard'))
    await files.close()
  })
})
