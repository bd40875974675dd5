/** The executor on a real cluster of two nodes, with the fake trainer: limits, dependencies, everything that dies. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import type { ExperimentConfig } from '../../src/shared/domain'
import { fakeMembers } from '../fakes/catalogue'
import { bundle } from '../fixtures/bundle'
import {
  attemptOf,
  createLab,
  gapsIn,
  linesOf,
  stepsOf,
  type FollowedTask,
  type Lab,
  type LabOptions,
} from './support/lab'
import { describeOnCluster } from './support/onCluster'
import { startCluster } from './support/cluster.mjs'

const stepMilliseconds = 50
const config = (steps: number): ExperimentConfig =>
  resolveExperiment(
    {
      distillation: { method: { params: { pseudoBatches: steps } } },
      teacher: { training: { epochs: Math.ceil(steps / 5) } },
      recording: { imagesEvery: 1000 },
    },
    fakeMembers,
  ).config

const until = (test: () => void, timeout = 60_000): Promise<void> => vi.waitFor(test, { timeout, interval: 50 })
const attemptsAt = ({ folder }: FollowedTask): number => new Set(linesOf(folder).map(({ attempt }) => attempt)).size
const running = (task: FollowedTask): Promise<void> =>
  until(() => expect(stepsOf(task.folder).at(-1) ?? 0).toBeGreaterThan(1))
/** As Slurm calls it; until it was asked, the task tells the machine's name. */
const nodeOf = async ({ wheres }: FollowedTask): Promise<string> => {
  await until(() => expect(wheres.at(-1)?.node).toMatch(/^n[12]$/))
  return wheres.at(-1)?.node ?? ''
}
const doneBy = { killedBy: null, exitCode: 0, lastWords: '' }

