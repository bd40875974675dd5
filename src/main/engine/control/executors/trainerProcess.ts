/** The trainer child as control sees it: one job, reports until it ends, and a watch on whether it still answers. */
import { fork } from 'node:child_process'
import type { TrainerCommand, TrainerJob, TrainerReport } from '../../protocol/messages'

export interface TrainerHandle {
  readonly pid: number | undefined
  send(command: TrainerCommand): void
  kill(): void
}

export interface TrainerListener {
  onReport(report: TrainerReport): void
  /** The process has ended and every report has been delivered. `lastWords`: the end of what it wrote to stderr. */
  onExit(code: number | null, signal: NodeJS.Signals | null, lastWords: string): void
}

/** Starts a trainer and hands it its job. */
export type TrainerLauncher = (job: TrainerJob, listener: TrainerListener) => TrainerHandle

const keptWords = 4000

export interface ForkOptions {
  /** Path of the trainer's built entry. */
  script: string
  execPath?: string
  env?: NodeJS.ProcessEnv
}

/**
 * glibc gives tensors of more than 32 MB back to the kernel after each op and pays for fresh pages at the next; kept
 * and in huge pages they are
 * reused. glibc reads this when a process starts, so the trainer cannot set it for itself. What the user has set stays.
 */
export const allocator =
  'glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=100000000000:glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1'

/** A launcher that forks Node; arrays cross as binary (structured clone). */
export function forkingLauncher({
  script,
  execPath = process.execPath,
  env = process.env,
}: ForkOptions): TrainerLauncher {
  return (job, listener) => {
    const child = fork(script, [], {
      execPath,
      execArgv: [],
      env: { GLIBC_TUNABLES: allocator, ...env },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let words = ''
    let exit: { code: number | null; signal: NodeJS.Signals | null } | null = null
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-keptWords)
    })
    child.on('message', (report) => listener.onReport(report as TrainerReport))
    child.on('error', (error) => {
      words = (words + error.message).slice(-keptWords)
    })
    child.on('exit', (code, signal) => {
      exit = { code, signal }
    })
    // 'close' follows 'exit' when the channels are drained, so that the last report is never overtaken.
    child.on('close', (code, signal) => listener.onExit(exit?.code ?? code, exit?.signal ?? signal, words))
    const send = (command: TrainerCommand): void => {
      if (child.connected) child.send(command, () => undefined)
    }
    send({ type: 'start', job })
    return {
      pid: child.pid,
      send,
      kill: () => {
        child.kill('SIGKILL')
      },
    }
  }
}

export interface Watch {
  pong(): void
  stop(): void
}

export interface WatchOptions {
  interval: number
  /** Milliseconds without an answer until `onSilent`, and until `onLost`. A step may take long: be generous. */
  silentAfter: number
  lostAfter: number
  onSilent(): void
  onLost(): void
}

export const trainerWatch = { interval: 5000, silentAfter: 120_000, lostAfter: 900_000 }

/**
 * Pings a trainer; a native kernel that never returns shows as pings without an answer. Time in which this process
 * slept (suspend, Ctrl+Z) counts for nothing.
 */
export function watchTrainer(send: (command: TrainerCommand) => void, options: WatchOptions): Watch {
  let missed = 0
  let told = false
  const timer = setInterval(() => {
    const silence = missed * options.interval
    missed += 1
    send({ type: 'ping', time: Date.now() })
    if (silence > options.lostAfter) options.onLost()
    else if (silence > options.silentAfter && !told) {
      told = true
      options.onSilent()
    }
  }, options.interval)
  timer.unref()
  return {
    pong() {
      missed = 0
      told = false
    },
    stop: () => clearInterval(timer),
  }
}
