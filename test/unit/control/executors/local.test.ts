/** Tasks as processes of this machine, with a trainer that trains nothing. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type {
  RunningTask,
  StageTask,
  TaskEnd,
  TaskListener,
} from '../../../../src/main/engine/control/executors/executor'
import { createLocalExecutor } from '../../../../src/main/engine/control/executors/local'
import { taskState } from '../../../../src/main/engine/control/executors/local/taskState'
import { listCheckpoints } from '../../../../src/main/engine/protocol/checkpointFiles'
import { journalFile, listAttempts, readTaskFile, writeTaskFile } from '../../../../src/main/engine/protocol/taskFiles'
import {
  taskExit,
  taskFiles,
  type AttemptFile,
  type JournalPosition,
  type StageJob,
  type TaskReport,
} from '../../../../src/main/engine/protocol/taskFolder'
import { bundle } from '../../../fixtures/bundle'
import { removeFolder } from '../../../fixtures/removeFolder'
import { fakeCatalogue } from '../../../fakes/catalogue'

let script = ''
beforeAll(async () => {
  script = await bundle('test/fakes/trainer.ts')
})

let folder = ''
const running: RunningTask[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-local-'))
})
afterEach(async () => {
  for (const task of running.splice(0)) task.kill()
  await removeFolder(folder)
})

const taskOf = (change: Partial<StageTask> = {}): StageTask => ({
  place: 'stages/x',
  folder,
  title: 'a student',
  needs: { threads: 1, device: 'auto' },
  after: [],
  ...change,
})

function writeTask(steps: number, change: Partial<Extract<StageJob, { kind: 'student' }>> = {}): void {
  const { distillation } = fakeCatalogue.defaults
  const method = { ...distillation.method, params: { ...distillation.method.params, pseudoBatches: steps } }
  const recording = { ...fakeCatalogue.defaults.recording, imagesEvery: 10, evaluateEvery: 10, imagesPerStep: 4 }
  const config = { ...fakeCatalogue.defaults, distillation: { ...distillation, method }, recording }
  const folders = { stage: folder, cache: folder }
  const job: StageJob = {
    kind: 'student',
    stageId: 'student-1',
    config,
    folders,
    resume: false,
    studentIndex: 0,
    teacherWeights: '',
    ...change,
  }
  writeTaskFile(folder, taskFiles.task, { format: 1, job })
}

interface Heard extends TaskListener {
  readonly reports: TaskReport[]
  readonly ends: TaskEnd[]
  readonly where: unknown[]
  at: JournalPosition | null
  steps(): number[]
}
function listen(): Heard {
  const heard: Heard = {
    reports: [],
    ends: [],
    where: [],
    at: null,
    steps: () =>
      heard.reports
        .flatMap((report) => (report.type === 'metrics' ? report.points : []))
        .filter(({ name }) => name === 'studentLoss')
        .map(({ step }) => step),
    onReport(report, at) {
      heard.reports.push(report)
      heard.at = at
    },
    onWhere: (where) => heard.where.push(where),
    onSilent: () => undefined,
    onEnd: (end) => heard.ends.push(end),
  }
  return heard
}
const executorOf = (env: NodeJS.ProcessEnv = {}, more: { gpus?: () => readonly string[] } = {}) =>
  createLocalExecutor({ script, interval: 20, env: { ...process.env, ...env }, ...more })
function start(heard: Heard, env: NodeJS.ProcessEnv = {}): RunningTask {
  const task = executorOf(env).start(taskOf(), heard)
  running.push(task)
  return task
}
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 10 })
const untilEnd = async (heard: Heard): Promise<TaskEnd> => {
  await until(() => expect(heard.ends).toHaveLength(1))
  return heard.ends[0] as TaskEnd
}
const countTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)
const attempt = (): AttemptFile => {
  const found = readTaskFile<AttemptFile>(folder, taskFiles.attempt)
  if (!found) throw new Error('Nobody works here.')
  return found
}

describe('a task on this machine', () => {
  it('is worked at by a process of its own, whose every report is heard before its end', async () => {
    writeTask(20)
    expect(taskState(folder)).toBe('none')
    const heard = listen()
    start(heard, { SLURM_JOB_ID: '7' })
    expect(await untilEnd(heard)).toEqual({ killedBy: null, exitCode: taskExit.done, lastWords: '' })
    expect(heard.reports[0]).toMatchObject({ type: 'attempt', resumes: false, job: null })
    expect(heard.reports.at(-1)).toMatchObject({ type: 'finished', outcome: 'done' })
    expect(heard.steps()).toEqual(countTo(20))
    expect(heard.where).toEqual([{ state: 'running' }])
    expect(taskState(folder)).toBe('ended')
    const pictures = heard.reports.flatMap((report) => (report.type === 'images' ? [report] : []))
    expect(pictures.map(({ grid, labels }) => [grid.file, labels.step])).toEqual([
      ['images/000000010.png', 10],
      ['images/000000020.png', 20],
    ])
    for (const { grid } of pictures) expect(readFileSync(join(folder, grid.file))).toHaveLength(grid.bytes)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it.each([
    ['pause', taskExit.paused, 'paused'],
    ['stop', taskExit.stopped, 'stopped'],
  ] as const)('heeds a %s, and the next attempt goes on', async (kind, exitCode, outcome) => {
    writeTask(5000)
    const heard = listen()
    const task = start(heard)
    await until(() => expect(heard.steps().length).toBeGreaterThan(5))
    task.request(kind)
    expect(await untilEnd(heard)).toMatchObject({ killedBy: null, exitCode })
    const end = heard.reports.at(-1)
    expect(end).toMatchObject({ type: 'finished', outcome })
    const at = end?.type === 'finished' ? end.step : 0
    writeTask(at + 10)
    const again = listen()
    start(again)
    expect(await untilEnd(again)).toMatchObject({ exitCode: taskExit.done })
    // What was asked of the earlier attempt is not asked of this one, and what that one said is not heard again.
    expect(again.reports[0]).toMatchObject({ type: 'attempt', resumes: true })
    expect(again.steps()).toEqual(countTo(at + 10).slice(at))
  })

  it('that is killed says by what, that fails says why, that cannot begin says its last words', async () => {
    writeTask(5000)
    const killed = listen()
    const task = start(killed)
    await until(() => expect(killed.steps().length).toBeGreaterThan(5))
    task.kill()
    expect(await untilEnd(killed)).toMatchObject({ killedBy: 'SIGKILL', exitCode: null })
    const failed = listen()
    start(failed, { ABD_FAKE_FAIL: 'The student is lazy.' })
    expect(await untilEnd(failed)).toMatchObject({ exitCode: taskExit.failed })
    expect(failed.reports.at(-1)).toMatchObject({ type: 'failed', causes: [{ message: 'The student is lazy.' }] })
    writeFileSync(join(folder, taskFiles.task), '{}')
    const lost = listen()
    start(lost)
    expect((await untilEnd(lost)).lastWords).toContain('This folder holds no task.')
    const nowhere = listen()
    createLocalExecutor({ script, execPath: '/nowhere/node' }).start(taskOf(), nowhere)
    expect((await untilEnd(nowhere)).lastWords).toContain('ENOENT')
  })

  it('gets a GPU of its own where GPUs are named', async () => {
    writeTask(5000)
    const [first, second, third] = [listen(), listen(), listen()]
    const executor = executorOf({}, { gpus: () => ['3', '5'] })
    running.push(executor.start(taskOf({ place: 'a' }), first))
    await until(() => expect(first.where).toEqual([{ state: 'running', gpu: '3' }]))
    await until(() => expect(taskState(folder)).toBe('alive'))
    const environment = readFileSync(`/proc/${attempt().pid}/environ`, 'utf8').split('\0')
    expect(environment).toContain('CUDA_VISIBLE_DEVICES=3')
    // A control that takes it up knows which one is taken.
    const next = executorOf({}, { gpus: () => ['3', '5'] })
    running.push(next.attach(taskOf({ place: 'a' }), null, second))
    await until(() => expect(second.where).toEqual([{ state: 'running', gpu: '3' }]))
    const other = mkdtempSync(join(tmpdir(), 'abd-local-'))
    writeFileSync(join(other, taskFiles.task), '{}')
    next.start(taskOf({ place: 'b', folder: other }), third)
    await until(() => expect(third.where).toEqual([{ state: 'running', gpu: '5' }]))
    await untilEnd(third)
    await removeFolder(other)
  })
})

describe('a task that nobody follows', () => {
  it('runs on, and whoever takes it up hears the rest, without gap or double', async () => {
    writeTask(150)
    const first = listen()
    const left = start(first, { ABD_FAKE_STEP_MS: '10' })
    await until(() => expect(first.steps().length).toBeGreaterThan(10))
    left.leave()
    const { at } = first
    const heardBefore = first.reports.length
    const kept = first.steps()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(first.reports).toHaveLength(heardBefore)
    expect(taskState(folder)).toBe('alive')
    const second = listen()
    running.push(executorOf().attach(taskOf(), at, second))
    expect(await untilEnd(second)).toEqual({ killedBy: null, exitCode: taskExit.done, lastWords: '' })
    expect([...kept, ...second.steps()]).toEqual(countTo(150))
    expect(first.ends).toEqual([])
    // Ended before it was taken up: all is told, then the end.
    const third = listen()
    executorOf().attach(taskOf(), at, third)
    expect(await untilEnd(third)).toMatchObject({ exitCode: taskExit.done })
    expect(third.reports).toEqual(second.reports)
  })

  it('can be asked and killed by whoever takes it up', async () => {
    writeTask(5000)
    start(listen()).leave()
    await until(() => expect(taskState(folder)).toBe('alive'))
    const heard = listen()
    const task = executorOf().attach(taskOf(), null, heard)
    task.request('pause')
    expect(await untilEnd(heard)).toMatchObject({ exitCode: taskExit.paused })
    start(listen()).leave()
    await until(() => expect(taskState(folder)).toBe('alive'))
    const again = listen()
    const second = executorOf().attach(taskOf(), heard.at, again)
    await until(() => expect(again.reports.length).toBeGreaterThan(0))
    second.kill()
    expect(await untilEnd(again)).toMatchObject({ exitCode: null })
    expect(taskState(folder)).toBe('ended')
  })

  it('survives its control, also where that is killed with its whole group', async () => {
    writeTask(100)
    const entry = await bundle('test/fixtures/leavesTask.ts')
    const control = spawn(process.execPath, [entry, script, folder], {
      env: { ...process.env, ABD_FAKE_STEP_MS: '10' },
      stdio: 'ignore',
      detached: true,
    })
    await until(() => expect(listAttempts(folder)).toHaveLength(1))
    await until(() => expect(readFileSync(journalFile(folder, attempt().attempt), 'utf8')).toContain('metrics'))
    process.kill(-(control.pid ?? 0), 'SIGKILL')
    expect(taskState(folder)).toBe('alive')
    const heard = listen()
    executorOf().attach(taskOf(), null, heard)
    expect(await untilEnd(heard)).toMatchObject({ exitCode: taskExit.done })
    expect(heard.steps()).toEqual(countTo(100))
  })
})

describe('the fence', () => {
  const processes: ChildProcess[] = []
  afterEach(() => {
    for (const child of processes.splice(0)) child.kill('SIGKILL')
  })
  const work = (): { child: ChildProcess; code: Promise<number | null> } => {
    const child = spawn(process.execPath, [script, '--task', folder], { stdio: 'ignore' })
    processes.push(child)
    return { child, code: new Promise((resolve) => child.on('exit', (code) => resolve(code))) }
  }
  const untilWorks = (attempts: number) =>
    until(() => {
      expect(listAttempts(folder)).toHaveLength(attempts)
      expect(readFileSync(journalFile(folder, attempt().attempt), 'utf8')).toContain('metrics')
    })

  it('a process whose task another has taken ends within two seconds and writes nothing more', async () => {
    writeTask(100_000)
    const first = work()
    await untilWorks(1)
    const [name] = listAttempts(folder)
    const second = work()
    await untilWorks(2)
    const taken = Date.now()
    expect(await first.code).toBe(taskExit.stopped)
    expect(Date.now() - taken).toBeLessThan(2000)
    const journal = readFileSync(journalFile(folder, name ?? ''), 'utf8')
    expect(journal.endsWith('\n')).toBe(true)
    expect(journal).not.toContain('finished')
    expect(second.child.exitCode).toBeNull()
    expect(attempt().pid).toBe(second.child.pid)
  })

  it('one that was stopped meanwhile writes nothing when it comes back, a checkpoint least of all', async () => {
    writeTask(100_000)
    const first = work()
    await untilWorks(1)
    const [name] = listAttempts(folder)
    first.child.kill('SIGSTOP')
    work()
    await untilWorks(2)
    const journal = readFileSync(journalFile(folder, name ?? ''), 'utf8')
    first.child.kill('SIGCONT')
    expect(await first.code).toBe(taskExit.stopped)
    // What it was in the middle of: a few lines before it looks. Control has read on with the newer attempt by then.
    const after = readFileSync(journalFile(folder, name ?? ''), 'utf8').slice(journal.length)
    expect(after).not.toContain('"checkpoint"')
    expect(after).not.toContain('finished')
  })

  it.each([
    ['SIGUSR2', taskExit.paused],
    ['SIGTERM', taskExit.paused],
    ['SIGINT', taskExit.stopped],
  ] as const)('%s ends it with a checkpoint and exit code %i', async (signal, wanted) => {
    writeTask(100_000)
    const { child, code } = work()
    await untilWorks(1)
    child.kill('SIGCONT')
    child.kill(signal)
    expect(await code).toBe(wanted)
    const step = listCheckpoints(folder)[0]?.step
    const lines = readFileSync(journalFile(folder, attempt().attempt), 'utf8').trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ report: { type: 'finished', step } })
  })

  it('ends where its folder is gone', async () => {
    writeTask(100_000)
    const { code } = work()
    await untilWorks(1)
    await removeFolder(folder)
    expect(await code).not.toBe(taskExit.done)
  })

  it('sorts a later attempt behind an earlier one whose clock was ahead', async () => {
    writeTask(10)
    const ahead = `${String(Date.now() + 1e9).padStart(15, '0')}-aaaaaa`
    writeTaskFile(folder, taskFiles.attempt, {
      attempt: ahead,
      host: 'elsewhere',
      pid: 1,
      processStart: null,
      job: null,
    })
    expect(await work().code).toBe(taskExit.done)
    expect(attempt().attempt > ahead).toBe(true)
    expect(existsSync(journalFile(folder, attempt().attempt))).toBe(true)
  })
})

it('a journal that finds no room ends the task as failed, and no line of it is a part', async () => {
  // What no file may exceed stands for a full disk.
  writeTask(100_000)
  const limited = `ulimit -f 40; exec ${process.execPath} ${script} --task ${folder}`
  let code = 0
  try {
    execFileSync('bash', ['-c', limited], { stdio: 'pipe' })
  } catch (error) {
    code = (error as { status: number }).status
  }
  expect(code).toBe(taskExit.failed)
  const lines = readFileSync(journalFile(folder, attempt().attempt), 'utf8').split('\n')
  expect(lines.at(-1)).toBe('')
  for (const line of lines.slice(0, -1)) expect(() => JSON.parse(line) as unknown).not.toThrow()
})
