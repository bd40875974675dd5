/** Which process of this machine a pid means: pids are given out again. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { AttemptFile } from './taskFolder'

interface ProcessStatus {
  /** R, S, D, Z … */
  readonly state: string
  readonly start: string
}

function statusOf(pid: number): ProcessStatus | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold anything; after it come the fields from the third on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state, start] = [fields[0], fields[19]]
    return state === undefined || start === undefined ? null : { state, start }
  } catch {
    return null
  }
}

/** When a process began, as the kernel counts; null where there is none, or no /proc. */
export const processStart = (pid: number): string | null => statusOf(pid)?.start ?? null

const isGone = (state: string): boolean => state === 'Z' || state === 'X'

/** Whether the process of an attempt lives; false where it belongs to another machine, of which nothing is known. */
export function attemptLives({ host, pid, processStart: start }: AttemptFile): boolean {
  if (host !== hostname()) return false
  const status = statusOf(pid)
  return status !== null && !isGone(status.state) && (start === null || status.start === start)
}
