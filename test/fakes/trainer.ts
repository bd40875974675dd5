/**
 * A trainer without TensorFlow: a child process that speaks the trainer's protocol and trains nothing,
 * deterministically.
 * ABD_FAKE_STEP_MS: milliseconds per step (default 2). ABD_FAKE_CRASH_STEP: dies without a word at that step of a
 * student, once per folder.
 * ABD_FAKE_HOLD_STEP: waits after that step of a student until it is asked to pause or stop, once per workspace.
 * ABD_FAKE_FAIL: a sentence with which every student fails. ABD_FAKE_BURN=1: keeps a core busy instead of sleeping.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError, toCauses } from '../../src/shared/errors'
import { encodeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import type { TrainerCommand, TrainerJob, TrainerReport } from '../../src/main/engine/protocol/messages'
import { classesAt, evaluationAt, imagesAt, metricsAt, suspectsAt, type Subject } from './outcomes'
import { fakeDevice } from './device'
import { fakeWeights } from './weights'

let request: 'go' | 'pause' | 'stop' = 'go'
const stepMilliseconds = Number(process.env.ABD_FAKE_STEP_MS ?? 2)

const send = (report: TrainerReport): Promise<void> =>
  new Promise((resolve) => {
    if (process.send) process.send(report, undefined, undefined, () => resolve())
    else resolve()
  })
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function spend(): Promise<void> {
  if (process.env.ABD_FAKE_BURN !== '1') return sleep(stepMilliseconds)
  const until = performance.now() + stepMilliseconds
  while (performance.now() < until) {
    /* as a kernel would */
  }
  await new Promise((resolve) => setImmediate(resolve))
}

type StageJob = Extract<TrainerJob, { kind: 'teacher' | 'student' }>

const checkpointFile = (job: StageJob): string => join(job.folders.stage, 'checkpoint.json')

function checkpoint(job: StageJob, step: number): void {
  mkdirSync(job.folders.stage, { recursive: true })
  writeFileSync(checkpointFile(job), JSON.stringify({ step }))
  void send({ type: 'checkpoint', step, path: checkpointFile(job) })
}

function firstStep(job: StageJob): number {
  if (!job.resume || !existsSync(checkpointFile(job))) return 0
  return (JSON.parse(readFileSync(checkpointFile(job), 'utf8')) as { step: number }).step
}

function crashOnce(job: StageJob, step: number): void {
  const mark = join(job.folders.stage, 'crashed')
  if (job.kind !== 'student' || Number(process.env.ABD_FAKE_CRASH_STEP ?? -1) !== step || existsSync(mark)) return
  checkpoint(job, step - 1)
  writeFileSync(mark, '')
  process.kill(process.pid, 'SIGSEGV')
}

async function holdOnce(job: StageJob, step: number): Promise<void> {
  const mark = join(dirname(dirname(job.folders.stage)), 'held')
  if (job.kind !== 'student' || Number(process.env.ABD_FAKE_HOLD_STEP ?? -1) !== step || existsSync(mark)) return
  writeFileSync(mark, '')
  while (request === 'go') await sleep(5)
}

async function train(job: StageJob): Promise<TrainerReport> {
  const { config } = job
  const subject: Subject = job.kind === 'student' ? job.studentIndex : null
  const pseudoBatches = config.distillation.method.params.pseudoBatches
  const total =
    job.kind === 'teacher' ? config.teacher.training.epochs * 5 : typeof pseudoBatches === 'number' ? pseudoBatches : 60
  const evaluateEvery = job.kind === 'teacher' ? 5 : config.recording.evaluateEvery
  await send({ type: 'ready', device: fakeDevice })
  if (job.kind === 'student' && process.env.ABD_FAKE_FAIL)
    throw new UserError(process.env.ABD_FAKE_FAIL, { action: 'Nothing: this failure was asked for.' })
  let step = firstStep(job)
  const progress = () =>
    send({ type: 'progress', step, totalSteps: total, seconds: step * 0.5, secondsLeft: (total - step) * 0.5 })
  await progress()
  while (step < total) {
    if (request !== 'go') {
      checkpoint(job, step)
      return {
        type: 'finished',
        outcome: request === 'pause' ? 'paused' : 'stopped',
        step,
        evaluation: evaluationAt(config, subject, step / total),
        weights: null,
      }
    }
    crashOnce(job, step + 1)
    await spend()
    step += 1
    void send({ type: 'metrics', points: metricsAt(config, subject, step, total) })
    if (subject !== null && step % config.recording.imagesEvery === 0)
      void send({ type: 'images', images: imagesAt(config, subject, step, total, config.recording.imagesPerStep) })
    if (step % evaluateEvery === 0) {
      const evaluation = evaluationAt(config, subject, step / total)
      void send({
        type: 'metrics',
        points: [
          { name: 'accuracy', step, value: evaluation.accuracy },
          { name: 'asr', step, value: evaluation.asr ?? 0 },
        ],
      })
      void send({ type: 'evaluation', step, evaluation })
      void send({ type: 'artifact', analysis: 'classes', step, artifact: classesAt(config, evaluation) })
    }
    if (step % 10 === 0) checkpoint(job, step)
    await progress()
    await holdOnce(job, step)
  }
  const evaluation = evaluationAt(config, subject, 1)
  void send({ type: 'artifact', analysis: 'classes', step, artifact: classesAt(config, evaluation) })
  const suspected = suspectsAt(config, subject, step)
  if (suspected) await send({ type: 'artifact', analysis: 'suspects', step, artifact: suspected })
  checkpoint(job, step)
  const weights = join(job.folders.stage, 'weights.safetensors')
  writeFileSync(weights, Buffer.concat(encodeSafetensors(fakeWeights)))
  return { type: 'finished', outcome: 'done', step, evaluation, weights }
}

async function run(job: TrainerJob): Promise<TrainerReport> {
  const done: TrainerReport = { type: 'finished', outcome: 'done', step: 0, evaluation: null, weights: null }
  switch (job.kind) {
    case 'data':
      await send({
        type: 'findings',
        findings: [
          { severity: 'info', message: '9 of 1,024 pixels change (0.9 %).' },
          { severity: 'warning', message: 'Only 9 images are poisoned.' },
        ],
      })
      return done
    case 'device':
      await send({ type: 'ready', device: fakeDevice })
      return done
    case 'export':
      writeFileSync(job.path, JSON.stringify({ exporter: job.exporter, weights: job.weights }))
      return done
    case 'evaluate':
      if (job.teacher) writeFileSync(job.teacher.weights, Buffer.concat(encodeSafetensors(fakeWeights)))
      return {
        ...done,
        weights: job.teacher?.weights ?? null,
        evaluation: { accuracy: 0.9, asr: 0.8, asrAll: 0.82, robustAccuracy: 0.1, images: 1000, nonTarget: 900 },
      }
    case 'teacher':
    case 'student':
      return train(job)
  }
}

process.on('message', (command: TrainerCommand) => {
  if (command.type === 'ping') void send({ type: 'pong', time: command.time })
  else if (command.type === 'start') {
    void run(command.job)
      .catch((error: unknown): TrainerReport => ({ type: 'failed', causes: toCauses(error) }))
      .then(send)
      .then(() => process.exit(0))
  } else request = command.type
})
process.on('disconnect', () => process.exit(0))
