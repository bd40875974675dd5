/** Analyses that a study asks of its cells: when, of what, how often, and what is told of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StudyService } from '../../../../src/main/engine/control/studies/service'
import type { StudyAnalyses } from '../../../../src/main/engine/control/studies/types'
import { newlyAsked, type AskedAnalysis, type CellAnalysis, type StudyAnalysis } from '../../../../src/shared/domain'
import { RefusedInputError } from '../../../../src/shared/errors'
import { createFakeStudies, createMemoryStudies } from '../../../fakes/studies'
import { createFakeRuns, type FakeRuns } from './runs'
import { listed, members, study } from './support'

const perImage: StudyAnalysis = { id: 'form-imageNumbers', params: {} }
const ofTeacher: StudyAnalysis = { id: 'form-panels', params: {}, of: 'teacher' }
const studyAsking = (analyses: readonly StudyAnalysis[]) =>
  study([members('attack', ['blend']), listed('distillation.method.params.pseudoBatches', [10, 20])], { analyses })

let runs: FakeRuns
let store: ReturnType<typeof createMemoryStudies>
let service: StudyService
let asked: Map<string, AskedAnalysis>
let refusal: RefusedInputError | null

const analyses: StudyAnalyses = {
  start({ runId, analysis, params, stageIds, study }) {
    if (refusal) throw refusal
    const id = `asked-${asked.size + 1}`
    const defaults = analysis === 'form-imageNumbers' ? { imageLimit: 2000, hold: false } : {}
    const one = newlyAsked({
      ...{ id, runId, analysis, params: { ...defaults, ...params } },
      ...{ stageIds: [...stageIds], step: null, createdAt: asked.size },
      ...(study === undefined ? {} : { study }),
    })
    asked.set(id, one)
    return one
  },
  cancel: (id) => change(id, { state: 'cancelled' }),
  find: (id) => asked.get(id),
  ofModel: (runId, stageId) =>
    [...asked.values()].filter((one) => modelOf(one.runId, one.stageIds[0]) === modelOf(runId, stageId)).reverse(),
}
const modelOf = (runId: string, stageId = ''): string =>
  runs.summary(runId).stages.find(({ id }) => id === stageId)?.key ?? `${runId}/${stageId}`
function change(id: string, changes: Partial<AskedAnalysis>): void {
  const one = asked.get(id)
  if (one) asked.set(id, { ...one, ...changes })
}
const open = (): void => {
  service = createFakeStudies({
    runs,
    store,
    analyses,
    events: { changed: () => undefined, removed: () => undefined },
  })
}
/** The next engine looks at what is lacking after it has answered. */
const reopened = async (): Promise<void> => {
  service.close()
  open()
  await new Promise((resolve) => setImmediate(resolve))
}
beforeEach(() => {
  runs = createFakeRuns()
  store = createMemoryStudies()
  asked = new Map()
  refusal = null
  open()
})
afterEach(() => service.close())

const start = async (wanted: readonly StudyAnalysis[]) =>
  service.calls['studies.start']({ definition: studyAsking(wanted) })
const found = (): Promise<CellAnalysis[]> => Promise.resolve(service.calls['studies.analyses']({ studyId: 'study-1' }))
const questions = (): unknown[] =>
  [...asked.values()].map(({ runId, stageIds, analysis }) => [runId, analysis, ...stageIds])

