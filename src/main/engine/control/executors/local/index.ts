/**
 * Tasks as processes of this machine. They are nobody's children: they work on when this engine ends, however it ends,
 * and the next one takes them up.
 */
import { ownMachine } from '../../../../../shared/domain'
import { taskExit, type JournalPosition, type TaskReport } from '../../../protocol/taskFolder'
import type { Executor, RunningTask, StageTask, TaskListener } from '../executor'
import { followJournal, type FollowFrom, type Follower } from '../journal/follower'
import { clearRequest, writeRequest } from '../journal/requests'
import { watchTask } from '../journal/taskWatch'
import type { Watch } from '../journal/watch'
import { taskState } from './taskState'
import { createGpuSlots, type GpuSlots } from './gpuSlots'
import {
  adoptProcess,
  lastAttempt,
  lastWordsOf,
  outputBytes,
  spawnTrainer,
  type TaskProcess,
  type TrainerCommandLine,
} from './process'

export interface LocalExecutorOptions extends TrainerCommandLine {
  /** How many tasks at once; default 1: a training takes the machine whole. */
  slots?: () => number
  /** Names of GPUs, as CUDA_VISIBLE_DEVICES has them, of which each task gets one; default none: each sees all. */
  gpus?: () => readonly string[]
  /** What the runtime on this machine computes on; default the CPU. */
  device?: () => 'cpu' | 'gpu'
  /** Milliseconds between two looks at a journal. */
  interval?: number
}

export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  const { slots = () => 1, gpus = () => [], device = () => 'cpu', interval = 100 } = options
  const gpuSlots = createGpuSlots(gpus)
  return {
    id: ownMachine,
    slots,
    device,
    hasTask: (folder) => taskState(folder) !== 'none',
    start(task, listener) {
      clearRequest(task.folder)
      const after = lastAttempt(task.folder)
      const words = outputBytes(task.folder)
      const gpu = task.needs.device === 'cpu' ? undefined : gpuSlots.take(task.place)
      const process = spawnTrainer(options, task.folder, gpu)
      return new LocalTask({ task, listener, gpuSlots, process, words, from: { after }, interval })
    },
    attach(task, from: JournalPosition | null, listener) {
      const process = adoptProcess(task.folder)
      if (process?.gpu !== undefined) gpuSlots.hold(task.place, process.gpu)
      return new LocalTask({ task, listener, gpuSlots, process, words: 0, from, interval })
    },
  }
}

interface LocalTaskOptions {
  readonly task: StageTask
  readonly listener: TaskListener
  readonly gpuSlots: GpuSlots
  /** Null where it has ended before. */
  readonly process: TaskProcess | null
  /** Where its error output begins in the file. */
  readonly words: number
  readonly from: FollowFrom
  readonly interval: number
}

class LocalTask implements RunningTask {
  private readonly follower: Follower
  private readonly watch: Watch
  private left = false

  constructor(private readonly options: LocalTaskOptions) {
    const { task, listener, process, from, interval } = options
    this.follower = followJournal({
      folder: task.folder,
      from,
      interval,
      onReport: (report, at) => listener.onReport(report, at),
    })
    this.watch = watchTask(task.folder, this.follower, {
      onSilent: () => listener.onSilent(),
      onLost: () => this.kill(),
    })
    if (process) {
      const { gpu } = process
      queueMicrotask(() => listener.onWhere({ state: 'running', ...(gpu === undefined ? {} : { gpu }) }))
    }
    void this.waitForEnd()
  }

  request(kind: 'pause' | 'stop'): void {
    writeRequest(this.options.task.folder, kind)
  }

  kill(): void {
    this.options.process?.kill()
  }

  leave(): void {
    this.watch.stop()
    this.follower.stop()
    this.options.process?.leave()
    this.left = true
  }

  private async waitForEnd(): Promise<void> {
    const { task, listener, gpuSlots, process, words } = this.options
    const end = await process?.ended
    if (this.left) return
    this.watch.stop()
    await this.follower.finish()
    gpuSlots.free(task.place)
    if (this.left) return
    listener.onEnd({
      killedBy: end?.signal ?? null,
      exitCode: end ? end.code : exitCodeOf(this.follower.end),
      lastWords: end?.fault ?? lastWordsOf(task.folder, words),
    })
  }
}

/** Of a process that was not this engine's child: as its last line says. */
function exitCodeOf(end: Extract<TaskReport, { type: 'finished' | 'failed' }> | null): number | null {
  if (end === null) return null
  return end.type === 'failed' ? taskExit.failed : taskExit[end.outcome]
}
