/** Where stages run, as the rest of control sees it: it hands over a task and hears what becomes of it. */
import type { TrainerJob, TrainerReport } from '../../protocol/messages'

export interface Executor {
  /** E.g. 'local'. */
  readonly id: string
  /** Starts a task; whatever happens to it is told to the listener, and the end exactly once. */
  start(task: TrainerJob, listener: TaskListener): RunningTask
}

export interface RunningTask {
  /** Acts after the current step with a checkpoint, or goes back to the last one where a step takes long. */
  request(kind: 'pause' | 'stop'): void
  /** Ends the task at once; what came after its last checkpoint is lost. */
  kill(): void
}

export interface TaskListener {
  onReport(report: TrainerReport): void
  /** The task has said nothing for so long that it is worth a word. */
  onSilent(): void
  /** The task has ended and every report has been delivered. */
  onEnd(end: TaskEnd): void
}

export interface TaskEnd {
  /** The signal, or a scheduler's word for its reason; null where the task ended by itself. */
  readonly killedBy: string | null
  readonly exitCode: number | null
  /** The end of what it wrote to its error output. */
  readonly lastWords: string
}
