/** The pipeline of an experiment: data → teacher → one stage per student. */
import { extname, join } from 'node:path'
import type { ExperimentConfig, RunDetail, RunSummary, StageRecord } from '../../../../shared/domain'
import { defenseLabel, recipeOf } from '../../../../shared/domain'
import { ExhaustiveError, UserError } from '../../../../shared/errors'
import type { StageFolders, TrainerJob } from '../../protocol/messages'
import type { OtherSettings } from '../experiments/otherSettings'
import { studentTitle } from '../experiments/resolve'

const stage = (id: string, kind: StageRecord['kind'], title: string, more: Partial<StageRecord> = {}): StageRecord => ({
  id, kind, title, state: 'waiting', step: 0, totalSteps: null, seconds: 0, secondsLeft: null, evaluation: null, weights: null, warnings: [], ...more,
})

export function stagesOf(config: ExperimentConfig): StageRecord[] {
  return [
    stage('data', 'data', 'Data and attack'),
    stage('teacher', 'teacher', config.teacher.source === 'file' ? 'Teacher from a file' : 'Teacher'),
    ...config.students.map((plan, index) => stage(`student-${index + 1}`, 'student', studentTitle(plan, index), {
      method: config.distillation.method.id, defense: defenseLabel(plan),
    })),
  ]
}

/** A record for a run that waits to start. */
export function newRun(id: string, config: ExperimentConfig, preset: string | null, note: string, now: number, otherSettings: OtherSettings = () => undefined): Omit<RunDetail, 'changedPaths'> {
  const stages = stagesOf(config).map((record) => {
    const others = otherSettings(config, record)
    return others === undefined ? record : { ...record, otherSettings: others }
  })
  return {
    id, config, preset, note, name: config.name, tags: [], state: 'queued', createdAt: now, startedAt: null, endedAt: null, seconds: 0,
    stages, data: config.data.id, attack: config.attack.id, poisonRatio: config.teacher.source === 'file' ? null : config.poisoning.ratio, target: config.poisoning.target,
    method: config.distillation.method.id, seed: config.seed, recipe: recipeOf(config), device: null, error: null, deletedAt: null, bytesOnDisk: 0,
  }
}

/** 20240131-174500-a1b2: sorts by time, reads as one. */
export function newRunId(now: Date, random: string): string {
  const digits = now.toISOString().replace(/[-:]/g, '').slice(0, 15).replace('T', '-')
  return `${digits}-${random}`
}

export interface JobInput { run: RunSummary; config: ExperimentConfig; runFolder: string; cacheFolder: string; threads: number }

/** What the trainer of a stage is asked to do. */
export function jobOf(record: StageRecord, { run, config, runFolder, cacheFolder, threads }: JobInput): TrainerJob {
  const folders: StageFolders = { stage: join(runFolder, record.id), cache: cacheFolder }
  const execution = { ...config.execution, threads: config.execution.threads || threads }
  const effective: ExperimentConfig = { ...config, execution }
  const resume = record.state !== 'waiting'
  switch (record.kind) {
    case 'data': return { kind: 'data', stageId: record.id, config: effective, folders }
    case 'teacher':
      if (config.teacher.source === 'train') return { kind: 'teacher', stageId: record.id, config: effective, folders, resume }
      return {
        kind: 'evaluate', file: importedTeacher(runFolder, config), data: config.data, attack: config.attack, target: config.poisoning.target, execution, cacheFolder,
        architecture: config.teacher.architecture, normalization: config.teacher.normalization, acknowledged: config.teacher.acknowledged,
      }
    case 'student': return { kind: 'student', stageId: record.id, config: effective, folders, resume, studentIndex: Number(record.id.slice('student-'.length)) - 1, teacherWeights: teacherWeights(run) }
    default: throw new ExhaustiveError(record.kind)
  }
}

/** Where the file of a teacher that was brought along is kept with the run. */
export const importedTeacher = (runFolder: string, config: ExperimentConfig): string => join(runFolder, 'teacher', `brought${extname(config.teacher.file)}`)

function teacherWeights(run: RunSummary): string {
  const weights = run.stages.find((entry) => entry.kind === 'teacher')?.weights
  if (weights) return weights
  throw new UserError('The teacher of this run has left no weights.', { where: run.id, action: 'Start the experiment again.' })
}
