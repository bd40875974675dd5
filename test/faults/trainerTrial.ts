/** One trial of a task's process: a fault at a call, then the task is taken up without it; what is wrong after that. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readJournal } from '../../src/main/engine/control/executors/journal/follower'
import { listCheckpoints } from '../../src/main/engine/protocol/checkpointFiles'
import { writeTaskFile } from '../../src/main/engine/protocol/taskFiles'
import {
  taskExit,
  taskFiles,
  type StageJob,
  type TaskFile,
  type TaskReport,
} from '../../src/main/engine/protocol/taskFolder'
import type { ErrorCause } from '../../src/shared/errors'
import { fakeCatalogue } from '../fakes/catalogue'
import { scriptOf } from './scripts'
import { faultEnvironment, readCount, readHits, type Hit } from './environment'
import type { TrialPlan } from './controlTrial'
import { foreignCauses, foreignIn } from './words'

const processName = 'smallTrainer'

export interface TrainerTrial {
  readonly hit: Hit | null
  readonly count: number
  readonly problems: readonly string[]
  readonly result: TaskResult
}

/** What a task comes to: the bytes of its model, and what a control keeps that reads its journals. */
export interface TaskResult {
  readonly weights: string | null
  readonly losses: readonly (readonly [step: number, value: number])[]
  readonly images: readonly number[]
}

/** @param reference what a task without a fault comes to */
export async function tryTrainer(plan: TrialPlan, reference: TaskResult | null): Promise<TrainerTrial> {
  const root = mkdtempSync(join(tmpdir(), 'abd-task-trial-'))
  const folder = join(root, 'task')
  const report = join(root, 'report')
  mkdirSync(folder)
  const job: StageJob = {
    kind: 'student',
    stageId: 'student-1',
    config: { ...fakeCatalogue.defaults, students: [{ seed: 0, defenses: [] }] } as never,
    folders: { stage: folder, cache: root },
    resume: false,
    studentIndex: 0,
    teacherWeights: '',
  } as StageJob
  writeTaskFile(folder, taskFiles.task, { format: 1, job } satisfies TaskFile)
  try {
    const env = await faultEnvironment({ below: [folder], process: processName, report, ...plan })
    const first = await run(folder, env)
    const problems = [...(await wrongAfter(folder, first, plan)), ...first.foreign]
    const second = first.code === taskExit.done ? first : await run(folder, {})
    if (second.code !== taskExit.done)
      problems.push(`taken up again it ends with ${String(second.code)}: ${second.words}`)
    const result = await resultOf(folder)
    if (reference && !isDeepStrictEqual(result, reference))
      problems.push(`comes to something else: ${JSON.stringify(result).slice(0, 300)}`)
    const left = temporaryFiles(folder)
    if (left.length > 0) problems.push(`left behind: ${left.join(', ')}`)
    return { hit: readHits(report)[0] ?? null, count: readCount(report, processName), problems, result }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly words: string
  /** Sentences on its error output and in its journal that are none of ours. */
  readonly foreign: string[]
}

async function run(folder: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(process.execPath, [await scriptOf('smallTrainer'), '--task', folder], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGABRT',
  })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text
  })
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  )
  const { reports } = await journalOf(folder)
  const causes: ErrorCause[] = reports.flatMap((report) => (report.type === 'failed' ? report.causes : []))
  const said = reports.flatMap((report) => (report.type === 'warning' || report.type === 'log' ? [report.message] : []))
  return {
    code,
    signal,
    words,
    foreign: [...foreignCauses(causes), ...said.filter((text) => foreignIn(text) !== null)].map(
      (text) => `told: ${text}`,
    ),
  }
}

/** What may not be, right after the fault. */
async function wrongAfter(folder: string, { code, signal, words }: Ended, { fault }: TrialPlan): Promise<string[]> {
  const problems: string[] = []
  const { reports, lastStep } = await journalOf(folder)
  const last = reports.at(-1)
  if (signal !== null && !(fault === 'kill' && signal === 'SIGKILL')) problems.push(`it was ended by ${signal}`)
  if (code === taskExit.done && (last?.type !== 'finished' || last.outcome !== 'done'))
    problems.push('it ends as done, and its journal does not say so')
  if (code === taskExit.failed && last?.type !== 'failed' && words.trim() === '')
    problems.push('it fails without a word')
  if (code !== null && code !== taskExit.done && code !== taskExit.failed)
    problems.push(`it ends with ${code}: ${words}`)
  const newest = listCheckpoints(folder)[0]?.step ?? 0
  if (newest > lastStep)
    problems.push(`a checkpoint of step ${newest} is ahead of its journal, which ends at ${lastStep}`)
  return problems
}

async function journalOf(folder: string): Promise<{ reports: TaskReport[]; lastStep: number }> {
  const reports: TaskReport[] = []
  await readJournal({ folder, from: null, onReport: (report) => void reports.push(report) }).catch(() => undefined)
  const steps = reports.flatMap((report) => (report.type === 'metrics' ? report.points.map(({ step }) => step) : []))
  return { reports, lastStep: Math.max(0, ...steps) }
}

/** As a control keeps it: later attempts replace what they do again. */
async function resultOf(folder: string): Promise<TaskResult> {
  const losses = new Map<number, number>()
  const images = new Set<number>()
  let resumes = false
  for (const report of (await journalOf(folder)).reports) {
    if (report.type === 'attempt') resumes = report.resumes
    if (report.type === 'progress' && resumes) {
      for (const known of [losses, images])
        for (const step of [...known.keys()]) if (step > report.step) known.delete(step)
      resumes = false
    }
    if (report.type === 'metrics')
      for (const { name, step, value } of report.points) if (name === 'loss') losses.set(step, value)
    if (report.type === 'images') images.add(report.labels.step)
  }
  const weights = join(folder, 'weights.safetensors')
  return {
    weights: existsSync(weights) ? readFileSync(weights).toString('hex') : null,
    losses: [...losses],
    images: [...images].filter((step) => existsSync(join(folder, 'images', `${String(step).padStart(9, '0')}.png`))),
  }
}

const temporaryFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /(^|\/)\..*\.tmp$/.test(name))