describeOnCluster('the Slurm executor on two nodes', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>
  let trainer = ''
  const labs: Lab[] = []
  const newLab = (settings: LabOptions['settings'] = {}): Lab => {
    const lab = createLab({ trainer, config, settings })
    labs.push(lab)
    return lab
  }

  /** Runs beside the other tests: Slurm looks at time limits twice a minute. */
  let limited: FollowedTask

  beforeAll(async () => {
    trainer = await bundle('test/fakes/trainer.ts')
    cluster = await startCluster({ folder: mkdtempSync(join(tmpdir(), 'abd-cluster-')) })
    vi.stubEnv('SLURM_CONF', cluster.configuration)
    vi.stubEnv('ABD_FAKE_STEP_MS', String(stepMilliseconds))
    // As inside a job of somebody's: nothing of it may reach ours.
    vi.stubEnv('SBATCH_PARTITION', 'nowhere')
    vi.stubEnv('SLURM_JOB_ID', '1')
    // Slurm's shortest limit is a minute; the warning comes five to thirty-five seconds after the start.
    limited = newLab({ timeLimit: 1, signalLead: 25 }).student('stages/limited', { steps: 800 })
  })
  afterAll(async () => {
    await cluster.stop()
    for (const lab of labs) rmSync(lab.workspace, { recursive: true, force: true })
    rmSync(cluster.folder, { recursive: true, force: true })
  })

  it('trains a teacher, then three students, two at a time', async () => {
    const lab = newLab({ concurrency: 2 })
    const teacher = lab.teacher('stages/t')
    // Long beside what a node takes to start a process: one that starts late must still find the other at work.
    const students = ['a', 'b', 'c'].map((name) => lab.student(`stages/${name}`, { after: ['stages/t'], steps: 120 }))
    expect(await Promise.all([teacher, ...students].map(({ ended }) => ended))).toEqual([
      doneBy,
      doneBy,
      doneBy,
      doneBy,
    ])
    const spans = students.map(({ folder }) => {
      const times = linesOf(folder).map(({ time }) => time)
      return [times[0] ?? 0, times.at(-1) ?? 0] as const
    })
    const teacherEnded = linesOf(teacher.folder).at(-1)?.time ?? Infinity
    for (const [began] of spans) expect(began).toBeGreaterThanOrEqual(teacherEnded)
    const atOnce = spans.map(([began]) => spans.filter(([start, end]) => start <= began && began < end).length)
    expect(Math.max(...atOnce)).toBe(2)
    expect(students[2]?.wheres.map(({ reason }) => reason)).toContain('Dependency')
    expect(students[0]?.wheres.at(-1)).toMatchObject({ state: 'running', job: expect.stringMatching(/^\d+_0$/) })
    expect(lab.notices).toEqual([])
  })

  it('tells the students of a teacher that cannot be trained why they never begin', async () => {
    const lab = newLab()
    const teacher = lab.teacher('stages/t', { steps: 2000 })
    const [student, other] = ['a', 'b'].map((name) => lab.student(`stages/${name}`, { after: ['stages/t'] })) as [
      FollowedTask,
      FollowedTask,
    ]
    await running(teacher)
    // Of an array of which none has begun, one alone.
    other.request('stop')
    expect(await other.ended).toEqual({ ...doneBy, exitCode: 130 })
    expect(cluster.run('squeue', '-h', '-r', '-t', 'PD', '-o', '%j')).toContain('stages-a')
    teacher.kill()
    expect((await teacher.ended).killedBy).toMatch(/^CANCELLED/)
    expect(await student.ended).toMatchObject({
      killedBy: 'DependencyNeverSatisfied',
      lastWords: expect.stringContaining('stages/t'),
    })
  })

  it('sends no more than the queue may hold, and the rest as it empties', async () => {
    const lab = newLab({ submitLimit: 2, arraySize: 1 })
    const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => lab.student(`stages/${name}`))
    await until(() => expect(tasks[4]?.wheres.at(-1)?.reason).toBe('limit of 2 tasks in the queue'))
    const ownJobs = (): string[] =>
      cluster.run('squeue', '-h', '-r', '-t', 'PD,R', '-o', '%j').match(/^stages-[a-e]$/gm) ?? []
    let most = 0
    const count = setInterval(() => {
      most = Math.max(most, ownJobs().length)
    }, 200)
    expect(await Promise.all(tasks.map(({ ended }) => ended))).toEqual(tasks.map(() => doneBy))
    clearInterval(count)
    expect(most).toBeLessThanOrEqual(2)
  })

  it('says what killed a task, and goes on from its checkpoint when it is started again', async () => {
    const lab = newLab()
    const task = lab.student('stages/a', { steps: 60 })
    await until(() => expect(stepsOf(task.folder).at(-1) ?? 0).toBeGreaterThan(15))
    process.kill(attemptOf(task.folder)?.pid ?? 0, 'SIGKILL')
    expect(await task.ended).toMatchObject({ killedBy: expect.stringContaining('signal 9'), exitCode: null })
    const again = lab.student('stages/a', { steps: 60 })
    expect(await again.ended).toEqual(doneBy)
    expect(again.reports.find((report) => report.type === 'attempt')).toMatchObject({ resumes: true })
    expect(gapsIn(stepsOf(task.folder).slice(1))).toEqual([])
  })

  it('takes one cell out and leaves the others alone; pauses a running one with a checkpoint', async () => {
    const lab = newLab({ concurrency: 2 })
    const tasks = ['a', 'b', 'c'].map((name) => lab.student(`stages/${name}`, { steps: 60 }))
    const [first, second, third] = tasks as [FollowedTask, FollowedTask, FollowedTask]
    await Promise.all([running(first), running(second)])
    third.request('stop')
    expect(await third.ended).toEqual({ ...doneBy, exitCode: 130 })
    first.request('pause')
    expect(await first.ended).toEqual({ ...doneBy, exitCode: 75 })
    expect(await second.ended).toEqual(doneBy)
    expect(attemptOf(third.folder)).toBeNull()
    const again = lab.student('stages/a', { steps: 60 })
    expect(await again.ended).toEqual(doneBy)
    expect(stepsOf(first.folder).at(-1)).toBe(60)
  })

  it('finds its jobs again after it was closed: running, waiting, and ended meanwhile', async () => {
    const lab = newLab({ concurrency: 1 })
    const tasks = ['a', 'b', 'c'].map((name) => lab.student(`stages/${name}`, { steps: 40 }))
    const [first] = tasks as [FollowedTask]
    await running(first)
    for (const task of tasks) task.leave()
    await until(() => expect(linesOf(first.folder).at(-1)?.report.type).toBe('finished'))
    const { attach } = lab.again()
    const taken = tasks.map((task) => attach(task))
    expect(await Promise.all(taken.map(({ ended }) => ended))).toEqual([doneBy, doneBy, doneBy])
    for (const { reports } of taken)
      expect(reports.filter((report) => report.type === 'progress').map(({ step }) => step)).toEqual(
        Array.from({ length: 41 }, (_, step) => step),
      )
    // Nothing was sent twice.
    expect(taken.map(attemptsAt)).toEqual([1, 1, 1])
  })

  it('goes on after its time limit without a skipped step', async () => {
    expect(await limited.ended).toEqual(doneBy)
    const outcomes = linesOf(limited.folder).flatMap(({ report }) =>
      report.type === 'finished' ? [report.outcome] : [],
    )
    expect(outcomes[0]).toBe('paused')
    expect(outcomes.at(-1)).toBe('done')
    expect(attemptsAt(limited)).toBe(outcomes.length)
    expect(gapsIn(stepsOf(limited.folder).slice(1))).toEqual([])
  })

  it('goes on after its node was lost, on the other one', async () => {
    const lost = newLab().student('stages/lost', { steps: 300 })
    await running(lost)
    const node = await nodeOf(lost)
    cluster.killNode(node)
    await until(() => expect(attemptsAt(lost)).toBe(2))
    expect(await nodeOf(lost)).not.toBe(node)
    expect(lost.wheres.map(({ state }) => state)).toContain('waiting')
    expect(await lost.ended).toEqual(doneBy)
    expect(gapsIn(stepsOf(lost.folder).slice(1))).toEqual([])
  })
})