describe('a study that asks analyses', () => {
  it('asks each cell when it is done, and not before', async () => {
    await start([perImage])
    expect(await found()).toMatchObject([{ cell: 0, asked: null, runId: null }, { cell: 1 }])
    runs.finish('run-1')
    expect(questions()).toEqual([['run-1', 'form-imageNumbers', 'student-1']])
    runs.change('run-1', { note: 'Somebody writes a note.' })
    expect(asked.size).toBe(1)
    runs.fail('run-2')
    expect(asked.size).toBe(1)
    change('asked-1', { state: 'done', line: '3 of 128 images', numbers: { suspected: 0.4 } })
    expect(await found()).toEqual([
      {
        ...{ cell: 0, analysis: 0, runId: 'run-1', error: null },
        asked: {
          ...{ id: 'asked-1', state: 'done', line: '3 of 128 images', numbers: { suspected: 0.4 }, progress: null },
        },
      },
      { cell: 1, analysis: 0, runId: null, asked: null, error: null },
    ])
  })

  it('asks a teacher that cells share once, and tells of it in all of them', async () => {
    await start([ofTeacher])
    for (const id of ['run-1', 'run-2']) runs.changeStage(id, 'teacher', { key: 'one teacher' })
    runs.finish('run-1')
    runs.finish('run-2')
    expect(questions()).toEqual([['run-1', 'form-panels', 'teacher']])
    expect((await found()).map(({ runId, asked: one }) => [runId, one?.id])).toEqual([
      ['run-1', 'asked-1'],
      ['run-1', 'asked-1'],
    ])
  })

  it('asks nothing that another study asked of the same teacher, unless that came to nothing', async () => {
    await start([ofTeacher])
    await start([ofTeacher])
    for (const id of runs.queue) runs.changeStage(id, 'teacher', { key: 'one teacher' })
    for (const id of [...runs.queue].slice(0, 3)) runs.finish(id)
    expect(questions()).toEqual([['run-1', 'form-panels', 'teacher']])
    const second = await service.calls['studies.analyses']({ studyId: 'study-2' })
    expect(second.map(({ asked: one }) => one?.id)).toEqual(['asked-1', undefined])
    await start([ofTeacher])
    change('asked-1', { state: 'failed' })
    runs.changeStage('run-5', 'teacher', { key: 'one teacher' })
    runs.finish('run-5')
    expect([...asked.values()].map(({ runId, study }) => [runId, study])).toEqual([
      ['run-1', 'study-1'],
      ['run-5', 'study-3'],
    ])
  })

  it('has what was asked after a restart, and asks again what the engine left alone', async () => {
    await start([perImage])
    runs.finish('run-1')
    runs.finish('run-2')
    change('asked-1', { state: 'done' })
    change('asked-2', { state: 'interrupted' })
    await reopened()
    expect(asked.size).toBe(3)
    expect((await found()).map(({ asked: one }) => [one?.id, one?.state])).toEqual([
      ['asked-1', 'done'],
      ['asked-3', 'waiting'],
    ])
  })

  it('asks again what failed or was refused when the study is retried, and what was deleted not before', async () => {
    refusal = new RefusedInputError('This run has nothing yet that this analysis could look at.')
    await start([perImage])
    runs.finish('run-1')
    expect(await found()).toMatchObject([{ error: [{ message: refusal.message }] }, { error: null }])
    refusal = null
    runs.finish('run-2')
    change('asked-1', { state: 'failed', error: [{ name: 'UserError', message: 'No memory.', forUser: true }] })
    expect(await found()).toMatchObject([{}, { error: [{ message: 'No memory.' }] }])
    await service.calls['studies.retry']({ studyId: 'study-1' })
    expect((await found()).map(({ asked: one, error }) => [one?.state, error])).toEqual([
      ['waiting', null],
      ['waiting', null],
    ])
    for (const id of asked.keys()) change(id, { state: 'done' })
    await expect(service.calls['studies.retry']({ studyId: 'study-1' })).rejects.toThrow('No cell of these')
    asked.clear()
    runs.change('run-2', { note: 'Somebody writes a note.' })
    expect(asked.size).toBe(0)
  })

  it('cancels its analyses with itself', async () => {
    await start([perImage])
    runs.finish('run-1')
    // Its other cell trains on until it hears of it.
    runs.queue = []
    runs.change('run-2', { state: 'running' })
    await service.calls['studies.cancel']({ studyId: 'study-1' })
    runs.finish('run-2')
    await reopened()
    expect([...asked.values()].map(({ runId, state }) => [runId, state])).toEqual([['run-1', 'cancelled']])
  })

  it('leaves alone, when it is cancelled, what a person or another study asked', async () => {
    await start([perImage])
    runs.finish('run-1')
    change('asked-1', { study: 'study-0' })
    analyses.start({ runId: 'run-2', analysis: 'form-imageNumbers', params: {}, stageIds: ['student-1'] })
    runs.finish('run-2')
    expect((await found()).map(({ asked: one }) => one?.id)).toEqual(['asked-1', 'asked-2'])
    await service.calls['studies.cancel']({ studyId: 'study-1' })
    expect([...asked.values()].map(({ state }) => state)).toEqual(['waiting', 'waiting'])
  })

  it.each([
    ['an analysis that there is none of', { id: 'form-imageNumber', params: {} }, 'form-imageNumbers'],
    ['one that stages measure by themselves', { id: 'classes', params: {} }, 'There is no analysis "classes" to ask'],
    ['a parameter that is none', { id: 'form-imageNumbers', params: { limit: 3 } }, 'limit'],
    ['a value out of its range', { id: 'form-imageNumbers', params: { imageLimit: 0 } }, 'imageLimit'],
    ['a model that it cannot look at', { ...perImage, of: 'teacher' as const }, 'looks at a student alone'],
  ])('is refused before anything starts: %s', async (_what, analysis, words) => {
    const error: unknown = await start([analysis]).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(RefusedInputError)
    const { message, wanted = '', where } = error as RefusedInputError
    expect(`${message} ${wanted}`).toContain(words)
    expect(where).toContain('analyses.0')
    expect(runs.queue).toEqual([])
  })

  it('is refused where it asks the same twice', async () => {
    await expect(start([perImage, { ...perImage, params: { imageLimit: 2000 } }])).rejects.toThrow('twice')
  })
})
