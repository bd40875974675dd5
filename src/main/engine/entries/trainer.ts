/** The trainer process: owns TensorFlow, runs one job that control hands over, reports, and ends. */
import type { Evaluation } from '../../../shared/domain'
import { ExhaustiveError, toCauses } from '../../../shared/errors'
import { exporters } from '../families/exporters'
import { startTensorFlow } from '../runtime'
import { evaluateModelFile } from '../trainer/evaluateFile'
import { exportProgram } from '../trainer/exportProgram'
import { refuseBadTrigger } from '../trainer/data'
import { runTrainingLoop } from '../trainer/loop'
import type { TrainerCommand, TrainerJob, TrainerReport } from '../protocol/messages'
import { prepareStudentStage, prepareTeacherStage, runDataStage, type PreparedStage } from '../trainer/stages'

let request: 'go' | 'pause' | 'stop' = 'go'

/** Resolves once the report has left the process, so that nothing is lost at the end. */
function send(report: TrainerReport): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) return resolve()
    process.send(report, undefined, undefined, () => resolve())
  })
}
const report = (message: TrainerReport): void => void send(message)

const preparation = (fraction: number, message: string): void =>
  report({ type: 'preparing', activity: { message, fraction } })

/** TensorFlow as the job asks for it; a GPU that was asked for and does not work fails here. */
const startFor = async (job: TrainerJob): Promise<void> => {
  const execution = 'config' in job ? job.config.execution : job.execution
  const runtime = await startTensorFlow({
    device: execution.device,
    threads: execution.threads,
    deterministic: execution.deterministic,
  })
  report({ type: 'ready', device: runtime.device })
  if (runtime.device.fallback)
    report({ type: 'warning', message: `The GPU is not used: ${runtime.device.reason ?? 'no reason is known'}` })
}

async function runPrepared(
  job: Extract<TrainerJob, { kind: 'teacher' | 'student' }>,
  prepared: PreparedStage,
): Promise<TrainerReport> {
  for (const warning of prepared.data.warnings) report({ type: 'warning', message: warning })
  return runTrainingLoop(prepared.work, {
    folder: job.folders.stage,
    resume: job.resume,
    startFrom: prepared.startFrom,
    checkpointEverySeconds: job.config.recording.checkpointEvery,
    report,
    request: () => request,
  })
}

const doneWith = (evaluation: Evaluation | null): Extract<TrainerReport, { type: 'finished' }> => ({
  type: 'finished',
  outcome: 'done',
  step: 0,
  evaluation,
  weights: null,
})

async function run(job: TrainerJob): Promise<TrainerReport> {
  switch (job.kind) {
    case 'data': {
      const data = await runDataStage(job.config, job.folders, preparation)
      report({ type: 'imageCounts', train: data.dataset.train.count, test: data.dataset.test.count })
      report({ type: 'findings', findings: data.findings.map(({ severity, message }) => ({ severity, message })) })
      refuseBadTrigger(data.findings)
      for (const warning of data.warnings) report({ type: 'warning', message: warning })
      report({
        type: 'log',
        level: 'info',
        message: `${data.dataset.title}: ${data.dataset.train.count} training and ${data.dataset.test.count} test images${data.poisonedCount === null ? '' : `, ${data.poisonedCount} poisoned`}`,
      })
      return doneWith(null)
    }
    case 'teacher':
      await startFor(job)
      return runPrepared(job, await prepareTeacherStage(job, preparation))
    case 'student':
      await startFor(job)
      return runPrepared(job, await prepareStudentStage(job, preparation))
    case 'evaluate':
      await startFor(job)
      return { ...doneWith(await evaluateModelFile(job, preparation, report)), weights: job.teacher?.weights ?? null }
    case 'export':
      await startFor(job)
      await exportProgram(job, exporters, preparation)
      return doneWith(null)
    case 'device':
      await startFor(job)
      return doneWith(null)
    default:
      throw new ExhaustiveError(job)
  }
}

async function start(job: TrainerJob): Promise<void> {
  let last: TrainerReport
  try {
    last = await run(job)
  } catch (error) {
    if (error instanceof Error && error.stack) await send({ type: 'log', level: 'error', message: error.stack })
    last = { type: 'failed', causes: toCauses(error) }
  }
  await send(last)
  process.exit(last.type === 'failed' ? 1 : 0)
}

process.on('message', (command: TrainerCommand) => {
  switch (command.type) {
    case 'start':
      return void start(command.job)
    case 'pause':
    case 'stop':
      request = command.type
      return
    case 'ping':
      return report({ type: 'pong', time: command.time })
    default:
      throw new ExhaustiveError(command)
  }
})
// Without control nobody reads what this process finds; the last checkpoint is on disk.
process.on('disconnect', () => process.exit(0))
process.on('unhandledRejection', (reason) => {
  void send({ type: 'failed', causes: toCauses(reason) }).then(() => process.exit(1))
})
