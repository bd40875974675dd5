/**
 * An executor whose tasks train in this process, at once, and touch no file through the layer: what is counted and
 * failed is control's alone. A task goes on from its last checkpoint.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Executor, TaskListener } from '../../src/main/engine/control/executors/executor'
import { encodeGrid } from '../../src/main/engine/images/imageGrid'
import { pictureFile } from '../../src/main/engine/protocol/pictureFiles'
import { encodeLine } from '../../src/main/engine/protocol/journalLines'
import { journalFile, writeTaskFile } from '../../src/main/engine/protocol/taskFiles'
import {
  taskFiles,
  type AttemptFile,
  type StageJob,
  type TaskFile,
  type TaskReport,
} from '../../src/main/engine/protocol/taskFolder'
import { encodeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import { fakeDevice } from '../fakes/device'
import { classesAt, evaluationAt, imagesAt, metricsAt } from '../fakes/outcomes'
import { fakeWeights } from '../fakes/weights'
import { unmet } from './layer'

export const scriptedSteps = 8
const checkpointEvery = 4

type TrainingJob = Extract<StageJob, { kind: 'teacher' | 'student' }>

interface ScriptedTask {
  readonly folder: string
  readonly listener: TaskListener
  killed: boolean
}

/** For their names: later attempts sort behind earlier ones. */
let attempts = 0

export function createScriptedExecutor(): Executor {
  return {
    id: 'local',
    slots: () => 1,
    hasTask: () => false,
    start({ folder }, listener) {
      const task: ScriptedTask = { folder, listener, killed: false }
      setImmediate(() => void train(task))
      return {
        request: () => undefined,
        kill: () => {
          if (task.killed) return
          task.killed = true
          setImmediate(() => listener.onEnd({ killedBy: 'SIGKILL', exitCode: null, lastWords: '' }))
        },
        leave: () => {
          task.killed = true
        },
      }
    },
    attach: () => {
      throw new Error('There is nothing to take up.')
    },
  }
}

async function train(task: ScriptedTask): Promise<void> {
  const { folder, listener } = task
  const { job } = JSON.parse(unmet(() => readFileSync(join(folder, taskFiles.task), 'utf8'))) as TaskFile
  const tell = takeTask(task, 'resume' in job && job.resume)
  tell({ type: 'ready', device: fakeDevice })
  if (job.kind === 'teacher' || job.kind === 'student') await steps(task, job, tell)
  else tell({ type: 'finished', outcome: 'done', step: 0, evaluation: null, weights: null })
  if (!task.killed) listener.onEnd({ killedBy: null, exitCode: 0, lastWords: '' })
}

/** Fence and journal, from which a later control learns what this one has not kept. @returns what reports */
function takeTask(task: ScriptedTask, resumes: boolean): (report: TaskReport) => void {
  const { folder, listener } = task
  attempts += 1
  const attempt = String(attempts).padStart(9, '0')
  const own: AttemptFile = { attempt, host: 'here', pid: process.pid, processStart: null, job: null }
  unmet(() => {
    mkdirSync(join(folder, taskFiles.journal), { recursive: true })
    writeTaskFile(folder, taskFiles.attempt, own)
  })
  let number = 0
  let offset = 0
  const tell = (report: TaskReport): void => {
    if (task.killed) return
    const line = encodeLine({ number, time: Date.now(), report })
    unmet(() => appendFileSync(journalFile(folder, attempt), line))
    number += 1
    offset += Buffer.byteLength(line)
    listener.onReport(report, { attempt, offset, number })
  }
  tell({ type: 'attempt', resumes, ...own })
  return tell
}

async function steps(task: ScriptedTask, job: TrainingJob, tell: (report: TaskReport) => void): Promise<void> {
  const { folder } = task
  const { config } = job
  const subject = job.kind === 'student' ? job.studentIndex : null
  const checkpoint = join(folder, 'scripted-checkpoint')
  const first = unmet(() => (existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0))
  const progress = (step: number): void =>
    tell({ type: 'progress', step, totalSteps: scriptedSteps, seconds: step, secondsLeft: scriptedSteps - step })
  progress(first)
  for (let step = first + 1; step <= scriptedSteps && !task.killed; step++) {
    tell({ type: 'metrics', points: metricsAt(config, subject, step, scriptedSteps) })
    if (subject !== null && step % config.recording.imagesEvery === 0) {
      const { pixels, ...labels } = imagesAt(config, subject, step, scriptedSteps, config.recording.imagesPerStep)
      const grid = await encodeGrid({ ...labels, pixels })
      const file = pictureFile('images', step)
      unmet(() => mkdirSync(join(folder, 'images'), { recursive: true }))
      unmet(() => writeFileSync(join(folder, file), grid))
      tell({ type: 'images', grid: { file, bytes: grid.byteLength }, labels })
    }
    if (step % checkpointEvery === 0) {
      const evaluation = evaluationAt(config, subject, step / scriptedSteps)
      tell({ type: 'evaluation', step, evaluation })
      tell({ type: 'artifact', analysis: 'classes', step, artifact: classesAt(config, evaluation) })
      if (task.killed) return
      unmet(() => writeFileSync(checkpoint, String(step)))
      tell({ type: 'checkpoint', step, path: checkpoint })
    }
    progress(step)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const weights = join(folder, 'weights.safetensors')
  unmet(() => writeFileSync(weights, Buffer.concat(encodeSafetensors(fakeWeights))))
  tell({
    type: 'finished',
    outcome: 'done',
    step: scriptedSteps,
    evaluation: evaluationAt(config, subject, 1),
    weights,
  })
}
