/**
 * Months of use in an hour: trainers that compute nothing, run after run through one control, while clients come, look
 * at what there is, and go with or without a word. What is old is deleted, and the bin emptied.
 *
 *   node manyRuns.cjs CONTROL RUNS
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StartedEngine } from '../../src/main/host'
import { createEngineClient } from '../../src/shared/rpc'
import { sampleProcess, type Sample } from './samples'
import { runSoak } from './soak'

const [control = '', wanted = '20000'] = process.argv.slice(2)
const runs = Number(wanted)
/** Started at once, of which four are at work. */
const atOnce = 20
/** Runs that are kept: as many as a list shows without effort. */
const kept = 200
const sampleEvery = Math.max(atOnce, Math.floor(runs / 200))
const slack: Readonly<Record<string, number>> = { 'memory (MiB)': 16, 'open files': 8, sockets: 8, threads: 2 }

async function startRuns(engine: StartedEngine, first: number, count: number): Promise<string[]> {
  const started: string[] = []
  for (let index = first; index < first + count; index++) {
    const { id } = await engine.client.call('runs.start', {
      config: {
        name: `Run ${String(index)}`,
        // Another student of the same teacher each time: a run is one process.
        distillation: { method: { id: 'zskt', params: { pseudoBatches: 20, attention: index / 10 } } },
        students: [{ defenses: [] }],
        recording: { imagesEvery: 10, imagesPerStep: 4, evaluateEvery: 10 },
      },
    })
    started.push(id)
  }
  return started
}

async function untilDone(engine: StartedEngine, ids: ReadonlySet<string>): Promise<void> {
  for (;;) {
    const work = (await engine.client.call('runs.list', { atWork: true })).filter(({ id }) => ids.has(id))
    if (work.length === 0) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const { id, state } of await engine.client.call('runs.list', {})) {
    if (ids.has(id) && state !== 'done') throw new Error(`Run ${id} ended ${state}.`)
  }
}

/** Opens, listens, reads a run whole; says goodbye or breaks off in the middle. */
async function visit(engine: StartedEngine, runId: string, number: number): Promise<void> {
  const channels: { close(): void }[] = []
  const client = createEngineClient(
    async () => {
      const channel = await engine.connect()
      channels.push(channel)
      return channel
    },
    { reconnect: false },
  )
  client.subscribe('run.changed', {}, () => undefined)
  client.subscribe('run.metrics', { runId }, () => undefined)
  const detail = await client.call('runs.get', { runId })
  const stageId = detail.stages.at(-1)?.id ?? ''
  const asked = Promise.allSettled([
    client.call('runs.metrics', { runId, stageId }),
    client.call('runs.images', { runId, stageId, step: 10 }),
    client.call('runs.artifacts', { runId }),
    client.call('runs.log', { runId, lines: 100 }),
    client.call('runs.list', {}),
  ])
  if (number % 3 === 0) for (const channel of channels) channel.close()
  await asked
  client.close()
}

async function removeOld(engine: StartedEngine, ids: string[]): Promise<void> {
  const old = ids.splice(0, Math.max(0, ids.length - kept))
  if (old.length === 0) return
  await engine.client.call('runs.delete', { runIds: old })
  await engine.client.call('runs.emptyBin', {})
}

/** Files of the workspace, and the store's size in MiB. */
function sampleWorkspace(workspace: string): Record<string, number> {
  const store = readdirSync(workspace).filter((name) => name.startsWith('workspace.sqlite'))
  return {
    files: readdirSync(workspace, { recursive: true }).length,
    'store (MiB)': store.reduce((sum, name) => sum + statSync(join(workspace, name)).size, 0) / 2 ** 20,
  }
}

async function soak(engine: StartedEngine, workspace: string): Promise<Sample[]> {
  const { pid } = JSON.parse(readFileSync(join(workspace, 'engine.lock'), 'utf8')) as { pid: number }
  await engine.client.call('engine.setSettings', { slots: 4 })
  const samples: Sample[] = []
  const ids: string[] = []
  const began = performance.now()
  for (let done = 0; done < runs; done += atOnce) {
    const started = await startRuns(engine, done, atOnce)
    await Promise.all([
      untilDone(engine, new Set(started)),
      ...started.slice(0, 5).map((id, index) => visit(engine, id, done + index)),
    ])
    // The first run has the teacher that the others stand on.
    ids.push(...(done === 0 ? started.slice(1) : started))
    await removeOld(engine, ids)
    if (done % sampleEvery < atOnce) {
      const values = { ...sampleProcess(pid), ...sampleWorkspace(workspace) }
      samples.push({ at: done, values })
      const seconds = (performance.now() - began) / 1000
      const left = (seconds / (done + atOnce)) * (runs - done - atOnce)
      process.stderr.write(
        `${String(done + atOnce)} of ${String(runs)} runs, ${left.toFixed(0)} s left: ${JSON.stringify(values)}\n`,
      )
    }
  }
  return samples
}

runSoak({
  script: control,
  environment: (workspace) => ({
    ABD_FAKE_IN_PROCESS: '1',
    ABD_FAKE_STEP_MS: '0',
    XDG_CACHE_HOME: join(workspace, 'cache'),
  }),
  slack,
  work: async (engine, workspace) => ({ done: `${String(runs)} runs`, samples: await soak(engine, workspace) }),
})
