/**
 * What others ask of a process that works on a task: by signals (a scheduler's, or a person's) and by request.json, the
 * one way that reaches every node.
 * SIGUSR1 is Node's own: it opens the debugger.
 */
import { readTaskFile } from '../../protocol/taskFiles'
import { taskFiles, type RequestFile } from '../../protocol/taskFolder'

export interface Requests {
  current(): 'go' | 'pause' | 'stop'
  /** Whether a time limit is near: the task wants to go on by itself. */
  readonly outOfTime: boolean
  /** Looks whether control has asked. */
  look(): void
}

/** @param tell says why, where a signal asks */
export function listenForRequests(folder: string, attempt: string, tell: (why: string) => void): Requests {
  let current: 'go' | 'pause' | 'stop' = 'go'
  const ask = (kind: 'pause' | 'stop', why?: string): void => {
    if (current === 'stop' || current === kind) return
    current = kind
    if (why !== undefined) tell(why)
  }
  let outOfTime = false
  process.on('SIGUSR2', () => {
    outOfTime = true
    ask('pause', 'The time limit is near.')
  })
  process.on('SIGTERM', () => ask('pause', 'Asked to end (SIGTERM).'))
  process.on('SIGINT', () => ask('stop', 'Interrupted (SIGINT).'))
  // Slurm sends it before SIGTERM.
  process.on('SIGCONT', () => undefined)
  return {
    current: () => current,
    get outOfTime() {
      return outOfTime
    },
    look() {
      const request = readTaskFile<RequestFile>(folder, taskFiles.request)
      if (request && (request.attempt === null || attempt <= request.attempt)) ask(request.kind)
    },
  }
}
