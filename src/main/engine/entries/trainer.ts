/**
 * The trainer process: owns TensorFlow, does one job, reports, and ends.
 *   trainer.js --task FOLDER   a stage: what is to be done lies in the folder, and what is found goes there
 *   trainer.js                 a short job, over the channel of the parent process
 */
import { constants, setPriority } from 'node:os'
import { parseArgs } from 'node:util'
import type { DeviceReport, Evaluation } from '../../../shared/domain'
import { ExhaustiveError, describeError, toCauses } from '../../../shared/errors'
import { exporters } from '../families/exporters'
import { startTensorFlow } from '../runtime'
import { analyse } from '../trainer/asked'
import { evaluateModelFile } from '../trainer/evaluateFile'
import { findPixels } from '../trainer/findPixels'
import { exportProgram } from '../trainer/exportProgram'
import { refuseBadTrigger } from '../trainer/data'
import { createPhaseClock, type PhaseClock } from '../trainer/phaseClock'
import { withPrecisionSpeed } from '../trainer/precisionSpeed'
import { reportNode } from '../trainer/reportNode'
import { runTrainingLoop } from '../trainer/loop'
import { createSystemMetrics } from '../trainer/systemMetrics'
import { tf32WithoutGpu } from '../trainer/tf32'
import { watchGpu } from '../trainer/watchGpu'
import type { ShortJob, TrainerCommand, TrainerJob, TrainerReport } from '../protocol/messages'
import { taskExit, type StageJob } from '../protocol/taskFolder'
import { runTask, type TaskDesk } from '../trainer/task'
import { prepareStudentStage, prepareTeacherStage, runDataStage, type PreparedStage } from '../trainer/stages'

type EndReport = Extract<TrainerReport, { type: 'finished' | 'failed' }>
type Tell = (report: TrainerReport) => void

const preparationTeller =
  (tell: Tell) =>
  (fraction: number, message: string): void =>
    tell({ type: 'preparing', activity: { message, fraction } })

/** TensorFlow as the job asks for it; a GPU that was asked for and does not work fails here. */
const startFor = async (job: TrainerJob, tell: Tell): Promise<DeviceReport> => {
  const execution = 'config' in job ? job.config.execution : job.execution
  const runtime = await startTensorFlow({
    device: execution.device,
    threads: execution.threads,
    deterministic: execution.deterministic,
    precision: execution.precision,
  })
  const otherwise = tf32WithoutGpu(runtime.device, { execution, isResult: job.kind !== 'analyse' })
  tell({ type: 'ready', device: runtime.device })
  if (otherwise !== null) tell({ type: 'warning', message: otherwise })
  if (runtime.device.fallback)
    tell({ type: 'warning', message: `The GPU is not used: ${runtime.device.reason ?? 'no reason is known'}` })
  return runtime.device
}

async function train(
  job: Extract<TrainerJob, { kind: 'teacher' | 'student' }>,
  desk: TaskDesk,
  prepare: (clock: PhaseClock) => Promise<PreparedStage>,
): Promise<EndReport> {
  const clock = createPhaseClock()
  const report: Tell = (told) => desk.report(told)
  const { kind: device } = await startFor(job, report)
  clock.enter('rest')
  const prepared = await clock.within('data', () => prepare(clock))
  for (const warning of prepared.data.warnings) report({ type: 'warning', message: warning })
  const { imagesPerStep, stepsPerEpoch = null } = prepared.work
  report({ type: 'stepUnits', units: { imagesPerStep, stepsPerEpoch } })
  return runTrainingLoop(prepared.work, {
    folder: job.folders.stage,
    resume: job.resume,
    startFrom: prepared.startFrom,
    checkpointEverySeconds: job.config.recording.checkpointEvery,
    pauseAt: job.pauseAt,
    report,
    clock,
    request: () => desk.request(),
    settle: () => desk.settle(),
    system: createSystemMetrics({ folder: job.folders.stage, gpu: device === 'gpu' ? watchGpu() : null }),
  })
}

const doneWith = (evaluation: Evaluation | null): Extract<TrainerReport, { type: 'finished' }> => ({
  type: 'finished',
  outcome: 'done',
  step: 0,
  evaluation,
  weights: null,
})

