/** What is killed: the fake trainer, quick and told to report everything, and the real one with a tiny experiment. */
import { join } from 'node:path'
import { bundle } from '../../fixtures/bundle'
import type { KillSubject } from '.'

/** Images and pool exceed their budgets, so that thinning is tortured as well. */
const recording = { imagesEvery: 2, keptSteps: 7, poolMegabytes: 1, imagesPerStep: 32, evaluateEvery: 10 }

export async function fakeSubject(): Promise<KillSubject> {
  const [script, trainer] = await Promise.all([bundle('test/fakes/control.ts'), bundle('test/fakes/trainer.ts')])
  return {
    name: 'fake trainer',
    command: {
      script,
      env: { ...process.env, ABD_FAKE_TRAINER: trainer, ABD_FAKE_POOL: '1', ABD_FAKE_STEP_MS: '8' },
    },
    config: {
      name: 'killed',
      teacher: { training: { epochs: 3 } },
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 120 } } },
      students: [{ defenses: [{ id: 'sv' }] }],
      recording: { ...recording, checkpointEvery: 1 },
    },
    span: 1500,
    patience: 30_000,
  }
}

const smallNetwork = { id: 'wrn', params: { depth: 10, width: 1 } }

/** @param out folder of the built program @param method and its parameters; steps of a fraction of a second */
export const realSubject = (out: string, method: { id: string; params: Record<string, unknown> }): KillSubject => ({
  name: `trainer with ${method.id}`,
  command: { script: join(out, 'main', 'control.js'), env: process.env },
  config: {
    name: 'killed',
    seed: 3,
    data: { id: 'signs', params: { trainImages: 100, testImages: 50 } },
    attack: { id: 'badnet_sq' },
    teacher: { architecture: smallNetwork, training: { epochs: 2, batchSize: 32 }, distilCollapsed: true },
    distillation: { architecture: smallNetwork, method },
    students: [{ defenses: [] }],
    recording: { ...recording, keptSteps: 5, imagesPerStep: 4, checkpointEvery: 1 },
    execution: { threads: 1 },
  },
  span: 20_000,
  patience: 300_000,
})

/** One without a pool and one with: a step of either takes a fraction of a second. */
export const realMethods = [
  { id: 'zskt', params: { pseudoBatches: 60, batchSize: 8, studentSteps: 2, generatorWidth: 8, latent: 10 } },
  {
    id: 'cmi',
    params: {
      pseudoBatches: 24,
      synthesisSteps: 3,
      synthesisBatchSize: 8,
      callsPerEpoch: 1,
      batchSize: 8,
      studentSteps: 2,
      latent: 10,
      generatorWidth: 4,
      headWidth: 8,
      bankSize: 12,
      negatives: 10,
    },
  },
] as const
