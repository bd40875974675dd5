/** Runs whose students go on from a kept checkpoint of another run's student, with an edited configuration. */
import type { CallArgs } from '../../../../shared/contract'
import {
  forkName,
  ownMachine,
  type ExperimentConfig,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { listCheckpoints, type Checkpoint } from '../../protocol/checkpointFiles'
import { forkIssues, type ForkContext } from '../experiments/forkIssues'
import { resolveExperiment } from '../experiments/resolve'
import { placeOfKey, type RunStore } from '../store'
import type { CheckpointHolds } from './checkpointHolds'
import { placeOf } from './demand'
import { keepForkStart } from './forkStart'
import { assertNoErrors, type RunMaker, type RunRequest } from './runMaker'
import { givenTeacher } from './stageBook'
import type { RunCalls } from './types'

export interface ForkOptions extends ForkContext {
  readonly store: Pick<RunStore, 'runs' | 'stages' | 'stageFolder'>
  readonly maker: RunMaker
  readonly holds: Pick<CheckpointHolds, 'during'>
}

export const forkCalls = (options: ForkOptions): Pick<RunCalls, 'runs.forkSteps' | 'runs.fork'> => ({
  'runs.forkSteps': ({ runId, stageId }) => ({
    steps: checkpointsOf(studentOf(runId, stageId, options), options)
      .map(({ step }) => step)
      .reverse(),
  }),
  'runs.fork': (args) => fork(args, options),
})

interface Student {
  readonly run: Readonly<RunSummary>
  readonly stage: StageRecord
  readonly config: ExperimentConfig
}

function studentOf(runId: string, stageId: string, { store, table }: ForkOptions): Student {
  const run = store.runs.peek(runId)
  const students = run.stages.filter(({ kind }) => kind === 'student')
  const stage = students.find(({ id }) => id === stageId)
  if (!stage)
    throw new RefusedInputError(`The run "${runId}" has no student "${stageId}".`, {
      wanted: students.map(({ id }) => id).join(', ') || 'a run with students',
      got: stageId,
      where: 'stageId',
    })
  // What an earlier version did not know has its default, as in the fork's own configuration.
  return { run, stage, config: resolveExperiment({ ...store.runs.config(runId) }, table).config }
}

/** The newest first; what a defense does after the distillation is nothing that another student goes on from. */
function checkpointsOf({ stage, config }: Student, { store, costs }: ForkOptions): Checkpoint[] {
  const length = costs.distillation(config)?.pseudoBatches ?? 0
  const { total } = costs.length(config.students[stage.index] ?? { defenses: [] }, length)
  return listCheckpoints(store.stageFolder(placeOf(stage))).filter(({ step }) => step > 0 && step <= total)
}

async function fork(args: CallArgs<'runs.fork'>, options: ForkOptions): Promise<RunSummary> {
  const { runId, stageId, step } = args
  const student = studentOf(runId, stageId, options)
  const checkpoint = checkpointAt(student, step, options)
  return options.holds.during(placeOf(student.stage), step, () => forkFrom(checkpoint, student, { args, options }))
}

async function forkFrom(
  checkpoint: Checkpoint,
  student: Student,
  { args, options }: { readonly args: CallArgs<'runs.fork'>; readonly options: ForkOptions },
): Promise<RunSummary> {
  const { runId, stageId, step, config: given, note, executor } = args
  const { maker } = options
  const { stage } = student
  if (!stage.key)
    throw new RefusedInputError('Nobody can tell what this student was trained from.', {
      wanted: 'a student whose record has a key',
      got: 'a record of an earlier version without one',
      where: `${runId}/${stageId}`,
      action: 'Train it again, and fork that one.',
    })
  const source = { config: student.config, plan: student.config.students[stage.index] ?? { defenses: [] }, step }
  // First, since what a checkpoint cannot take is the reason behind most else.
  assertNoErrors(forkIssues(source, resolveExperiment(given, options.table).config, options), 'The fork')
  const config = await maker.startable(given, { executor, subject: 'The fork' })
  await maker.prepare([config, student.config])
  assertSameImages(student, options)
  const request = requestOf(student, { config, note, executor, step, key: stage.key })
  await keepStarts(request, checkpoint, options)
  const [made] = maker.create([request])
  if (!made) throw new Error('No run was made.')
  return made
}

function checkpointAt(student: Student, step: number, options: ForkOptions): Checkpoint {
  const kept = checkpointsOf(student, options)
  const found = kept.find((one) => one.step === step)
  if (found) return found
  throw new RefusedInputError(`${student.stage.title} has no checkpoint at step ${step}.`, {
    wanted: kept.length === 0 ? 'a kept checkpoint; none is left' : `one of ${kept.map((one) => one.step).join(', ')}`,
    got: String(step),
    where: 'step',
    action: 'Recording says which checkpoints a run keeps.',
  })
}

interface ForkToMake extends Pick<RunRequest, 'config' | 'note' | 'executor'> {
  readonly step: number
  readonly key: string
}

/** The very one that the student had, whatever device trained it. */
function teacherOf({ stages }: Readonly<RunSummary>): RunRequest['teacher'] {
  const teacher = stages.find(({ kind }) => kind === 'teacher')
  return teacher && givenTeacher(teacher)
}

/**
 * The student's own configuration says it, not the fork's: a data stage's key goes by the method too, whose rates and
 * weights may differ.
 */
function assertSameImages({ run, config }: Student, { maker }: ForkOptions): void {
  const data = run.stages.find(({ kind }) => kind === 'data')
  const device = maker.deviceOf(config, run.executor ?? ownMachine)
  const today = maker.book.keysOf(config, device, { teacher: teacherOf(run) })
  if (data?.key && today.every(({ key }) => key !== data.key))
    throw new RefusedInputError('A file that this experiment reads has changed since the student was trained.', {
      wanted: 'the images that the checkpoint was made with',
      got: 'others',
      where: 'data',
      action: 'Put the files back, or start the experiment anew.',
    })
}

/** What is asked of the maker. */
function requestOf(
  { run, stage, config: source }: Student,
  { config, note, executor, step, key }: ForkToMake,
): RunRequest {
  return {
    config: config.name === source.name ? { ...config, name: forkName(config.name, step) } : config,
    note,
    executor,
    fork: { key, step },
    teacher: teacherOf(run),
    forkedFrom: { runId: run.id, runName: run.name, stageId: stage.id, step },
  }
}

/** Each student of the fork has its own, before it can begin. */
async function keepStarts(
  { config, executor, teacher, fork: from }: RunRequest,
  checkpoint: Checkpoint,
  { maker, store }: ForkOptions,
): Promise<void> {
  const keys = maker.book.keysOf(config, maker.deviceOf(config, executor ?? ownMachine), { teacher, fork: from })
  for (const { kind, key } of keys)
    if (kind === 'student')
      await keepForkStart(store.stageFolder(maker.book.find(key)?.place ?? placeOfKey(key)), checkpoint)
}
