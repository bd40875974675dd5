import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createAskedAnalyses, type AskedAnalyses } from '../../../src/main/engine/control/analyses/service'
import { createEventHub } from '../../../src/main/engine/control/events'
import type { TrainerListener } from '../../../src/main/engine/control/executors/shortJobProcess'
import { databaseName, openStore, placeInRun, type RunStore } from '../../../src/main/engine/control/store'
import type { Analysis } from '../../../src/main/engine/families/analyses'
import { defineAskedAnalysis } from '../../../src/main/engine/families/analyses/askedTypes'
import type { ShortJob } from '../../../src/main/engine/protocol/messages'
import type { AskedAnalysis } from '../../../src/shared/domain'
import { createRegistry, integer } from '../../../src/shared/schema'
import { fakeMembers } from '../../fakes/catalogue'
import { addFinishedRun } from '../../fixtures/finishedRun'

const counting = defineAskedAnalysis({
  id: 'counting',
  title: 'Counting',
  summary: 'Counts.',
  reference: { citation: 'Test' },
  params: { most: integer({ label: 'Most', default: 3, min: 1, max: 9, help: 'How far.' }) },
  when: 'asked',
  subject: { of: 'model', most: 1, keptImages: false },
  needs: ['model'],
  artifact: z.object({ count: z.number() }),
  view: { kind: 'table' },
  line: ({ count }) => `counted to ${count}`,
  numbers: {
    count: { title: 'Count', unit: '', definition: 'How far it was counted.', of: ({ count }) => count },
    beyondNine: { title: 'Beyond', unit: '', definition: 'None.', of: ({ count }) => (count > 9 ? count : null) },
  },
  measure: ({ most }) => Promise.resolve({ count: most }),
})

let folder: string
let store: RunStore
let service: AskedAnalyses
let told: AskedAnalysis[]
let jobs: { job: ShortJob; listener: TrainerListener; killed: boolean }[]
let training = false

