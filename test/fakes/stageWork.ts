/**
 * What the fake trainer does with a task: it trains nothing, deterministically, and reports as the trainer does. The
 * process around it says what its environment may ask for (trainer.ts).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../../src/shared/errors'
import { encodeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import type { ShortJob, TrainerReport } from '../../src/main/engine/protocol/messages'
import type { StageJob } from '../../src/main/engine/protocol/taskFolder'
import type { TaskDesk } from '../../src/main/engine/trainer/task'
import { classesAt, evaluationAt, imagesAt, metricsAt, suspectsAt, type Subject } from './outcomes'
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

const checkpointFile = (job: TrainingJob): string => join(job.folders.stage, 'checkpoint.json')

async function checkpoint(job: TrainingJob, step: number, desk: TaskDesk): Promise<void> {
  await desk.settle()
  writeFileSync(checkpointFile(job), JSON.stringify({ step }))
  desk.report({ type: 'checkpoint', step, path: checkpointFile(job) })
}

function firstStep(job: TrainingJob): number {
  if (!job.resume || !existsSync(checkpointFile(job))) return 0
  return (JSON.parse(readFileSync(checkpointFile(job), 'utf8')) as { step: number }).step
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
  let step = firstStep(job)
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
    if (subject !== null && step % config.recording.imagesEvery === 0)
      desk.report({ type: 'images', images: imagesAt(config, subject, step, total, config.recording.imagesPerStep) })
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
  const suspected = suspectsAt(config, subject, step)
  if (suspected) desk.report({ type: 'artifact', analysis: 'suspects', step, artifact: suspected })
  await checkpoint(job, step, desk)
  const weights = join(job.folders.stage, 'weights.safetensors')
  writeFileSync(weights, Buffer.concat(encodeSafetensors(fakeWeights)))
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
