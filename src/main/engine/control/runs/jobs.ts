/** What the trainer of a stage is asked to do. */
import { join } from 'node:path'
import type { ExperimentConfig, RunSummary, StageRecord } from '../../../../shared/domain'
import { ExhaustiveError, UserError } from '../../../../shared/errors'
import { importedTeacherFile } from './copiedFiles'
import type { StageFolders } from '../../protocol/messages'
import type { StageJob } from '../../protocol/taskFolder'

export interface JobInput {
  run: RunSummary
  config: ExperimentConfig
  runFolder: string
  cacheFolder: string
  threads: number
}

/** What the trainer of a stage is asked to do. */
export function jobOf(record: StageRecord, { run, config, runFolder, cacheFolder, threads }: JobInput): StageJob {
  const folders: StageFolders = { stage: join(runFolder, record.id), cache: cacheFolder }
  const execution = { ...config.execution, threads: config.execution.threads || threads }
  const effective: ExperimentConfig = { ...config, execution }
  const resume = record.state !== 'waiting'
  switch (record.kind) {
    case 'data':
      return { kind: 'data', stageId: record.id, config: effective, folders }
    case 'teacher':
      if (config.teacher.source === 'train')
        return { kind: 'teacher', stageId: record.id, config: effective, folders, resume }
      return {
        kind: 'evaluate',
        file: importedTeacherFile(runFolder, config),
        data: config.data,
        attack: config.attack,
        target: config.poisoning.target,
        execution,
        cacheFolder,
        architecture: config.teacher.architecture,
        normalization: config.teacher.normalization,
        teacher: {
          acknowledged: config.teacher.acknowledged,
          weights: join(folders.stage, 'weights.safetensors'),
        },
      }
    case 'student':
      return {
        kind: 'student',
        stageId: record.id,
        config: effective,
        folders,
        resume,
        studentIndex: record.index,
        teacherWeights: teacherWeights(run),
      }
    default:
      throw new ExhaustiveError(record.kind)
  }
}

function teacherWeights(run: RunSummary): string {
  const weights = run.stages.find((entry) => entry.kind === 'teacher')?.weights
  if (weights) return weights
  throw new UserError('The teacher of this run has left no weights.', {
    where: run.id,
    action: 'Start the experiment again.',
  })
}
