import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { createStageCache, type StageOfRun } from '@renderer/stores/stageCache'
import { createBench, deferred, type Bench } from '../fakeConnection'

/** A cache of lists of numbers whose questions a test answers one by one. */
function listCache(options: { mostStages?: number; mostBytes?: number } = {}) {
  const bench: Bench = createBench({ finishedRuns: 1 })
  const questions: (ReturnType<typeof deferred<number[]>> & { stage: StageOfRun })[] = []
  const dropped: number[][] = []
  const cache = bench.use(() =>
    createStageCache({
      ...options,
      create: (): { numbers: number[] } => ({ numbers: [] }),
      ask: (stage) => {
        const question = { ...deferred<number[]>(), stage }
        questions.push(question)
        return question.promise
      },
      bytesOf: ({ numbers }) => numbers.length,
      dropped: ({ numbers }) => dropped.push(numbers),
      take: (content, answer: number[]) => {
        content.numbers = answer
      },
      add: (content, live: number) => content.numbers.push(live),
      stepBack: (content) => {
        content.numbers = content.numbers.filter((number) => number < 0)
      },
    }),
  )
  return {
    bench,
    cache,
    dropped,
    questions,
    async answer(numbers: number[]): Promise<void> {
      questions.at(-1)?.resolve(numbers)
      await flushPromises()
    },
    async fail(message: string): Promise<void> {
      questions.at(-1)?.reject(new Error(message))
      await flushPromises()
    },
  }
}
let list: ReturnType<typeof listCache>
afterEach(() => list.bench.dispose())
const student: StageOfRun = { runId: 'fake-1', stageId: 'student-1' }

