/**
 * A trainer of real tasks whose model is four numbers: the loop, its checkpoints, journal, pictures and weights are the
 * product's, TensorFlow is not there. Steps depend on all before them, so that a lost or a repeated one shows.
 *   smallTrainer.cjs --task FOLDER
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeError } from '../../src/shared/errors'
import { taskExit, type StageJob } from '../../src/main/engine/protocol/taskFolder'
import { runTrainingLoop } from '../../src/main/engine/trainer/loop'
import type { StageWork } from '../../src/main/engine/trainer/stageWork'
import { runTask, type TaskDesk } from '../../src/main/engine/trainer/task'
import { float32Tensor } from '../../src/main/engine/weights/weightMap'
import { writeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import { fakeDevice } from '../fakes/device'
import { evaluationAt, imagesAt, metricsAt } from '../fakes/outcomes'

export const smallSteps = 8

type TrainingJob = Extract<StageJob, { kind: 'teacher' | 'student' }>

function workOf(job: TrainingJob): StageWork {
  const model = new Float32Array([1, 2, 3, 4])
  const tensors = () => new Map([['model/weights', float32Tensor([4], model.slice())]])
  const subject = job.kind === 'student' ? job.studentIndex : null
  let done = 0
  const state: Pick<StageWork['state'], 'snapshot' | 'restore'> = {
    snapshot: () => ({ tensors: tensors(), plain: { small: { done } }, streams: [] }),
    restore: ({ tensors: kept, plain }) => {
      const found = kept.get('model/weights')
      if (found) model.set(found.data as Float32Array)
      done = Number(plain.small?.done)
    },
  }
  return {
    totalSteps: smallSteps,
    imagesPerStep: 1,
    measureEvery: 1,
    state: state as StageWork['state'],
    program: { readState: () => undefined, writeState: () => undefined } as StageWork['program'],
    step(index) {
      for (let at = 0; at < model.length; at++) model[at] = Math.fround(Math.sin((model[at] ?? 0) * 7 + index))
      done += 1
      const points = metricsAt(job.config, subject, index + 1, smallSteps)
      return Object.fromEntries([...points.map(({ name, value }) => [name, value]), ['loss', model[0]]])
    },
    evaluateAfter: (steps) => steps % 4 === 0,
    evaluate: () => evaluationAt(job.config, subject, done / smallSteps),
    images: (step) => imagesAt(job.config, subject ?? 0, step, smallSteps, 1),
    imagesAfter: (steps) => subject !== null && steps > 0 && steps % 2 === 0,
    async writeWeights() {
      const path = join(job.folders.stage, 'weights.safetensors')
      await writeSafetensors(path, tensors())
      return path
    },
    dispose: () => undefined,
  }
}

async function work(job: StageJob, desk: TaskDesk) {
  desk.report({ type: 'ready', device: fakeDevice })
  if (job.kind !== 'teacher' && job.kind !== 'student')
    return { type: 'finished', outcome: 'done', step: 0, evaluation: null, weights: null } as const
  return runTrainingLoop(workOf(job), {
    folder: job.folders.stage,
    resume: job.resume,
    checkpointEverySeconds: 0,
    report: (report) => desk.report(report),
    request: () => desk.request(),
    settle: () => desk.settle(),
  })
}

const { values } = parseArgs({ options: { task: { type: 'string' } } })
runTask(values.task ?? '', work).catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`)
  process.exit(taskExit.failed)
})
