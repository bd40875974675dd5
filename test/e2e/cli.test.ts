import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { precisionFactor, type DeviceReport, type RunDetail, type StageArtifact } from '../../src/shared/domain'
import { readLock } from '../../src/main/transports/lockFile'
import { missingShared, requireShared, sharedPath } from '../fixtures/shared'
import { abd, isBuilt, newWorkspace, notBuilt, removeWorkspace, start, tinyFlags, until } from './support/engine'

const cifar = sharedPath('golden/cifar10-mini')
const withoutTeacher =
  missingShared('golden', 'teacher-badnet-grid', 'latest.pth') || missingShared('golden', 'cifar10-mini')

/** The poisoned teacher trained with PyTorch, and what PyTorch measured of it on the same images. */
interface PyTorchFigures {
  accuracy: number
  asr: number
  images: number
  non_target: number
}
const pyTorchFigures = (): PyTorchFigures =>
  (
    JSON.parse(readFileSync(requireShared('golden', 'teacher-badnet-grid', 'manifest.json'), 'utf8')) as {
      evaluation_cifar10_mini: PyTorchFigures
    }
  ).evaluation_cifar10_mini
const pyTorchTeacher = (): string => requireShared('golden', 'teacher-badnet-grid', 'latest.pth')

/** To a tenth of a point. */
function expectFigures(got: { accuracy: number; asr: number }, wanted: PyTorchFigures): void {
  expect(Math.abs(got.accuracy - wanted.accuracy)).toBeLessThanOrEqual(0.001)
  expect(Math.abs(got.asr - wanted.asr)).toBeLessThanOrEqual(0.001)
}