describe('createStageCache', () => {
  it('asks once for each stage of each run', async () => {
    list = listCache()
    const entry = list.cache.open(student)
    expect(entry.state.value).toBe('loading')
    expect(list.cache.open({ ...student })).toBe(entry)
    await list.answer([1, 2])
    expect(entry.state.value).toBe('ready')
    expect(entry.numbers).toEqual([1, 2])
    list.cache.open({ ...student, stageId: 'student-2' })
    list.cache.open({ ...student, runId: 'fake-2' })
    list.cache.open(student)
    expect(list.questions.map(({ stage }) => `${stage.runId} ${stage.stageId}`)).toEqual([
      'fake-1 student-1',
      'fake-1 student-2',
      'fake-2 student-1',
    ])
  })

  it('adds what events tell: at once, or after the answer to the question under way', async () => {
    list = listCache()
    list.cache.add(student, 9)
    const entry = list.cache.open(student)
    list.cache.add(student, 3)
    expect(entry.numbers).toEqual([])
    await list.answer([1, 2])
    expect(entry.numbers).toEqual([1, 2, 3])
    list.cache.add(student, 4)
    expect(entry.numbers).toEqual([1, 2, 3, 4])
  })

  it('remembers a failure until it is asked to try again', async () => {
    list = listCache()
    const entry = list.cache.open(student)
    await list.fail('no disk')
    expect(entry.state.value).toBe('failed')
    expect(entry.error.value).toEqual(new Error('no disk'))
    list.cache.open(student)
    expect(list.questions).toHaveLength(1)
    list.cache.refresh(student)
    expect(entry.state.value).toBe('loading')
    await list.answer([1])
    expect(entry.state.value).toBe('ready')
    expect(entry.error.value).toBeNull()
  })

  it('keeps what is there when only a refresh fails', async () => {
    list = listCache()
    const entry = list.cache.open(student)
    await list.answer([1])
    list.cache.refresh(student)
    list.cache.add(student, 2)
    await list.fail('no disk')
    expect(entry.state.value).toBe('ready')
    expect(entry.numbers).toEqual([1, 2])
    expect(entry.error.value).toEqual(new Error('no disk'))
  })

  it('has one question under way, and one more where a reason came meanwhile', async () => {
    list = listCache()
    const entry = list.cache.open(student)
    for (let times = 0; times < 5; times++) list.cache.refresh(student)
    expect(list.questions).toHaveLength(1)
    await list.answer([1])
    expect(list.questions).toHaveLength(2)
    list.cache.add(student, 8)
    await list.answer([1, 2])
    expect(list.questions).toHaveLength(2)
    expect(entry.numbers).toEqual([1, 2, 8])
  })

  it('does not take the failure of a question for the last word while another follows', async () => {
    list = listCache()
    const entry = list.cache.open(student)
    list.bench.reopen()
    await list.fail('the connection broke')
    expect(entry.state.value).toBe('loading')
    await list.answer([1])
    expect(entry.state.value).toBe('ready')
  })

  it('asks again when the carrier opens anew', async () => {
    list = listCache()
    list.cache.open(student)
    await list.answer([1])
    list.bench.reopen()
    expect(list.questions).toHaveLength(2)
  })

  it('forgets what came after the step to which a stage went back', async () => {
    list = listCache()
    const { engine } = list.bench
    const [run] = await engine.call('runs.list', {})
    const at = (step: number): void =>
      engine.emit('run.changed', {
        run: { ...run!, stages: run!.stages.map((stage) => ({ ...stage, state: 'running' as const, step })) },
      })
    at(40)
    const entry = list.cache.open({ runId: run!.id, stageId: 'student-1' })
    await list.answer([-1, 30, 40])
    at(50)
    expect(list.questions).toHaveLength(1)
    list.cache.refresh({ runId: run!.id, stageId: 'student-1' })
    list.cache.add({ runId: run!.id, stageId: 'student-1' }, 50)
    at(20)
    expect(entry.numbers).toEqual([-1])
    await list.answer([-1, 30, 40])
    await list.answer([-1, 10, 20])
    expect(list.questions).toHaveLength(3)
    expect(entry.numbers).toEqual([-1, 10, 20])
  })

  it('forgets the stages of a removed run, and no other', () => {
    list = listCache()
    const others = [
      { runId: 'fake-10', stageId: 'student-1' },
      { runId: 'fake-1/student-1', stageId: '' },
    ]
    const kept = others.map((stage) => list.cache.open(stage))
    const gone = list.cache.open(student)
    list.bench.engine.emit('run.removed', { runId: 'fake-1' })
    expect(others.map((stage) => list.cache.find(stage))).toEqual(kept)
    expect(list.cache.find(student)).toBeUndefined()
    expect(list.cache.open(student)).not.toBe(gone)
  })

  it('keeps so many stages and no more, but all of the run opened last', () => {
    list = listCache({ mostStages: 2 })
    const of = (runId: string, stage: number): StageOfRun => ({ runId, stageId: `student-${stage}` })
    list.cache.open(of('first', 1))
    list.cache.open(of('second', 1))
    list.cache.open(of('third', 1))
    expect(list.cache.find(of('first', 1))).toBeUndefined()
    expect(list.cache.find(of('second', 1))).toBeDefined()
    for (const stage of [1, 2, 3, 4]) list.cache.open(of('third', stage))
    expect([1, 2, 3, 4].every((stage) => list.cache.find(of('third', stage)))).toBe(true)
    expect(list.cache.find(of('second', 1))).toBeUndefined()
  })

  it('lets what was used longest ago go first', () => {
    list = listCache({ mostStages: 2 })
    const of = (runId: string): StageOfRun => ({ runId, stageId: 'student-1' })
    for (const runId of ['first', 'second', 'first', 'third']) list.cache.open(of(runId))
    expect(list.cache.find(of('second'))).toBeUndefined()
    expect(list.cache.find(of('first'))).toBeDefined()
  })

  it('holds no more than so many bytes beside the two dozen that were used last', async () => {
    list = listCache({ mostBytes: 2 })
    const of = (run: number): StageOfRun => ({ runId: `run ${run}`, stageId: 'student-1' })
    for (let run = 0; run < 24; run++) {
      list.cache.open(of(run))
      await list.answer([run])
    }
    expect(list.dropped).toEqual([])
    list.cache.open(of(0))
    list.cache.open(of(24))
    expect(list.dropped).toEqual([[1]])
    expect(list.cache.find(of(0))).toBeDefined()
  })
})
