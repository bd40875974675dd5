/** A workspace whose tasks run on a test cluster: tasks of a real shape, an executor, what its listeners heard. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Executor,
  RunningTask,
  StageTask,
  TaskEnd,
  TaskWhere,
} from '../../../src/main/engine/control/executors/executor'
import { createSlurmExecutor } from '../../../src/main/engine/control/executors/slurm'
import { journalFile, listAttempts, readTaskFile } from '../../../src/main/engine/protocol/taskFiles'
import { decodeLine } from '../../../src/main/engine/protocol/journalLines'
import {
  taskFiles,
  type AttemptFile,
  type JournalLine,
  type StageJob,
  type TaskReport,
} from '../../../src/main/engine/protocol/taskFolder'
import type { ExperimentConfig } from '../../../src/shared/domain'
import { defaultSlurmSettings, type SlurmSettings } from '../../../src/main/engine/control/executors/slurm/settings'

export interface FollowedTask extends RunningTask {
  readonly place: string
  readonly folder: string
  readonly reports: TaskReport[]
  readonly wheres: TaskWhere[]
  readonly ended: Promise<TaskEnd>
}

export interface Lab {
  readonly workspace: string
  readonly notices: string[]
  readonly settings: SlurmSettings
  folderOf(place: string): string
  teacher(place: string, options?: TaskOptions): FollowedTask
  student(place: string, options?: TaskOptions): FollowedTask
  /** As a control that was started again does: a new executor that takes up a task. */
  again(): { attach(task: FollowedTask, after?: readonly string[]): FollowedTask }
}

export interface TaskOptions {
  readonly after?: readonly string[]
  readonly steps?: number
}

export interface LabOptions {
  readonly trainer: string
  readonly config: (steps: number) => ExperimentConfig
  readonly cache?: string
  readonly settings?: Partial<SlurmSettings>
}

/** Everything of a job that fits four times on two nodes of two cores. */
const small: Partial<SlurmSettings> = { cpus: 1, memory: 400, timeLimit: 5, signalLead: 30 }

export function createLab({ trainer, config, cache, settings: change = {} }: LabOptions): Lab {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-lab-'))
  const notices: string[] = []
  const settings = { ...defaultSlurmSettings, ...small, ...change }
  const folderOf = (place: string): string => join(workspace, place)
  const newExecutor = (): Executor =>
    createSlurmExecutor({
      workspace,
      places: { node: process.execPath, trainer },
      settings: () => settings,
      notice: (refusal) => notices.push(`${refusal.message} ${refusal.got ?? ''}`),
      intervals: { journal: 50, poll: 500, soon: 100, grace: 300, gather: 50, settle: 2000 },
    })
  const executor = newExecutor()
  const jobOf = (kind: 'teacher' | 'student', place: string, steps: number, after: readonly string[]): StageJob => {
    const common = {
      config: config(steps),
      folders: { stage: folderOf(place), cache: cache ?? join(workspace, 'cache') },
    }
    return kind === 'teacher'
      ? { kind, stageId: 'teacher', resume: false, ...common }
      : {
          kind,
          stageId: 'student-1',
          studentIndex: 0,
          resume: false,
          teacherWeights: join(folderOf(after[0] ?? 'stages/teacher'), 'weights.safetensors'),
          ...common,
        }
  }
  const hand = (kind: 'teacher' | 'student', place: string, { after = [], steps = 20 }: TaskOptions = {}) => {
    const folder = folderOf(place)
    mkdirSync(folder, { recursive: true })
    const job = jobOf(kind, place, steps, after)
    writeFileSync(join(folder, taskFiles.task), JSON.stringify({ format: 1, job }))
    return follow(place, after, (task, listener) => executor.start(task, listener))
  }
  const follow = (
    place: string,
    after: readonly string[],
    begin: (task: StageTask, listener: Parameters<Executor['start']>[1]) => RunningTask,
  ): FollowedTask => {
    const folder = folderOf(place)
    const reports: TaskReport[] = []
    const wheres: TaskWhere[] = []
    let running: RunningTask | undefined
    const ended = new Promise<TaskEnd>((resolve) => {
      running = begin(
        { place, folder, title: place, needs: { threads: 1, device: 'cpu' }, after },
        {
          onReport: (report) => reports.push(report),
          onWhere: (where) => wheres.push(where),
          onSilent: () => undefined,
          onEnd: resolve,
        },
      )
    })
    if (!running) throw new Error('The executor gave no task.')
    const { request, kill, leave } = bound(running)
    return { place, folder, reports, wheres, ended, request, kill, leave }
  }
  return {
    workspace,
    notices,
    settings,
    folderOf,
    teacher: (place, options) => hand('teacher', place, options),
    student: (place, options) => hand('student', place, options),
    again: () => {
      const next = newExecutor()
      return {
        attach: ({ place }, after = []) => follow(place, after, (task, listener) => next.attach(task, null, listener)),
      }
    },
  }
}

const bound = (running: RunningTask): RunningTask => ({
  request: (kind) => running.request(kind),
  kill: () => running.kill(),
  leave: () => running.leave(),
})

/** The lines of all attempts, the earliest first. */
export const linesOf = (folder: string): (JournalLine & { attempt: string })[] =>
  listAttempts(folder).flatMap((attempt) =>
    readLines(journalFile(folder, attempt)).map((text) => ({ ...decodeLine(text), attempt })),
  )

const readLines = (file: string): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean)

export const attemptOf = (folder: string): AttemptFile | null => readTaskFile<AttemptFile>(folder, taskFiles.attempt)

/** Steps in the order the journals have them, without what a resumed attempt did again. */
export const stepsOf = (folder: string): number[] =>
  linesOf(folder).flatMap(({ report }) => (report.type === 'progress' ? [report.step] : []))

/** Whether some step was skipped: every progress is one more than the last, or goes back to a checkpoint. */
export function gapsIn(steps: readonly number[]): number[] {
  return steps.filter((step, index) => step > (steps[index - 1] ?? 0) + 1)
}
