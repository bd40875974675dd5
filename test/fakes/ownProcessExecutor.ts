/**
 * An executor without processes: control itself does what the fake trainer does, with the real fence, journal, pictures
 * and follower. A task costs some milliseconds, so that thousands can be run; it cannot be killed, and not be taken up
 * again.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ownMachine } from '../../src/shared/domain'
import { toCauses } from '../../src/shared/errors'
import type { Executor, StageTask, TaskListener } from '../../src/main/engine/control/executors/executor'
import { followJournal } from '../../src/main/engine/control/executors/journal/follower'
import { lastAttempt } from '../../src/main/engine/control/executors/local/process'
import { journalFile, readTaskFile } from '../../src/main/engine/protocol/taskFiles'
import { taskExit, taskFiles, type TaskFile } from '../../src/main/engine/protocol/taskFolder'
import type { TaskDesk } from '../../src/main/engine/trainer/task'
import { takeTask } from '../../src/main/engine/trainer/task/fence'
import { createJournal, openJournalDisk } from '../../src/main/engine/trainer/task/journal'
import { createPictures } from '../../src/main/engine/trainer/task/pictures'
import { runStage, type EndReport } from './stageWork'

/** Milliseconds between two looks at a journal. */
const interval = 20

export function createOwnProcessExecutor({ slots }: { slots: () => number }): Executor {
  return {
    id: ownMachine,
    slots,
    hasTask: () => false,
    start(task, listener) {
      let request: ReturnType<TaskDesk['request']> = 'go'
      const work = workOn(task, listener, () => request)
      // As a process would, it ends later than it was started.
      setImmediate(() => void work())
      return { request: (kind) => void (request = kind), kill: () => void (request = 'stop'), leave: () => undefined }
    },
    attach: () => {
      throw new Error('A task of this process ends with it.')
    },
  }
}

function workOn({ folder }: StageTask, listener: TaskListener, request: TaskDesk['request']): () => Promise<void> {
  mkdirSync(join(folder, taskFiles.journal), { recursive: true })
  const after = lastAttempt(folder)
  const { job } = readTaskFile<TaskFile>(folder, taskFiles.task) as TaskFile
  return async () => {
    const { attempt } = takeTask(folder)
    const disk = openJournalDisk(journalFile(folder, attempt.attempt))
    const journal = createJournal(disk)
    const pictures = createPictures(folder, () => Promise.resolve())
    const resumes = 'resume' in job && job.resume
    const follower = followJournal({ folder, from: { after }, interval, onReport: listener.onReport.bind(listener) })
    journal.write({ type: 'attempt', resumes, ...attempt })
    const desk: TaskDesk = {
      report(report) {
        if (report.type === 'images') journal.writeAfter(() => pictures.images(report.images))
        else if (report.type === 'pool') journal.writeAfter(() => pictures.pool(report.images, true))
        else if (report.type !== 'pong') journal.write(report)
      },
      request,
      settle: () => journal.settle(),
    }
    const last = await runStage(job, desk).catch((error: unknown): EndReport => ({
      type: 'failed',
      causes: toCauses(error),
    }))
    await journal.end(last, () => undefined)
    await follower.finish()
    listener.onEnd({
      killedBy: null,
      exitCode: last.type === 'failed' ? taskExit.failed : taskExit[last.outcome],
      lastWords: '',
    })
  }
}
