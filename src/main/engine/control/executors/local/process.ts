/** The processes that work on tasks here: started by this engine, or found working. */
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { attemptLives } from '../../../protocol/processes'
import { listAttempts, readTaskFile, taskFileMode } from '../../../protocol/taskFiles'
import { taskFiles, type AttemptFile } from '../../../protocol/taskFolder'
import { trainerEnvironment } from '../trainerEnvironment'

export interface TrainerCommandLine {
  /** Path of the trainer's built entry. */
  script: string
  execPath?: string
  env?: NodeJS.ProcessEnv
}

export interface TaskProcess {
  /** What CUDA_VISIBLE_DEVICES says in it. */
  readonly gpu?: string | undefined
  /** How it ended; null where it was not this engine's child: nobody can tell. */
  readonly ended: Promise<{ code: number | null; signal: string | null; fault?: string } | null>
  kill(): void
  /** Waits for it no more. */
  leave(): void
}

/** Its own session, so that a Ctrl+C in the engine's terminal does not reach it. */
export function spawnTrainer(
  { script, execPath = process.execPath, env = process.env }: TrainerCommandLine,
  folder: string,
  gpu?: string,
): TaskProcess {
  const output = openSync(join(folder, taskFiles.output), 'a', taskFileMode)
  try {
    const child = spawn(execPath, [script, '--task', folder], {
      detached: true,
      env: { ...trainerEnvironment(env), ...(gpu === undefined ? {} : { CUDA_VISIBLE_DEVICES: gpu }) },
      stdio: ['ignore', 'ignore', output],
    })
    child.unref()
    const ended = new Promise<Awaited<TaskProcess['ended']>>((resolve) => {
      child.on('error', (error) => resolve({ code: null, signal: null, fault: error.message }))
      child.on('exit', (code, signal) => resolve({ code, signal }))
    })
    return { gpu, ended, kill: () => void child.kill('SIGKILL'), leave: () => undefined }
  } finally {
    closeSync(output)
  }
}

/** Milliseconds between two looks whether a process lives that is not our child. */
const lookInterval = 250

/** The process that works on a task, where there is one. */
export function adoptProcess(folder: string): TaskProcess | null {
  const attempt = readTaskFile<AttemptFile>(folder, taskFiles.attempt)
  if (attempt === null || !attemptLives(attempt)) return null
  let timer: NodeJS.Timeout | undefined
  const ended = new Promise<null>((resolve) => {
    timer = setInterval(() => {
      // Another attempt may have taken over meanwhile: that one is looked at then.
      const now = readTaskFile<AttemptFile>(folder, taskFiles.attempt) ?? attempt
      if (attemptLives(now)) return
      clearInterval(timer)
      resolve(null)
    }, lookInterval)
  })
  return {
    gpu: environmentOf(attempt.pid).CUDA_VISIBLE_DEVICES,
    ended,
    kill() {
      if (attemptLives(attempt)) process.kill(attempt.pid, 'SIGKILL')
    },
    leave: () => clearInterval(timer),
  }
}

function environmentOf(pid: number): Record<string, string | undefined> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]))
  } catch {
    return {}
  }
}

/** Sorts before every attempt where there was none. */
export const lastAttempt = (folder: string): string => listAttempts(folder).at(-1) ?? ''

/** How much a task has written to its error output so far. */
export const outputBytes = (folder: string): number =>
  statSync(join(folder, taskFiles.output), { throwIfNoEntry: false })?.size ?? 0

const keptWords = 4000

/** The end of what a task wrote to its error output since `from`. */
export function lastWordsOf(folder: string, from: number): string {
  try {
    const file = openSync(join(folder, taskFiles.output), 'r')
    try {
      const { size } = fstatSync(file)
      const start = Math.max(from, size - keptWords)
      const bytes = Buffer.alloc(Math.max(0, size - start))
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, start))
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}
