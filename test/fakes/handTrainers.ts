/** Trainers in a test's hand: an executor and a launcher without processes, whose tasks report what the test says. */
import type { Executor } from '../../src/main/engine/control/executors/executor'
import type { TrainerLauncher } from '../../src/main/engine/control/executors/shortJobProcess'
import type { TrainerJob, TrainerReport } from '../../src/main/engine/protocol/messages'
import { readTaskFile } from '../../src/main/engine/protocol/taskFiles'
import { taskFiles, type TaskFile, type TaskReport } from '../../src/main/engine/protocol/taskFolder'
import { createPictures } from '../../src/main/engine/trainer/task/pictures'

export interface HandTrainer {
  readonly job: TrainerJob
  /** Pictures are written first, as a trainer does; all else is heard at once. */
  report(report: TrainerReport): void
  exit(code: number | null, signal?: NodeJS.Signals | null, lastWords?: string): void
  /** What was asked of it. */
  readonly requests: ('pause' | 'stop')[]
  killed: boolean
}

export interface HandTrainers {
  /** In the order in which they were started. */
  readonly started: HandTrainer[]
  readonly executor: Executor
  readonly launch: TrainerLauncher
}

export function createHandTrainers(): HandTrainers {
  const started: HandTrainer[] = []
  const dieBy = (trainer: HandTrainer) => (): void => {
    if (trainer.killed) return
    trainer.killed = true
    setImmediate(() => trainer.exit(null, 'SIGKILL'))
  }
  const executor: Executor = {
    id: 'local',
    slots: () => 1,
    hasTask: () => false,
    start(task, listener) {
      const { job } = readTaskFile<TaskFile>(task.folder, taskFiles.task) as TaskFile
      const attempt = String(started.length).padStart(6, '0')
      const pictures = createPictures(task.folder, () => Promise.resolve())
      let number = 0
      const hear = (report: TaskReport): void => {
        number += 1
        listener.onReport(report, { attempt, offset: number, number })
      }
      const trainer: HandTrainer = {
        job,
        requests: [],
        killed: false,
        report(report) {
          if (report.type === 'images') void pictures.images(report.images).then(hear)
          else if (report.type === 'pool') void pictures.pool(report.images, true).then(hear)
          else if (report.type !== 'pong') hear(report)
        },
        exit: (exitCode, killedBy = null, lastWords = '') => listener.onEnd({ killedBy, exitCode, lastWords }),
      }
      started.push(trainer)
      const resumes = 'resume' in job && job.resume
      hear({ type: 'attempt', resumes, attempt, host: 'here', pid: 1, processStart: null, job: null })
      return {
        request: (kind) => void trainer.requests.push(kind),
        kill: dieBy(trainer),
        leave: () => undefined,
      }
    },
    attach: () => {
      throw new Error('Nothing was started before.')
    },
  }
  return {
    started,
    executor,
    launch(job, listener) {
      const trainer: HandTrainer = {
        job,
        requests: [],
        killed: false,
        report: (report) => listener.onReport(report),
        exit: (code, signal = null, lastWords = '') => listener.onExit(code, signal, lastWords),
      }
      started.push(trainer)
      return { pid: 1, send: () => undefined, kill: dieBy(trainer) }
    },
  }
}
