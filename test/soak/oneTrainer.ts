/**
 * One trainer at work for a long time: a student of ZSKT with Shuffling Vaccine, images, evaluations and checkpoints
 * on the way; memory, handles and tensors of its process.
 *
 *   node oneTrainer.cjs CONTROL MINUTES
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StartedEngine } from '../../src/main/host'
import { sampleProcess, type Sample } from './samples'
import { runSoak } from './soak'

const [control = '', wanted = '60'] = process.argv.slice(2)
const minutes = Number(wanted)
const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000))
const slack: Readonly<Record<string, number>> = { 'memory (MiB)': 24, 'open files': 2, sockets: 2, threads: 2 }

const startRun = (engine: StartedEngine): Promise<{ id: string }> =>
  engine.client.call('runs.start', {
    config: {
      name: 'Soak',
      data: { id: 'signs', params: { trainImages: 500, testImages: 200 } },
      teacher: { architecture: { id: 'wrn', params: { depth: 10 } }, training: { epochs: 2 }, distilCollapsed: true },
      distillation: {
        architecture: { id: 'wrn', params: { depth: 10 } },
        method: { id: 'zskt', params: { pseudoBatches: 1_000_000, batchSize: 32 } },
      },
      students: [{ defenses: [{ id: 'sv', params: {} }] }],
      recording: { imagesEvery: 50, evaluateEvery: 200 },
      execution: { threads: 1 },
    },
  })

const trainerOf = (folder: string): number =>
  (JSON.parse(readFileSync(join(folder, 'attempt.json'), 'utf8')) as { pid: number }).pid

async function studentFolder(engine: StartedEngine, runId: string, workspace: string): Promise<string> {
  for (;;) {
    const { stages } = await engine.client.call('runs.get', { runId })
    const student = stages.at(-1)
    if (stages.some(({ state }) => state === 'failed')) throw new Error('A stage failed.')
    if (student && student.step > 20) return join(workspace, student.place ?? '')
    await seconds(0.5)
  }
}

/** The newest of what the trainer itself has counted. */
async function counted(engine: StartedEngine, runId: string, stageId: string): Promise<Record<string, number>> {
  const names = ['tensors', 'tensorMemory']
  const { series } = await engine.client.call('runs.metrics', { runId, stageId, names, maximumPoints: 100_000 })
  const last = (name: string): number => series[name]?.values.at(-1) ?? NaN
  return { tensors: last('tensors'), 'tensors (MB)': last('tensorMemory') * 1000 }
}

async function work(engine: StartedEngine, workspace: string): Promise<{ done: string; samples: Sample[] }> {
  const { id } = await startRun(engine)
  const pid = trainerOf(await studentFolder(engine, id, workspace))
  const samples: Sample[] = []
  const until = performance.now() + minutes * 60_000
  const between = Math.max(1, (minutes * 60) / 240)
  let step = 0
  while (performance.now() < until) {
    await seconds(between)
    const values = { ...sampleProcess(pid), ...(await counted(engine, id, 'student-1')) }
    samples.push({ at: performance.now() / 1000, values })
    step = (await engine.client.call('runs.get', { runId: id })).stages.at(-1)?.step ?? 0
    const left = ((until - performance.now()) / 60_000).toFixed(0)
    process.stderr.write(`step ${String(step)}, ${left} min left: ${JSON.stringify(values)}\n`)
  }
  await engine.client.call('runs.stop', { runId: id })
  return { done: `${String(minutes)} minutes, ${String(step)} pseudo batches`, samples }
}

runSoak({ script: control, slack, work })
