/** Where stages run, as the rest of control sees it: it hands over a task and hears what becomes of it. */
import type { ErrorCause } from '../../../../shared/errors'
import type { JournalPosition, TaskReport } from '../../protocol/taskFolder'

export interface Executor {
  /** E.g. 'local', 'slurm'. */
  readonly id: string
  /**
   * How many tasks may be handed over at once; Infinity where the executor keeps a queue and knows what waits for what.
   */
  slots(): number
  /** What it computes on where a run leaves it the choice; where it does not say, the CPU. */
  device?(): 'cpu' | 'gpu'
  /** Whether an earlier control has started the task of this folder here: it runs, or its end is unheard. */
  hasTask(folder: string): boolean
  /** Starts a task in its folder; whatever happens to it is told to the listener, and the end exactly once. */
  start(task: StageTask, listener: TaskListener): RunningTask
  /**
   * Takes up a task that an earlier control started, whether it still runs or has ended: the listener hears what the
   * journal holds after `from`, and then the end.
   */
  attach(task: StageTask, from: JournalPosition | null, listener: TaskListener): RunningTask
}

/** Whether an executor takes tasks whose predecessors are not done, and runs on while control is closed. */
export const keepsQueue = (executor: Executor): boolean => !Number.isFinite(executor.slots())

export interface StageTask {
  /** The stage's folder relative to the workspace, which names it: 'stages/3fa9…'. */
  readonly place: string
  /** Absolute; task.json lies here, written by control. */
  readonly folder: string
  /** For a scheduler's list of jobs. */
  readonly title: string
  readonly needs: TaskNeeds
  /** Places of stages that must be done before it begins; an executor without a queue gets only tasks whose are. */
  readonly after: readonly string[]
}

export interface TaskNeeds {
  /** 0: as many as there are. */
  readonly threads: number
  readonly device: 'auto' | 'cpu' | 'gpu'
}

export interface RunningTask {
  /** Acts after the current step with a checkpoint, or goes back to the last one where a step takes long. */
  request(kind: 'pause' | 'stop'): void
  /** Ends the task at once; what came after its last checkpoint is lost. */
  kill(): void
  /** Follows it no more and lets it run on: control ends. */
  leave(): void
}

export interface TaskListener {
  /** `at`: where the journal stands after this report; what was kept up to there need not be told again. */
  onReport(report: TaskReport, at: JournalPosition): void
  /** Where it runs, or why it waits; told at every change. */
  onWhere(where: TaskWhere): void
  /** The task has said nothing for so long that it is worth a word. */
  onSilent(): void
  /** The task has ended and every report has been delivered. */
  onEnd(end: TaskEnd): void
}

export interface TaskWhere {
  readonly state: 'waiting' | 'running'
  /** In a scheduler's own words, e.g. "Priority", "QOSMaxCpuPerUserLimit". */
  readonly reason?: string
  readonly job?: string
  readonly node?: string
  readonly gpu?: string
}

export interface TaskEnd {
  /** The signal, or a scheduler's word for its reason (NODE_FAIL); null where the task ended by itself. */
  readonly killedBy: string | null
  readonly exitCode: number | null
  /** The end of what it wrote to its error output. */
  readonly lastWords: string
  /** Why, where the executor knows it in whole sentences, e.g. what a scheduler refused. */
  readonly causes?: readonly ErrorCause[]
}