describe.skipIf(!isBuilt)(isBuilt ? 'the command line on the real engine' : notBuilt, () => {
  let workspace = ''
  beforeAll(() => {
    workspace = newWorkspace()
  })
  afterAll(() => removeWorkspace(workspace))

  it('trains a poisoned teacher and two students, and its JSON says how they did', async () => {
    const { code, stdout, stderr } = await abd(
      'run',
      '--workspace',
      workspace,
      '--seed',
      '0',
      '--name',
      'tiny',
      ...tinyFlags,
      '--method.pseudo-batches',
      '4',
      '--set',
      'recording.imagesEvery=2',
      '--json',
    )
    expect(stderr).toContain('Student 2: sv: done')
    expect(stderr).toMatch(/trigger: The trigger changes .* of the pixels/)
    expect(code).toBe(0)
    const result = JSON.parse(stdout) as {
      seconds: number
      teacher: { accuracy: number; asr: number }
      students: { method: string; defense: string; accuracy: number; asr: number; seconds: number }[]
    }
    expect(result.students.map(({ method, defense }) => [method, defense])).toEqual([
      ['zskt', 'none'],
      ['zskt', 'sv'],
    ])
    for (const value of [
      result.teacher.accuracy,
      result.teacher.asr,
      ...result.students.flatMap((student) => [student.accuracy, student.asr]),
    ]) {
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1)
    }
    const detail = JSON.parse((await abd('show', 'latest', '--workspace', workspace, '--json')).stdout) as RunDetail & {
      artifacts: StageArtifact[]
    }
    expect(detail.device?.tensorflow).toMatch(/^\d+\.\d+/)
    expect(existsSync(detail.stages[1]?.weights ?? '')).toBe(true)
    const found = (stageId: string, analysis: string): StageArtifact | undefined =>
      detail.artifacts.find((entry) => entry.stageId === stageId && entry.analysis === analysis)
    expect(found('student-2', 'suspects')).toMatchObject({
      step: 4,
      line: expect.stringMatching(/^AUC \d.*, 1 ensemble, untested$/),
      artifact: {
        acceptedRatio: null,
        trials: [{ trial: 1, verdict: 'untested', clean: { images: 100 }, triggered: { images: 90 } }],
        last: { step: 4 },
      },
    })
    const { images } = found('teacher', 'classes')?.artifact as { images: number[] }
    expect(images.reduce((sum, count) => sum + count, 0)).toBe(100)
    expect(existsSync(join(workspace, detail.stages[2]?.place ?? '', 'images', '000000002.png'))).toBe(true)
  })

  it('evaluates the teacher it trained to the same figures', async () => {
    const detail = JSON.parse((await abd('show', 'latest', '--workspace', workspace, '--json')).stdout) as RunDetail
    const teacher = detail.stages[1]
    const { code, stdout } = await abd(
      'evaluate',
      '--workspace',
      workspace,
      '--model',
      teacher?.weights ?? '',
      '--data',
      'signs',
      '--data-param',
      'trainImages=300',
      '--data-param',
      'testImages=100',
      '--attack',
      'badnet_grid',
      '--target',
      '0',
      '--json',
    )
    expect(code).toBe(0)
    const { accuracy, asr, asrAll, robustAccuracy } = teacher?.evaluation ?? {}
    expect(JSON.parse(stdout)).toMatchObject({ accuracy, asr, asrAll, robustAccuracy, images: 100, nonTarget: 90 })
  })

  it('stops at Ctrl+C with a checkpoint and resumes to the end', async () => {
    const program = start('cli', [
      'run',
      '--workspace',
      workspace,
      '--name',
      'interrupted',
      ...tinyFlags,
      '--defense',
      'none',
      '--method.pseudo-batches',
      '220',
      '--precision',
      'mixed',
    ])
    await until('the student', () => program.stderr().includes('Teacher: done'))
    const id = /Run (\S+):/.exec(program.stderr())?.[1] ?? ''
    // No other student of this workspace comes as far.
    await until('a kept image', () =>
      readdirSync(join(workspace, 'stages')).some((key) =>
        existsSync(join(workspace, 'stages', key, 'images', '000000020.png')),
      ),
    )
    program.child.kill('SIGINT')
    expect(await program.ended).toBe(130)
    const stopped = JSON.parse((await abd('show', id, '--workspace', workspace, '--json')).stdout) as RunDetail
    expect(stopped.state).toBe('stopped')
    expect(stopped.stages[2]?.step).toBeGreaterThan(19)
    expect(stopped.stages[2]?.step).toBeLessThan(220)
    const resumed = await abd('resume', id, '--workspace', workspace)
    expect(resumed.code).toBe(0)
    const finished = JSON.parse((await abd('show', id, '--workspace', workspace, '--json')).stdout) as RunDetail
    expect([finished.state, finished.stages[2]?.step]).toEqual(['done', 220])
    // What it was begun in it goes on in, and is told of as.
    expect(finished.stages.map(({ precision }) => precision)).toEqual([undefined, 'mixed', 'mixed'])
    expect((await abd('show', id, '--workspace', workspace)).stdout).toContain('precision: mixed (bfloat16)')
  })

  it('keeps TensorFlow out of control', async () => {
    const program = start('cli', [
      'run',
      '--workspace',
      workspace,
      ...tinyFlags,
      '--defense',
      'none',
      '--method.pseudo-batches',
      '30',
    ])
    await until('the student', () => program.stderr().includes('Teacher: done'))
    const maps = readFileSync(`/proc/${readLock(workspace)?.pid ?? 0}/maps`, 'utf8')
    expect(maps).toContain('libsql')
    expect(maps).not.toMatch(/libtensorflow|tfjs_binding/)
    expect(await program.ended).toBe(0)
  })

  it('doctor names the device that really ran an op', async () => {
    const { code, stdout } = await abd('doctor', '--workspace', workspace, '--json')
    expect(code).toBe(0)
    const { device } = JSON.parse(stdout) as { device: DeviceReport }
    expect(device.title).not.toBe('')
    expect(['cpu', 'gpu']).toContain(device.kind)
    expect(precisionFactor(device.precisionSpeed, 'mixed')).toBeGreaterThan(0)
  })

  it('refuses data of no known layout with 2', async () => {
    const { code, stderr } = await abd('run', '--workspace', workspace, '--data', workspace)
    expect(code).toBe(2)
    expect(stderr).toContain('layout')
  })

  it.skipIf(cifar === null)('runs on a small real CIFAR-10, recognised by its files', async () => {
    const flags = tinyFlags.slice(4)
    const { code, stdout, stderr } = await abd(
      'run',
      '--workspace',
      workspace,
      '--data',
      cifar ?? '',
      ...flags,
      '--defense',
      'none',
      '--method.pseudo-batches',
      '2',
      '--json',
    )
    expect(stderr).not.toContain('because')
    expect(code).toBe(0)
    const detail = JSON.parse((await abd('show', 'latest', '--workspace', workspace, '--json')).stdout) as RunDetail
    expect(detail.data).toBe('cifar10')
    expect(detail.stages[0]?.imageCounts).toEqual({ train: 8000, test: 2000 })
    expect(detail.stages[1]?.otherSettings).toContainEqual(expect.stringContaining('Epochs'))
    expect((JSON.parse(stdout) as { teacher: { accuracy: number } }).teacher.accuracy).toBeGreaterThan(0)
  })

  it.skipIf(withoutTeacher)('evaluates a teacher of PyTorch to the figures that PyTorch measured', async () => {
    const { code, stdout } = await abd(
      'evaluate',
      '--workspace',
      workspace,
      '--model',
      pyTorchTeacher(),
      '--data',
      requireShared('golden', 'cifar10-mini'),
      '--attack',
      'badnet_grid',
      '--target',
      '0',
      '--json',
    )
    expect(code).toBe(0)
    const result = JSON.parse(stdout) as { accuracy: number; asr: number; images: number; nonTarget: number }
    const wanted = pyTorchFigures()
    expectFigures(result, wanted)
    expect([result.images, result.nonTarget]).toEqual([wanted.images, wanted.non_target])
    // On pixels of 0 to 1 PyTorch measures 28.25 %.
    const unit = await abd(
      'evaluate',
      '--workspace',
      workspace,
      '--model',
      pyTorchTeacher(),
      '--data',
      requireShared('golden', 'cifar10-mini'),
      '--attack',
      'badnet_grid',
      '--target',
      '0',
      '--normalization',
      'unit',
      '--json',
    )
    expect((JSON.parse(unit.stdout) as { accuracy: number }).accuracy).toBeCloseTo(0.2825, 2)
  })

  it.skipIf(withoutTeacher)(
    'distils from a teacher of PyTorch that is brought as a file, with the same figures',
    async () => {
      const { code, stdout, stderr } = await abd(
        'run',
        '--workspace',
        workspace,
        '--data',
        requireShared('golden', 'cifar10-mini'),
        '--attack',
        'badnet_grid',
        '--target',
        '0',
        '--set',
        'teacher.source=file',
        '--set',
        `teacher.file=${pyTorchTeacher()}`,
        '--student.depth',
        '10',
        '--student.width',
        '1',
        '--method.pseudo-batches',
        '2',
        '--method.batch-size',
        '16',
        '--method.generator-width',
        '16',
        '--set',
        'recording.imagesPerStep=16',
        '--defense',
        'none',
        '--json',
      )
      expect(stderr).not.toContain('because')
      expect(code).toBe(0)
      const { teacher, students } = JSON.parse(stdout) as {
        teacher: { accuracy: number; asr: number }
        students: { accuracy: number }[]
      }
      expectFigures(teacher, pyTorchFigures())
      expect(students).toEqual([expect.objectContaining({ defense: 'none', accuracy: expect.any(Number) as number })])
    },
  )
})