function open(): void {
  store = openStore(folder)
  const hub = createEventHub((error) => {
    throw error
  })
  told = []
  jobs = []
  hub.subscribe('analysis.changed', { runId: 'run' }, ({ asked }) => told.push(asked))
  service = createAskedAnalyses({
    store,
    hub,
    log: { error: () => undefined } as never,
    table: fakeMembers,
    cacheFolder: folder,
    readOnly: false,
    family: createRegistry<Analysis>('analysis', 'Analyses', [counting]),
    assertReady: () => undefined,
    isTraining: () => training,
    launch(job, listener) {
      const entry = { job, listener, killed: false }
      jobs.push(entry)
      const kill = (): void => {
        entry.killed = true
        listener.onExit(null, 'SIGKILL', '')
      }
      return { pid: 1, send: () => undefined, kill }
    },
  })
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'abd-asked-'))
  training = false
  open()
  await addFinishedRun(store, { id: 'run', steps: 4, imagesEvery: 2 })
  store.stages.update(placeInRun('run', 'teacher'), { weights: join(folder, 'weights.safetensors') })
})
afterEach(async () => {
  await service.close()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
const ask = (params = {}): Promise<AskedAnalysis> =>
  Promise.resolve(
    service.calls['analyses.start']({ runId: 'run', analysis: 'counting', params, stageIds: ['teacher'] }),
  )
const states = (): string[] => store.asked.ofRun('run').map(({ state }) => state)
const copies = (): string[] => {
  const kept = join(store.runFolder('run'), 'analyses')
  return existsSync(kept) ? readdirSync(kept) : []
}
function finish(index: number, count: number): void {
  const { listener } = jobs[index] as (typeof jobs)[number]
  listener.onReport({ type: 'artifact', analysis: 'counting', step: 0, artifact: { count } })
  listener.onReport({ type: 'finished', outcome: 'done', step: 0, evaluation: null, weights: null })
  listener.onExit(0, null, '')
}

describe('an analysis that is asked for', () => {
  it('answers at once, runs one at a time, and keeps what each found, the newest first', async () => {
    const first = await ask()
    const second = await ask({ most: 5 })
    expect([first.state, second.state]).toEqual(['waiting', 'waiting'])
    await settle()
    expect(states()).toEqual(['waiting', 'running'])
    finish(0, 3)
    await settle()
    finish(1, 5)
    await settle()
    expect(store.asked.ofRun('run').map(({ line }) => line)).toEqual(['counted to 5', 'counted to 3'])
    const { artifact, asked } = await service.calls['analyses.get']({ id: second.id })
    expect([artifact, asked.params]).toEqual([{ count: 5 }, { most: 5 }])
    expect(asked.numbers).toEqual({ count: 5, beyondNine: null })
    expect(service.active).toBe(false)
  })

  it('tells what it looks at by the names that the run’s page has', async () => {
    store.stages.update(placeInRun('run', 'student-1'), { weights: join(folder, 'weights.safetensors') })
    await service.calls['analyses.start']({ runId: 'run', analysis: 'counting', stageIds: ['student-1'] })
    await settle()
    expect(jobs[0]?.job).toMatchObject({ stages: [{ id: 'student-1', title: 'Student: No defense' }] })
    finish(0, 1)
    await settle()
  })

  it('leaves the GPU to what trains', async () => {
    training = true
    await ask()
    await settle()
    expect(jobs[0]?.job).toMatchObject({ kind: 'analyse', config: { execution: { device: 'cpu' } } })
    finish(0, 1)
    await settle()
  })

  it('ends when it is cancelled, and the next one goes on', async () => {
    const { id } = await ask()
    await ask()
    await settle()
    await service.calls['analyses.cancel']({ id })
    await settle()
    expect(jobs[0]?.killed).toBe(true)
    expect(states()).toEqual(['running', 'cancelled'])
  })

  it('is not finished where its trainer was killed, or the engine', async () => {
    await ask()
    await settle()
    jobs[0]?.listener.onExit(null, 'SIGKILL', '')
    await settle()
    expect(states()).toEqual(['failed'])
    await ask()
    await settle()
    store.close()
    open()
    expect(states()).toEqual(['interrupted', 'failed'])
    expect(store.asked.ofRun('run')[0]?.error?.[0]?.message).toBe('Not finished: the engine ended before.')
  })

  it('is found by every run that names the model, while the run that asked is not in the bin', async () => {
    const of = (id: string) => ({ ...store.runs.summary('run'), id, config: store.runs.config('run'), hash: '' })
    const place = placeInRun('run', 'teacher')
    const stages = of('other').stages.map((stage) => (stage.kind === 'teacher' ? { ...stage, place } : stage))
    store.runs.insert({
      ...of('other'),
      stages: stages.map((stage) => ({ place: `runs/other/${stage.id}`, ...stage })),
    })
    const { id } = await ask()
    const found = (stageId: string): string[] => service.ofStudies.ofModel('other', stageId).map((one) => one.id)
    expect([found('teacher'), found('student-1')]).toEqual([[id], []])
    store.runs.mark(new Map([['run', { deletedAt: 1 }]]))
    expect(found('teacher')).toEqual([])
  })

  it('goes with its run, and what it found with it', async () => {
    const { id } = await ask()
    await settle()
    finish(0, 3)
    await settle()
    expect(store.asked.artifact(id)).toEqual({ count: 3 })
    store.runs.remove('run')
    expect([store.asked.find(id), store.asked.artifact(id)]).toEqual([undefined, undefined])
  })

  it('and what it found comes back where the database is begun anew from the runs’ folders', async () => {
    mkdirSync(store.runFolder('run'), { recursive: true })
    const { id } = await ask({ most: 7 })
    const deleted = await ask()
    await settle()
    finish(0, 7)
    await vi.waitFor(() => expect(states()).toEqual(['running', 'done']))
    finish(1, 3)
    await vi.waitFor(() => expect(copies()).toHaveLength(2))
    await service.calls['analyses.remove']({ id: deleted.id })
    await store.mirror('run')
    await service.close()
    store.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, databaseName + suffix), { force: true })
    open()
    expect(store.asked.ofRun('run')).toMatchObject([{ id, params: { most: 7 }, state: 'done', line: 'counted to 7' }])
    expect(store.asked.artifact(id)).toEqual({ count: 7 })
  })

  it('refuses values, stages and runs that are none', async () => {
    await expect(async () => ask({ most: 99 })).rejects.toThrow('not accepted')
    await expect(async () =>
      service.calls['analyses.start']({ runId: 'run', analysis: 'counting', stageIds: ['data'] }),
    ).rejects.toThrow('cannot look at')
    await expect(async () => service.calls['analyses.get']({ id: 'none' })).rejects.toThrow('no such analysis')
  })
})
