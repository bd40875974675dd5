import { resolve } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../../src/main/cli/program'
import type { CallArgs } from '../../../src/shared/contract'
import { createFakeEngine, type FakeEngine } from '../../fakes/engine'

let engine: FakeEngine
let asked: CallArgs<'model.export'>[]
beforeEach(() => {
  engine = createFakeEngine({ finishedRuns: 1 })
  asked = []
})

async function abd(...line: string[]): Promise<{ code: number; results: string[]; told: string }> {
  const results: string[] = []
  const told: string[] = []
  const client = {
    ...engine,
    call: (name: 'model.export', args: CallArgs<'model.export'>) => {
      if (name === 'model.export') asked.push(args)
      return engine.call(name, args)
    },
  }
  const code = await runProgram(['export', ...line], {
    version: '0',
    serve: () => Promise.resolve(0),
    recognize: () => Promise.reject(new Error('not asked')),
    output: {
      result: (text) => results.push(text),
      tell: (text) => told.push(text),
      progress: () => undefined,
      endProgress: () => undefined,
    },
    connect: () => Promise.resolve({ client: client as never, dispose: () => Promise.resolve() }),
  })
  return { code, results, told: told.join('\n') }
}

describe('abd export', () => {
  it('means the last student, the format of the file’s extension and the caller’s folder', async () => {
    const { code, results } = await abd('latest', '--out', 'student.pth', '--json')
    const [run] = await engine.call('runs.list', {})
    expect(code).toBe(0)
    expect(asked).toEqual([
      { runId: run?.id, stageId: run?.stages.at(-1)?.id, format: 'torch', params: {}, path: resolve('student.pth') },
    ])
    expect(results.map((line) => JSON.parse(line) as unknown)).toEqual([
      { path: resolve('student.pth'), bytes: 2_800_000 },
    ])
  })

  it('takes stage and format as named', async () => {
    const { code, results } = await abd(
      'latest',
      '--stage',
      'teacher',
      '--format',
      'safetensors',
      '--out',
      '/tmp/teacher.bin',
    )
    expect(code).toBe(0)
    expect(asked[0]).toMatchObject({ stageId: 'teacher', format: 'safetensors', path: '/tmp/teacher.bin' })
    expect(results).toEqual([expect.stringContaining('/tmp/teacher.bin (safetensors, 2.8 MB)')])
  })

  it('takes parameters of the format as named', async () => {
    await abd('latest', '--out', 'x.pt', '--format-param', 'half=true', '--format-param', 'version=12')
    expect(asked[0]).toMatchObject({ format: 'torch', params: { half: true, version: 12 } })
  })

  it.each([
    [['latest', '--out', 'student.onnx'], 'The file’s name does not tell the format', 2],
    [['latest', '--out', 'x.pt', '--format', 'onnx'], '', 2],
    [['latest', '--out', 'x.pt', '--format-param', 'half'], 'A parameter has no value', 2],
    [['latest'], '', 2],
    [['nope', '--out', 'x.pt'], 'There is no run "nope"', 2],
    [['latest', '--stage', 'data', '--out', 'x.pt'], 'no weights', 1],
  ] as const)('%j: refused', async (line, sentence, wanted) => {
    const { code, told } = await abd(...line)
    expect(told).toContain(sentence)
    expect(code).toBe(wanted)
  })

  it('writes a run as a whole in a form of runs', async () => {
    const { code, results, told } = await abd('latest', '--format', 'tensorboard', '--out', '/tmp/logs')
    const [run] = await engine.call('runs.list', {})
    expect(code).toBe(0)
    expect(results).toEqual([`${run?.id}: /tmp/logs (TensorBoard)`])
    expect(told).toContain('Open it with: tensorboard --logdir FOLDER')
  })

  it('sends a run to a server', async () => {
    const { code, results } = await abd('latest', '--format', 'mlflow', '--to', 'http://127.0.0.1:5000', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(results[0] ?? '')).toMatchObject({ target: 'http://127.0.0.1:5000' })
  })

  it.each([
    [['latest', '--format', 'tensorboard'], '--out and a new or empty folder'],
    [['latest', '--format', 'mlflow'], '--to and its address'],
    [['latest', '--format', 'tensorboard', '--out', '/tmp/x', '--stage', 'teacher'], 'takes the run as a whole'],
  ] as const)('%j: refused with what a form of runs wants', async (line, sentence) => {
    const { code, told } = await abd(...line)
    expect(told).toContain(sentence)
    expect(code).toBe(2)
  })

  it('is refused with 2 where a file lies already', async () => {
    await abd('latest', '--out', 'x.pt')
    const { code, told } = await abd('latest', '--out', 'x.pt')
    expect(code).toBe(2)
    expect(told).toContain('a new file name')
  })
})
