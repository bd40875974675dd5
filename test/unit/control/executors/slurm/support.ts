/** An executor on the fake Slurm, tasks in a temporary workspace, and what their listeners heard. */
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Executor,
  RunningTask,
  StageTask,
  TaskEnd,
  TaskWhere,
} from '../../../../../src/main/engine/control/executors/executor'
import { createSlurmExecutor } from '../../../../../src/main/engine/control/executors/slurm'
import { createSlurmCommands } from '../../../../../src/main/engine/control/executors/slurm/commands'
import { encodeLine } from '../../../../../src/main/engine/protocol/journalLines'
import { listAttempts } from '../../../../../src/main/engine/protocol/taskFiles'
import type { TaskReport } from '../../../../../src/main/engine/protocol/taskFolder'
import {
  defaultSlurmSettings,
  type SlurmSettings,
} from '../../../../../src/main/engine/control/executors/slurm/settings'
import { createFakeSlurm, type FakeSlurm } from './fakeSlurm'

export interface Heard {
  readonly reports: TaskReport['type'][]
  readonly wheres: TaskWhere[]
  end: TaskEnd | null
}

export interface Bench {
  readonly workspace: string
  readonly slurm: FakeSlurm
  readonly notices: string[]
  readonly settings: SlurmSettings
  /** As an engine that starts anew on the same workspace has it. */
  restart(): Executor
  start(name: string, options?: Partial<StageTask>): RunningTask & { heard: Heard; folder: string }
  attach(executor: Executor, name: string, options?: Partial<StageTask>): RunningTask & { heard: Heard }
  /** What the process of a task writes; a new attempt begins with 'attempt'. */
  write(name: string, ...reports: TaskReport[]): void
}

export const finished = (outcome: 'done' | 'paused' | 'stopped'): TaskReport => ({
  type: 'finished',
  outcome,
  step: 3,
  evaluation: null,
  weights: null,
})

export const attempt = (name: string, job = '1_0'): TaskReport => ({
  type: 'attempt',
  resumes: false,
  attempt: name,
  host: 'n1',
  pid: 1,
  processStart: null,
  job,
})

export function createBench(change: Partial<SlurmSettings> = {}): Bench {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-slurm-'))
  const slurm = createFakeSlurm()
  const notices: string[] = []
  const settings = { ...defaultSlurmSettings, ...change }
  const executorOf = (): Executor =>
    createSlurmExecutor({
      workspace,
      places: { node: '/opt/node', trainer: '/opt/abd/trainer.js' },
      settings: () => settings,
      notice: (refusal) => notices.push(refusal.message),
      commands: createSlurmCommands(slurm.run),
      intervals: { journal: 5, poll: 20, soon: 5, grace: 10, gather: 10, settle: 0 },
    })
  const executor = executorOf()
  const numbers = new Map<string, number>()
  const taskOf = (name: string, options: Partial<StageTask>): StageTask => {
    const folder = join(workspace, 'stages', name)
    mkdirSync(join(folder, 'journal'), { recursive: true })
    writeFileSync(join(folder, 'task.json'), '{"format":1}')
    return {
      place: `stages/${name}`,
      folder,
      title: name,
      needs: { threads: 0, device: 'auto' },
      after: [],
      ...options,
    }
  }
  const hearing = (): { heard: Heard; listener: Parameters<Executor['start']>[1] } => {
    const heard: Heard = { reports: [], wheres: [], end: null }
    return {
      heard,
      listener: {
        onReport: (report) => heard.reports.push(report.type),
        onWhere: (where) => heard.wheres.push(where),
        onSilent: () => undefined,
        onEnd: (end) => {
          if (heard.end) throw new Error('The end was told twice.')
          heard.end = end
        },
      },
    }
  }
  const handleOf = (running: RunningTask, more: object) => ({
    request: (kind: 'pause' | 'stop') => running.request(kind),
    kill: () => running.kill(),
    leave: () => running.leave(),
    ...more,
  })
  return {
    workspace,
    slurm,
    notices,
    settings,
    restart: executorOf,
    start(name, options = {}) {
      const task = taskOf(name, options)
      const { heard, listener } = hearing()
      return handleOf(executor.start(task, listener), { heard, folder: task.folder }) as ReturnType<Bench['start']>
    },
    attach(other, name, options = {}) {
      const { heard, listener } = hearing()
      return handleOf(other.attach(taskOf(name, options), null, listener), { heard }) as ReturnType<Bench['attach']>
    },
    write(name, ...reports) {
      const folder = join(workspace, 'stages', name)
      for (const report of reports) {
        if (report.type === 'attempt') {
          writeFileSync(join(folder, 'attempt.json'), JSON.stringify(report))
          numbers.set(name, 0)
        }
        const current = report.type === 'attempt' ? report.attempt : listAttempts(folder).at(-1)
        const number = numbers.get(name) ?? 0
        appendFileSync(join(folder, 'journal', `${current}.jsonl`), encodeLine({ number, time: 0, report }))
        numbers.set(name, number + 1)
      }
    },
  }
}
