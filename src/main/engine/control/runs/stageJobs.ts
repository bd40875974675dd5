/** What the trainer of a stage is asked to do. */
import { join } from 'node:path'
import { pixelValuesOf, type ExperimentConfig, type RunSummary, type StageRecord } from '../../../../shared/domain'
import { ExhaustiveError, UserError } from '../../../../shared/errors'
import type { StageStart } from '../../protocol/plans'
import type { StageJob } from '../../protocol/taskFolder'
import { importedTeacherFile } from './copiedFiles'

export interface JobInput {
  readonly run: RunSummary
  readonly config: ExperimentConfig
  /** Absolute folder of a stage of the run. */
  folderOf(stage: StageRecord): string
  readonly cacheFolder: string
  readonly threads: number
  /** Where a student without a checkpoint of its own begins. */
  readonly startFrom: StageStart | undefined
  /** Steps after which other students go on from this one. */
  readonly branchesAt: readonly number[]
}

/** What the trainer of a stage is asked to do. */
export function jobOf(record: StageRecord, input: JobInput): StageJob {
  const { run, config, cacheFolder, threads } = input
  const folders = { stage: input.folderOf(record), cache: cacheFolder }
  const execution = { ...config.execution, threads: config.execution.threads || threads }
  const effective: ExperimentConfig = { ...config, execution }
  const resume = record.state !== 'waiting'
  const common = { stageId: record.id, config: effective, folders }
  switch (record.kind) {
    case 'data':
      return { kind: 'data', ...common }
    case 'teacher':
      if (config.teacher.source === 'train') return { kind: 'teacher', ...common, resume }
      return {
        kind: 'evaluate',
        file: importedTeacherFile(folders.stage, config),
        data: config.data,
        attack: config.attack,
        target: config.poisoning.target,
        execution,
        cacheFolder,
        architecture: config.teacher.architecture,
        normalization: pixelValuesOf(config.teacher),
        ...(config.teacher.weights ? { weights: config.teacher.weights } : {}),
        teacher: { acknowledged: config.teacher.acknowledged, weights: join(folders.stage, weightsFile) },
      }
    case 'student':
      return {
        kind: 'student',
        ...common,
        resume,
        studentIndex: record.index,
        teacherWeights: teacherWeights(input),
        ...(input.startFrom ? { startFrom: input.startFrom } : {}),
        branchesAt: [...input.branchesAt],
        ...(typeof run.until === 'number' ? { pauseAt: run.until } : {}),
      }
    default:
      throw new ExhaustiveError(record.kind)
  }
}

/** What every stage calls its model's file. */
const weightsFile = 'weights.safetensors'

/** Where the teacher's weights are, or will be when the student begins. */
function teacherWeights({ run, folderOf }: JobInput): string {
  const teacher = run.stages.find((entry) => entry.kind === 'teacher')
  if (teacher?.weights) return teacher.weights
  if (teacher && teacher.state !== 'done') return join(folderOf(teacher), weightsFile)
  throw new UserError('The teacher of this run has left no weights.', {
    where: run.id,
    action: 'Train the teacher again.',
  })
}
