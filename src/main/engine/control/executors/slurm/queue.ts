/**
 * squeue's answer. A format of our own and not --json: that changed its shape in 22.05, 23.02 and 23.11, and builds
 * without libjson lack it.
 */

/** Texts that may hold anything come last. */
export const queueFormat = '--format=%i|%T|%N|%r|%k'

export interface QueueRow {
  /** "17_3", or "17" for a job that is no array. */
  readonly job: string
  /** E.g. PENDING, RUNNING, COMPLETING, FAILED. */
  readonly state: string
  /** Empty while it waits. */
  readonly node: string
  /** Slurm's own word, e.g. Priority; empty where there is none. */
  readonly reason: string
  readonly comment: string
}

const nothing = new Set(['', '(null)', 'None', '(None)', 'N/A'])
const meant = (text: string): string => (nothing.has(text.trim()) ? '' : text.trim())

export function parseQueue(text: string): QueueRow[] {
  return text.split('\n').flatMap((line) => {
    const [job, state, node, reason, ...comment] = line.split('|')
    if (job === undefined || state === undefined || node === undefined || reason === undefined) return []
    return [
      {
        job: job.trim(),
        state: state.trim(),
        node: meant(node),
        reason: meant(reason),
        comment: meant(comment.join('|')),
      },
    ]
  })
}

const ended = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'LAUNCH_FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'REVOKED',
  'TIMEOUT',
])
const computing = new Set(['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT'])

/** A state that is not known here is one in which the job still lives: Slurm's list grows. */
export function phaseOf({ state }: QueueRow): 'waiting' | 'running' | 'ended' {
  if (ended.has(state)) return 'ended'
  return computing.has(state) ? 'running' : 'waiting'
}

/** The array of "17_3"; null for a job that is none. */
export const arrayOf = (job: string): string | null => /^(\d+)_\d+$/.exec(job)?.[1] ?? null
