/** Slurm's programs without Slurm: jobs in memory, of which a test says what becomes of them. */
import { readFileSync } from 'node:fs'
import type {
  ProgramAnswer,
  RunProgram,
  SlurmProgram,
} from '../../../../../src/main/engine/control/executors/slurm/commands'

export interface FakeJob {
  state: string
  reason: string
  node: string
  readonly comment: string
  readonly dependency: string
}

export interface FakeSlurm {
  readonly run: RunProgram
  /** By name: "1_0". */
  readonly jobs: Map<string, FakeJob>
  /** Scripts in the order they were sent. */
  readonly scripts: string[]
  /** Every call: program and parameters. */
  readonly calls: string[]
  /** What a program answers instead, until it is deleted; throws where it is an Error. */
  readonly instead: Map<SlurmProgram, ProgramAnswer | Error>
  maxArraySize: number
  /** Jobs that its queue takes. */
  queueSize: number
  set(job: string, change: Partial<FakeJob>): void
  forget(job: string): void
  /** The option of a sent script, without "#SBATCH --name=". */
  option(script: number, name: string): string | undefined
}

const answer = (stdout: string): ProgramAnswer => ({ code: 0, stdout, stderr: '' })

const fullWords = `sbatch: error: QOSMaxSubmitJobPerUserLimit
sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)`

export function createFakeSlurm(): FakeSlurm {
  const jobs = new Map<string, FakeJob>()
  const scripts: string[] = []
  const calls: string[] = []
  const instead = new Map<SlurmProgram, ProgramAnswer | Error>()
  const optionOf = (script: string, name: string): string | undefined =>
    new RegExp(`^#SBATCH --${name}=(.*)$`, 'm').exec(script)?.[1]

  function submit(file: string, queueSize: number): ProgramAnswer {
    const script = readFileSync(file, 'utf8')
    const size = Number(/^0-(\d+)/.exec(optionOf(script, 'array') ?? '')?.[1] ?? 0) + 1
    const inQueue = [...jobs.values()].filter(({ state }) => state === 'PENDING' || state === 'RUNNING').length
    if (inQueue + size > queueSize) return { code: 1, stdout: '', stderr: fullWords }
    scripts.push(script)
    const id = String(scripts.length)
    const count = /^0-(\d+)/.exec(optionOf(script, 'array') ?? '')?.[1]
    const dependency = optionOf(script, 'dependency') ?? ''
    const job = { state: 'PENDING', node: '', comment: optionOf(script, 'comment') ?? '', dependency }
    const names = count === undefined ? [id] : Array.from({ length: Number(count) + 1 }, (_, index) => `${id}_${index}`)
    for (const name of names) jobs.set(name, { ...job, reason: dependency ? 'Dependency' : 'Priority' })
    return answer(`${id}\n`)
  }

  function cancel(parameters: readonly string[]): ProgramAnswer {
    for (const name of parameters) {
      const job = jobs.get(name)
      if (job) job.state = 'CANCELLED'
    }
    return answer('')
  }

  function scontrol(parameters: readonly string[], slurm: FakeSlurm): ProgramAnswer {
    if (parameters.includes('config'))
      return answer(`MaxArraySize            = ${slurm.maxArraySize}\nSLURM_VERSION           = 22.05.8\n`)
    if (parameters.includes('job')) return answer(`JobId=5 JobState=FAILED ExitCode=0:9 RunTime=00:00:00\n`)
    return answer('')
  }

  const slurm: FakeSlurm = {
    jobs,
    scripts,
    calls,
    instead,
    maxArraySize: 1001,
    queueSize: Infinity,
    run(program, parameters) {
      calls.push([program, ...parameters].join(' '))
      const given = instead.get(program)
      if (given instanceof Error) return Promise.reject(given)
      if (given) return Promise.resolve(given)
      switch (program) {
        case 'sbatch':
          return Promise.resolve(submit(parameters.at(-1) ?? '', slurm.queueSize))
        case 'squeue':
          return Promise.resolve(
            answer(
              [...jobs]
                .map(([name, job]) => `${[name, job.state, job.node, job.reason, job.comment].join('|')}\n`)
                .join(''),
            ),
          )
        case 'scancel':
          return Promise.resolve(cancel(parameters))
        case 'scontrol':
          return Promise.resolve(scontrol(parameters, slurm))
      }
    },
    set(name, change) {
      const job = jobs.get(name)
      if (!job) throw new Error(`The fake Slurm has no job ${name}; it has ${[...jobs.keys()].join(', ')}.`)
      Object.assign(job, change)
    },
    forget: (name) => void jobs.delete(name),
    option: (script, name) => optionOf(scripts[script] ?? '', name),
  }
  return slurm
}
