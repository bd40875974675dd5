/** Slurm's programs as functions: what is asked, and what an answer or a refusal means. */
import { spawn } from 'node:child_process'
import { UserError } from '../../../../../shared/errors'
import { submissionEnvironment } from './environment'
import { parseConfiguration, parseJob, parsePartition, type ClusterLimits, type PartitionFacts } from './facts'
import { parseQueue, queueFormat, type QueueRow } from './queue'

export type SlurmProgram = 'sbatch' | 'squeue' | 'scontrol' | 'scancel'

export interface ProgramAnswer {
  /** null where it was ended by a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** @throws an error with `code: 'ENOENT'` where the program is missing, `code: 'ETIMEDOUT'` where it does not answer */
export type RunProgram = (program: SlurmProgram, parameters: readonly string[]) => Promise<ProgramAnswer>

/**
 * missing: not installed here. unreachable: the controller does not answer now; asking again may help. full: the queue
 * takes no more now. refused: asking again would be refused again.
 */
export type RefusalKind = 'missing' | 'unreachable' | 'full' | 'refused'

export class SlurmRefusal extends UserError {
  readonly kind: RefusalKind

  constructor(kind: RefusalKind, message: string, details: { got: string; action: string }) {
    super(message, details)
    this.kind = kind
  }
}

export interface SlurmCommands {
  /** @returns the array's or job's number */
  submit(script: string, parameters?: readonly string[]): Promise<string>
  /** What sbatch says of this script without queueing it. */
  test(script: string): Promise<string>
  /** All jobs of this user that Slurm still knows. */
  queue(): Promise<QueueRow[]>
  /** Jobs that have ended meanwhile are passed over. */
  cancel(jobs: readonly string[]): Promise<void>
  /** A requeued job waits two minutes unless it is told otherwise. */
  beginNow(job: string): Promise<void>
  /** How many tasks of an array run at once; 0: all. */
  throttle(array: string, limit: number): Promise<void>
  limits(): Promise<ClusterLimits>
  partition(name: string): Promise<PartitionFacts | null>
  /** How a job ended, while Slurm knows it; null afterwards. */
  exitOf(job: string): Promise<{ code: number; signal: number } | null>
  version(): Promise<string>
}

/** Arguments stay far below the kernel's limit for a command line. */
const jobsOfACall = 500

export function createSlurmCommands(run: RunProgram = runProgram): SlurmCommands {
  const ask = async (program: SlurmProgram, parameters: readonly string[]): Promise<ProgramAnswer> => {
    const answer = await run(program, parameters).catch((error: unknown) => {
      throw notAnswered(program, error)
    })
    if (answer.code !== 0) throw refusalOf(program, answer)
    return answer
  }
  return {
    async submit(script, parameters = []) {
      const { stdout } = await ask('sbatch', ['--parsable', ...parameters, script])
      const job = /^(\d+)/m.exec(stdout)?.[1]
      if (job === undefined)
        throw new SlurmRefusal('refused', 'sbatch did not say the job’s number.', {
          got: stdout.trim() || 'nothing',
          action: 'Send the script by hand to see what the cluster says.',
        })
      return job
    },
    async test(script) {
      const { stdout, stderr } = await ask('sbatch', ['--test-only', script])
      return `${stdout}${stderr}`.trim()
    },
    async queue() {
      const user = String(process.getuid?.() ?? process.env.USER)
      const { stdout } = await ask('squeue', ['--noheader', '--array', '--states=all', `--user=${user}`, queueFormat])
      return parseQueue(stdout)
    },
    cancel: (jobs) => cancelJobs(run, jobs),
    beginNow: async (job) => void (await ask('scontrol', ['update', `jobid=${job}`, 'starttime=now'])),
    async throttle(array, limit) {
      try {
        await ask('scontrol', ['update', `jobid=${array}`, `arraytaskthrottle=${limit}`])
      } catch (error) {
        // Refused for tasks of the array that have ended, while it is done for the others.
        if (!(error instanceof SlurmRefusal) || error.kind !== 'refused') throw error
      }
    },
    limits: async () => parseConfiguration((await ask('scontrol', ['show', 'config'])).stdout),
    async partition(name) {
      const { stdout } = await ask('scontrol', ['--oneliner', 'show', 'partition', ...(name ? [name] : [])])
      return parsePartition(stdout, name)
    },
    async exitOf(job) {
      try {
        return parseJob((await ask('scontrol', ['--oneliner', 'show', 'job', job])).stdout)
      } catch (error) {
        if (error instanceof SlurmRefusal && error.kind === 'refused') return null
        throw error
      }
    },
    version: async () => (await ask('sbatch', ['--version'])).stdout.trim(),
  }
}

/**
 * One that has ended makes scancel fail after it has cancelled the others. Never with --state=PENDING: of an array of
 * which none has begun, that cancels all where one task is named (22.05).
 */
async function cancelJobs(run: RunProgram, jobs: readonly string[]): Promise<void> {
  for (let first = 0; first < jobs.length; first += jobsOfACall) {
    const answer = await run('scancel', jobs.slice(first, first + jobsOfACall)).catch((error: unknown) => {
      throw notAnswered('scancel', error)
    })
    if (answer.code !== 0 && kindOf(answer.stderr) === 'unreachable') throw refusalOf('scancel', answer)
  }
}

const unreachable =
  /unable to contact slurm|socket timed out|connection (refused|timed out)|zero bytes were transmitted|resource temporarily unavailable|invalid protocol|authentication credential|munge encode failed/i
const full =
  /submit limit|max\w*submit|maxjobcount|temporarily unable to accept|job submission limit|MaxSubmit|grpsubmit/i

function kindOf(words: string): RefusalKind {
  if (full.test(words)) return 'full'
  return unreachable.test(words) ? 'unreachable' : 'refused'
}

const lastLines = (text: string, count: number): string => text.trim().split('\n').slice(-count).join('; ')

function refusalOf(program: SlurmProgram, { code, stdout, stderr }: ProgramAnswer): SlurmRefusal {
  const kind = kindOf(stderr)
  const got = lastLines(stderr || stdout, 3) || `exit code ${code ?? 'unknown'}`
  switch (kind) {
    case 'full':
      return new SlurmRefusal(kind, 'The cluster’s queue takes no more jobs of this account now.', {
        got,
        action: 'The rest waits here and follows; set the limit of tasks in the cluster’s queue to know it beforehand.',
      })
    case 'unreachable':
      return new SlurmRefusal(kind, 'Slurm does not answer.', {
        got,
        action: 'Nothing is lost: jobs go on, and it is asked again. Look at "sinfo" where it stays so.',
      })
    case 'missing':
    case 'refused':
      return new SlurmRefusal(kind, `${program} refused.`, {
        got,
        action: 'See the executor’s settings and "abd doctor --executor slurm".',
      })
  }
}

function notAnswered(program: SlurmProgram, error: unknown): SlurmRefusal {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT')
    return new SlurmRefusal('missing', 'Slurm’s programs are not on this machine.', {
      got: `no ${program} in the search path`,
      action: 'Start ABD Workbench on the cluster’s login node, with the Slurm module loaded where there is one.',
    })
  return new SlurmRefusal('unreachable', 'Slurm does not answer.', {
    got: `${program}: ${error instanceof Error ? error.message : String(error)}`,
    action: 'Nothing is lost: jobs go on, and it is asked again.',
  })
}

const patience = 60_000
/** Of 10,000 jobs, several times over. */
const mostOutput = 64 * 1024 * 1024

export const runProgram: RunProgram = (program, parameters) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      env: submissionEnvironment(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patience,
      killSignal: 'SIGKILL',
    })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (texts[name].length < mostOutput) texts[name] += text
      })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL')
        reject(Object.assign(new Error(`no answer in ${patience / 1000} s`), { code: 'ETIMEDOUT' }))
      else resolve({ code, ...texts })
    })
  })
