import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { placeInRun, type RunStore } from '../../../src/main/engine/control/store'
import { cutSettings } from '../../../src/main/engine/families/runExporters/mlflow/values'
import { startFakeMlflow, type FakeMlflow } from '../../fakes/mlflow'
import { beganAt, finishedRun } from '../../fixtures/finishedRun'
import { temporaryFolder } from '../importers/craft/files'
import { exported } from './support'

const base = temporaryFolder()
let store: RunStore
let server: FakeMlflow
beforeAll(async () => {
  store = await finishedRun(join(base, 'workspace'), { steps: 300, imagesEvery: 100 })
  store.metrics.append(placeInRun('r', 'teacher'), [
    { name: 'gradientNorm', step: 1, value: NaN },
    { name: 'gradientNorm', step: 2, value: Infinity },
  ])
})
beforeEach(async () => {
  server = await startFakeMlflow()
})
afterEach(() => server.close())

const send = (params: Record<string, unknown> = {}, target = server.address, signal?: AbortSignal) =>
  exported(store, { format: 'mlflow', target, params }, signal)

describe('export to MLflow', () => {
  it('makes a run with a nested one for each model, with settings, curves and figures', async () => {
    const { result, told } = await send()
    expect(result).toMatchObject({ where: `${server.address}/#/experiments/1/runs/run0`, remarks: [] })
    expect([...server.experiments]).toEqual([['abd-workbench', '1']])
    const [whole, ...models] = [...server.runs.values()]
    expect([whole?.name, whole?.status, whole?.tags['abd.run']]).toEqual([store.runs.peek('r').name, 'FINISHED', 'r'])
    expect(models.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'Teacher FINISHED',
      'No defense FINISHED',
      'Shuffling Vaccine FINISHED',
    ])
    const [teacher, , defended] = models
    expect(defended?.tags).toMatchObject({ 'mlflow.parentRunId': 'run0', 'abd.stage': 'student-2' })
    expect(defended?.params).toMatchObject({ defense: 'sv', 'poisoning.ratio': '0.1' })
    const recorded = await store.metrics.read(placeInRun('r', 'student-2'))
    const points = Object.values(recorded).reduce((sum, { steps }) => sum + steps.length, 0)
    expect(defended?.metrics).toHaveLength(points)
    expect(defended?.metrics.find(({ key, step }) => key === 'accuracy' && step === 10)).toEqual({
      key: 'accuracy',
      step: 10,
      value: recorded.accuracy?.values[0],
      timestamp: beganAt + (2 * 300 + 10) * 1000,
    })
    expect(teacher?.metrics.filter(({ key }) => key.endsWith('gradientNorm')).map(({ value }) => value)).toEqual([
      NaN,
      Infinity,
    ])
    expect([...(defended?.files.keys() ?? [])]).toEqual([
      'figures/classes/confusion.png',
      'figures/classes/triggered.png',
      'figures/suspects/precision-recall.png',
      'images/student-2-shuffling-vaccine-step-300.png',
    ])
    expect(told.map(({ fraction }) => fraction)).toEqual(
      [...told.map(({ fraction }) => fraction)].sort((a, b) => a - b),
    )
  })

  it('goes into an experiment that is there, and asks again while the server is busy', async () => {
    server.experiments.set('mine', '7')
    server.failures.push({ status: 503, body: 'busy' })
    const { result } = await send({ experiment: 'mine' })
    expect(result.where).toContain('/experiments/7/')
    expect(server.calls.filter((path) => path.includes('get-by-name'))).toHaveLength(2)
  })

  it('says where files went that the server does not take', async () => {
    server.artifactRoot = 's3://bucket'
    const { result } = await send()
    expect(result.remarks).toHaveLength(3 + 1)
    expect(result.remarks[0]).toContain('s3://bucket')
  })

  it('sends user and password, or a token, and never shows them', async () => {
    server.authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`
    const { result } = await send({}, server.address.replace('//', '//me:secret@'))
    expect(result.where).not.toContain('secret')
    server.authorization = 'Bearer t0ken'
    await send({ token: 't0ken' })
  })

  it.each([
    [
      'a wrong log-in',
      () => void (server.authorization = 'Bearer other'),
      'refuses the log-in',
      'You are not authenticated',
    ],
    ['another site', () => void server.failures.push({ status: 404, body: '<html>' }), 'no MLflow server', '404'],
    [
      'a refusal',
      () => void server.failures.push({ status: 400, body: '{"message":"no"}' }),
      'refuses experiments',
      '400',
    ],
  ])('%s: refused in a sentence', async (_, prepare, message, got) => {
    prepare()
    await expect(send()).rejects.toMatchObject({
      message: expect.stringContaining(message) as string,
      got: expect.stringContaining(got) as string,
    })
  })

  it('says that nothing answers', async () => {
    const { address } = server
    await server.close()
    await expect(send({}, address)).rejects.toMatchObject({
      message: 'The MLflow server cannot be reached.',
      where: address,
    })
    server = await startFakeMlflow()
  })

  it('can be cancelled while the server does not answer, and tells the server', async () => {
    const controller = new AbortController()
    server.silentOn = 'log-batch'
    const sending = send({}, server.address, controller.signal)
    const waits = setInterval(() => server.calls.some((path) => path.includes('log-batch')) && controller.abort(), 20)
    await expect(sending).rejects.toThrow()
    clearInterval(waits)
    expect([...server.runs.values()].map(({ status }) => status)).toEqual(['KILLED', 'KILLED'])
  })

  it.each(['ftp://x', 'nonsense'])('%s is no address', async (target) => {
    await expect(send({}, target)).rejects.toMatchObject({ name: 'RefusedInputError', got: target })
  })
})

describe('values for MLflow', () => {
  it('are cut with a word, and named with letters that it takes', () => {
    const { settings, cut } = cutSettings({ 'a(b)': 'x'.repeat(7000), c: 1 })
    expect(settings.map(({ key, value }) => [key, value.length, value.slice(-5)])).toEqual([
      ['a_b_', 6000, '(cut)'],
      ['c', 1, '1'],
    ])
    expect(cut).toEqual(['a(b)'])
  })
})
