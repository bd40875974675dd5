/** The process of a short job: reports over its channel until it ends. */
import { fork } from 'node:child_process'
import type { ShortJob, TrainerCommand, TrainerReport } from '../../protocol/messages'
import { trainerEnvironment } from './trainerEnvironment'

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
export type TrainerLauncher = (job: ShortJob, listener: TrainerListener) => TrainerHandle

const keptWords = 4000

export interface ForkOptions {
  /** Path of the trainer's built entry. */
  script: string
  execPath?: string
  env?: NodeJS.ProcessEnv
}

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
      env: trainerEnvironment(env),
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
