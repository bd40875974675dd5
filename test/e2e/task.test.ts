/** The trainer's own process on tasks: what kills and pauses do to its numbers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJournal } from '../../src/main/engine/control/executors/journal/follower'
import { listCheckpoints } from '../../src/main/engine/protocol/checkpointFiles'
import { writeTaskFile } from '../../src/main/engine/protocol/taskFiles'
import { taskExit, taskFiles, type StageJob, type TaskReport } from '../../src/main/engine/protocol/taskFolder'
import type { ExperimentConfig } from '../../src/shared/domain'
import { tinyMethod } from '../contract/cases'
import { tinyExperiment } from '../contract/support'
import { isBuilt, notBuilt, outFolder, until } from './support/engine'

const steps = 300

describe.skipIf(!isBuilt)(isBuilt ? 'the trainer’s process' : notBuilt, () => {
  let root = ''
  let teacherWeights = ''
  const children: ChildProcess[] = []
  const config: ExperimentConfig = tinyExperiment({
    distillation: {
      architecture: { id: 'wrn', params: { depth: 10, width: 1 } },
      method: { id: 'zskt', params: { ...tinyMethod, pseudoBatches: steps } },
    },
    recording: { evaluateEvery: 100, imagesEvery: 25, imagesPerStep: 4, metricsEvery: 1, checkpointEvery: 1 },
  })

  function work(
    job: (folder: string) => StageJob,
    folder: string,
  ): { child: ChildProcess; code: Promise<number | null> } {
    mkdirSync(folder, { recursive: true })
    writeTaskFile(folder, taskFiles.task, { format: 1, job: job(folder) })
    const child = spawn(process.execPath, [join(outFolder, 'main', 'trainer.js'), '--task', folder], {
      stdio: 'ignore',
    })
    children.push(child)
    return { child, code: new Promise((resolve) => child.on('exit', (code) => resolve(code))) }
  }
  const studentJob =
    (pauseAt?: number) =>
    (folder: string): StageJob => ({
      kind: 'student',
      stageId: 'student-1',
      config,
      folders: { stage: folder, cache: join(root, 'cache') },
      resume: false,
      studentIndex: 0,
      teacherWeights,
      ...(pauseAt === undefined ? {} : { pauseAt }),
    })

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'abd-tasks-'))
    const folder = join(root, 'teacher')
    const teacher = (stage: string): StageJob => ({
      kind: 'teacher',
      stageId: 'teacher',
      config,
      folders: { stage, cache: join(root, 'cache') },
      resume: false,
    })
    expect(await work(teacher, folder).code).toBe(taskExit.done)
    teacherWeights = join(folder, 'weights.safetensors')
  })
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(root, { recursive: true, force: true })
  })

  /** What a control keeps that reads the journals from their beginning: later attempts replace what they do again. */
  async function keptOf(folder: string): Promise<{ losses: (readonly [number, number])[]; images: number[] }> {
    const losses = new Map<number, number>()
    const images = new Set<number>()
    const forget = (after: number): void => {
      for (const known of [losses, images]) for (const step of [...known.keys()]) if (step > after) known.delete(step)
    }
    let resumes = false
    const hear = (report: TaskReport): void => {
      if (report.type === 'attempt') resumes = report.resumes
      if (report.type === 'progress' && resumes) {
        forget(report.step)
        resumes = false
      }
      if (report.type === 'metrics')
        for (const { name, step, value } of report.points) if (name === 'studentLoss') losses.set(step, value)
      if (report.type === 'images') images.add(report.labels.step)
    }
    await readJournal({ folder, from: null, onReport: hear })
    return { losses: [...losses], images: [...images] }
  }

  it('killed, paused by a scheduler’s signal and at a rung, and each time taken up again, ends with the same bytes', async () => {
    const whole = join(root, 'whole')
    expect(await work(studentJob(), whole).code).toBe(taskExit.done)
    const parts = join(root, 'parts')
    const stepOf = (): number => listCheckpoints(parts)[0]?.step ?? 0

    const killed = work(studentJob(), parts)
    await until('a checkpoint', () => stepOf() > 0)
    killed.child.kill('SIGKILL')
    await killed.code
    const first = stepOf()
    // Nothing of the steps before a checkpoint is unknown, however suddenly the process ended.
    expect((await keptOf(parts)).losses.map(([step]) => step).slice(0, first)).toEqual(
      Array.from({ length: first }, (_, index) => index + 1),
    )

    const signalled = work(studentJob(), parts)
    await until('steps of the second attempt', () => stepOf() > first)
    signalled.child.kill('SIGUSR2')
    expect(await signalled.code).toBe(taskExit.paused)

    const rung = Math.min(steps - 1, stepOf() + 5)
    expect(await work(studentJob(rung), parts).code).toBe(taskExit.paused)
    expect(stepOf()).toBe(rung)

    expect(await work(studentJob(), parts).code).toBe(taskExit.done)
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'weights.safetensors'))
    expect(bytes(parts).equals(bytes(whole))).toBe(true)
    expect(await keptOf(parts)).toEqual(await keptOf(whole))
    const last = `images/${String(steps).padStart(9, '0')}.png`
    expect(readFileSync(join(parts, last)).equals(readFileSync(join(whole, last)))).toBe(true)
  })
})