async function checkData(job: Extract<StageJob, { kind: 'data' }>, tell: Tell): Promise<EndReport> {
  const clock = createPhaseClock()
  clock.enter('data')
  const data = await runDataStage(job.config, job.folders, preparationTeller(tell))
  const { title, train, test } = data.dataset
  tell({ type: 'imageCounts', train: train.count, test: test.count })
  tell({ type: 'findings', findings: data.findings.map(({ severity, message }) => ({ severity, message })) })
  refuseBadTrigger(data.findings)
  for (const warning of data.warnings) tell({ type: 'warning', message: warning })
  const poisoned = data.poisonedCount === null ? '' : `, ${data.poisonedCount} poisoned`
  tell({
    type: 'log',
    level: 'info',
    message: `${title}: ${train.count} training and ${test.count} test images${poisoned}`,
  })
  tell({ type: 'timings', timings: clock.account() })
  return doneWith(null)
}

/** A stage, in its folder. */
function runStage(job: StageJob, desk: TaskDesk): Promise<EndReport> {
  const tell: Tell = (report) => desk.report(report)
  switch (job.kind) {
    case 'data':
      return checkData(job, tell)
    case 'teacher':
      return train(job, desk, (clock) => prepareTeacherStage(job, preparationTeller(tell), clock))
    case 'student':
      return train(job, desk, (clock) => prepareStudentStage(job, preparationTeller(tell), clock))
    case 'evaluate':
      return evaluateFile(job, tell)
    default:
      throw new ExhaustiveError(job)
  }
}

/** Of a stage, or asked for by somebody. */
async function evaluateFile(job: Extract<ShortJob, { kind: 'evaluate' }>, tell: Tell): Promise<EndReport> {
  const clock = createPhaseClock()
  await startFor(job, tell)
  const evaluation = await evaluateModelFile(job, preparationTeller(tell), { report: tell, clock })
  tell({ type: 'timings', timings: clock.account() })
  return { ...doneWith(evaluation), weights: job.teacher?.weights ?? null }
}

async function runShort(job: ShortJob, tell: Tell): Promise<EndReport> {
  if (job.kind === 'evaluate') return evaluateFile(job, tell)
  // Before TensorFlow makes its threads, which inherit it: what trains beside it comes first.
  if (job.kind === 'analyse') setPriority(constants.priority.PRIORITY_LOW)
  await startFor(job, tell)
  switch (job.kind) {
    case 'findPixels':
      return { ...doneWith(null), pixelTrials: await findPixels(job, preparationTeller(tell), tell) }
    case 'export':
      await exportProgram(job, exporters, preparationTeller(tell))
      return doneWith(null)
    case 'analyse':
      await analyse(job, preparationTeller(tell), tell)
      return doneWith(null)
    case 'device':
      // Once more, with what takes a moment to measure.
      tell({ type: 'ready', device: withPrecisionSpeed(await startTensorFlow(), job.execution) })
      return doneWith(null)
    default:
      throw new ExhaustiveError(job)
  }
}

/** Jobs beside the stages: handed over by control's message, told over the same channel. */
function serveShortJob(): void {
  /** Resolves once the report has left the process, so that nothing is lost at the end. */
  const send = (report: TrainerReport): Promise<void> =>
    new Promise((resolve) => {
      if (!process.send) return resolve()
      process.send(report, undefined, undefined, () => resolve())
    })
  const start = async (job: ShortJob): Promise<void> => {
    let last: EndReport
    try {
      last = await runShort(job, (report) => void send(report))
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
      case 'ping':
        return void send({ type: 'pong', time: command.time })
      default:
        throw new ExhaustiveError(command)
    }
  })
  // Without control nobody reads what this process finds.
  process.on('disconnect', () => process.exit(0))
  process.on('unhandledRejection', (reason) => {
    void send({ type: 'failed', causes: toCauses(reason) }).then(() => process.exit(1))
  })
}

const { values, positionals } = parseArgs({
  options: { task: { type: 'string' }, 'device-report': { type: 'string' } },
  allowPositionals: true,
  strict: true,
})
if (values['device-report'] !== undefined)
  void reportNode(values['device-report'], positionals).then(() => process.exit(taskExit.done))
else if (values.task === undefined) serveShortJob()
else
  runTask(values.task, runStage).catch((error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`)
    process.exit(taskExit.failed)
  })
