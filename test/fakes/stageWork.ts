/**
 * What the fake trainer does with a task: it trains nothing, deterministically, and reports as the trainer does. The
 * process around it says what its environment may ask for (trainer.ts).
 */
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../../src/shared/errors'
import type { SyntheticImages } from '../../src/shared/domain'
import { encodeSafetensors, writeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import type { ShortJob, TrainerReport } from '../../src/main/engine/protocol/messages'
import type { StageJob } from '../../src/main/engine/protocol/taskFolder'
import { readLatestCheckpoint, writeCheckpoint } from '../../src/main/engine/trainer/checkpoints'
import type { TaskDesk } from '../../src/main/engine/trainer/task'
import { classesAt, evaluationAt, oneTestImageAt, imagesAt, metricsAt, suspectsAt, type Subject } from './outcomes'
import { fakeDevice } from './device'
import { fakeWeights } from './weights'

const stepMilliseconds = Number(process.env.ABD_FAKE_STEP_MS ?? 2)

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function spend(): Promise<void> {
  if (process.env.ABD_FAKE_BURN !== '1') return sleep(stepMilliseconds)
  const until = performance.now() + stepMilliseconds
  while (performance.now() < until) {
    /* as a kernel would */
  }
  await new Promise((resolve) => setImmediate(resolve))
}

type TrainingJob = Extract<StageJob, { kind: 'teacher' | 'student' }>
export type EndReport = Extract<TrainerReport, { type: 'finished' | 'failed' }>

async function checkpoint(job: TrainingJob, step: number, desk: TaskDesk): Promise<void> {
  const { path } = await writeCheckpoint({
    folder: job.folders.stage,
    step,
    seconds: step * 0.5,
    snapshot: { tensors: new Map(), plain: {}, streams: [] },
    keep: (kept) => job.kind === 'student' && job.branchesAt?.includes(kept) === true,
    settle: () => desk.settle(),
  })
  desk.report({ type: 'checkpoint', step, path })
}

async function firstStep(job: TrainingJob): Promise<number> {
  if (!job.resume) return 0
  const last = await readLatestCheckpoint(job.folders.stage, (path, error) => {
    throw new Error(`A damaged checkpoint: ${path}`, { cause: error })
  })
  return last?.step ?? 0
}

/** As a method with a pool: a call for each kept step of images, of noise, which no PNG makes smaller. */
function reportPool(images: SyntheticImages, desk: TaskDesk): void {
  const { step: call, count, height, width, channels } = images
  const pixels = images.pixels.map((value, index) => (value * 7919 + index * index * 104729 + call) % 251)
  const layout = { count, height, width, channels, pixels }
  desk.report({
    type: 'pool',
    images: { call, keptStep: call, steps: 10, loss: 1 / call, poolImages: count, ...layout },
  })
}

async function crashOnce(job: TrainingJob, step: number, desk: TaskDesk): Promise<void> {
  const mark = join(job.folders.stage, 'crashed')
  if (job.kind !== 'student' || Number(process.env.ABD_FAKE_CRASH_STEP ?? -1) !== step || existsSync(mark)) return
  await checkpoint(job, step - 1, desk)
  writeFileSync(mark, '')
  process.kill(process.pid, 'SIGSEGV')
}

async function holdOnce(job: TrainingJob, step: number, desk: TaskDesk): Promise<void> {
  const mark = join(dirname(dirname(job.folders.stage)), 'held')
  if (job.kind !== 'student' || Number(process.env.ABD_FAKE_HOLD_STEP ?? -1) !== step || existsSync(mark)) return
  writeFileSync(mark, '')
  while (desk.request() === 'go') await sleep(5)
}

async function train(job: TrainingJob, desk: TaskDesk): Promise<EndReport> {
  const { config } = job
  const subject: Subject = job.kind === 'student' ? job.studentIndex : null
  const pseudoBatches = config.distillation.method.params.pseudoBatches
  const total =
    job.kind === 'teacher' ? config.teacher.training.epochs * 5 : typeof pseudoBatches === 'number' ? pseudoBatches : 60
  const evaluateEvery = job.kind === 'teacher' ? 5 : config.recording.evaluateEvery
  desk.report({ type: 'ready', device: fakeDevice })
  if (job.kind === 'student' && process.env.ABD_FAKE_FAIL)
    throw new UserError(process.env.ABD_FAKE_FAIL, { action: 'Nothing: this failure was asked for.' })
  let step = await firstStep(job)
  const progress = (): void =>
    desk.report({ type: 'progress', step, totalSteps: total, seconds: step * 0.5, secondsLeft: (total - step) * 0.5 })
  const pause = async (outcome: 'paused' | 'stopped'): Promise<EndReport> => {
    await checkpoint(job, step, desk)
    return { type: 'finished', outcome, step, evaluation: evaluationAt(config, subject, step / total), weights: null }
  }
  desk.report({
    type: 'stepUnits',
    units: { imagesPerStep: 256, stepsPerEpoch: job.kind === 'teacher' ? 5 : null },
  })
  progress()
  while (step < total) {
    const request = desk.request()
    if (request !== 'go') return pause(request === 'pause' ? 'paused' : 'stopped')
    if (step >= (job.pauseAt ?? Infinity)) return pause('paused')
    await crashOnce(job, step + 1, desk)
    await spend()
    step += 1
    desk.report({ type: 'metrics', points: metricsAt(config, subject, step, total) })
    if (subject !== null && step % config.recording.imagesEvery === 0) {
      const images = imagesAt(config, subject, step, total, config.recording.imagesPerStep)
      desk.report({ type: 'images', images })
      if (process.env.ABD_FAKE_POOL === '1') reportPool(images, desk)
    }
    if (step % evaluateEvery === 0) {
      const evaluation = evaluationAt(config, subject, step / total)
      desk.report({
        type: 'metrics',
        points: [
          { name: 'accuracy', step, value: evaluation.accuracy },
          { name: 'asr', step, value: evaluation.asr ?? 0 },
        ],
      })
      desk.report({ type: 'evaluation', step, evaluation })
      desk.report({ type: 'artifact', analysis: 'classes', step, artifact: classesAt(config, evaluation) })
    }
    if (step % 10 === 0) await checkpoint(job, step, desk)
    progress()
    await holdOnce(job, step, desk)
  }
  const evaluation = evaluationAt(config, subject, 1)
  desk.report({ type: 'artifact', analysis: 'classes', step, artifact: classesAt(config, evaluation) })
  desk.report({ type: 'artifact', analysis: 'one-test-image', step, artifact: oneTestImageAt(config, evaluation) })
  const suspected = suspectsAt(config, subject, step)
  if (suspected) desk.report({ type: 'artifact', analysis: 'suspects', step, artifact: suspected })
  await checkpoint(job, step, desk)
  const weights = join(job.folders.stage, 'weights.safetensors')
  await writeSafetensors(weights, fakeWeights)
  return { type: 'finished', outcome: 'done', step, evaluation, weights }
}

export const done: Extract<EndReport, { type: 'finished' }> = {
  type: 'finished',
  outcome: 'done',
  step: 0,
  evaluation: null,
  weights: null,
}

export function evaluateFile(job: Extract<ShortJob, { kind: 'evaluate' }>): EndReport {
  if (job.teacher) writeFileSync(job.teacher.weights, Buffer.concat(encodeSafetensors(fakeWeights)))
  return {
    ...done,
    weights: job.teacher?.weights ?? null,
    evaluation: { accuracy: 0.9, asr: 0.8, asrAll: 0.82, robustAccuracy: 0.1, images: 1000, nonTarget: 900 },
  }
}

export async function runStage(job: StageJob, desk: TaskDesk): Promise<EndReport> {
  switch (job.kind) {
    case 'data':
      desk.report({
        type: 'findings',
        findings: [
          { severity: 'info', message: '9 of 1,024 pixels change (0.9 %).' },
          { severity: 'warning', message: 'Only 9 images are poisoned.' },
        ],
      })
      return done
    case 'evaluate':
      return evaluateFile(job)
    case 'teacher':
    case 'student':
      return train(job, desk)
  }
}
