import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bookOfParts } from '../../../fakes/bookOfParts'
import type { StudyService } from '../../../../src/main/engine/control/studies/service'
import type { EngineEvents } from '../../../../src/shared/contract'
import type { CellState, StudyDetail } from '../../../../src/shared/domain'
import { createFakeStudies, createMemoryStudies, fakeSeconds, fakeStudyPresets } from '../../../fakes/studies'
import { createFakeRuns, evaluation, type FakeRuns } from './runs'
import { listed, members, study } from './support'

const small = fakeStudyPresets[0]!.definition
/** Two triggers and two seeds. */
const four = study([members('attack', ['badnet_grid', 'blend']), listed('seed', [0, 1])])

let runs: FakeRuns
let store: ReturnType<typeof createMemoryStudies>
let service: StudyService
let told: EngineEvents['study.changed'][]
let removed: string[]

const events = {
  changed: (event: EngineEvents['study.changed']) => void told.push(event),
  removed: ({ studyId }: { studyId: string }) => void removed.push(studyId),
}
const open = (more: Parameters<typeof createFakeStudies>[0] | object = {}): void => {
  service = createFakeStudies({ runs, store, events, ...more })
}
beforeEach(() => {
  runs = createFakeRuns()
  store = createMemoryStudies()
  told = []
  removed = []
  open()
})
afterEach(() => service.close())

const id = { studyId: 'study-1' }
const detail = async (): Promise<StudyDetail> => service.calls['studies.get'](id)
const states = async (): Promise<CellState[]> => (await detail()).list.map(({ state }) => state)
const runOf = async (cell: number): Promise<string> => (await detail()).list[cell]?.runId ?? ''
const counts = async (): Promise<Record<string, number>> =>
  Object.fromEntries(Object.entries((await detail()).cells).filter(([, count]) => count > 0))

describe('starting a study', () => {
  it('makes a run for each cell, one seed after the other', async () => {
    const summary = await service.calls['studies.start']({ definition: small })
    expect(summary).toMatchObject({
      id: 'study-1',
      state: 'running',
      strategy: 'grid',
      executor: 'local',
      endedAt: null,
    })
    expect(summary.cells).toMatchObject({ queued: 12, running: 0 })
    expect(summary.axes.map(({ path, title, labels }) => [path, title, labels.length])).toEqual([
      ['attack', 'Attack', 2],
      ['defenses', 'Defense', 2],
      ['seed', 'Seed', 3],
    ])
    expect(summary.stages).toEqual({ asked: 24, trained: 0, reused: 0 })
    const axes = runs.queue.map((run) => runs.runs.get(run)?.study?.axes)
    expect(axes.map((axis) => axis?.seed)).toEqual([...'000011112222'])
    expect(runs.runs.get('run-2')).toMatchObject({
      name: 'Two triggers · badnet_grid · sv, seed 0',
      study: { id: 'study-1', cell: 3, axes: { attack: 'badnet_grid', defenses: 'sv', seed: '0' } },
      stages: [{}, {}, { defense: 'sv' }],
    })
  })

  it('is all or nothing', async () => {
    runs.breakNext = new Error('The disk is full.')
    await expect(service.calls['studies.start']({ definition: small })).rejects.toThrow('The disk is full.')
    expect(runs.runs.size).toBe(0)
    expect(await service.calls['studies.list']({})).toEqual([])
  })

  it('refuses wrong cells before anything is made', async () => {
    const wrong = { ...small, axes: [...small.axes, listed('poisoning.ratio', [0.1, 2])] }
    await expect(service.calls['studies.start']({ definition: wrong })).rejects.toThrow(
      '12 of 24 cells are not possible',
    )
    await expect(service.calls['studies.start']({ definition: { ...small, extra: 1 } as never })).rejects.toThrow(
      'no definition of a study',
    )
    const range = study([{ path: 'poisoning.ratio', range: { low: 0, high: 0.5 } }])
    await expect(service.calls['studies.start']({ definition: range })).rejects.toThrow('does not fit this study')
    expect(runs.runs.size).toBe(0)
  })
})

describe('the plan', () => {
  it('counts each stage once, with what is done already', async () => {
    const plan = await service.calls['studies.plan']({ definition: small })
    // Six teachers (2 triggers × 3 seeds) and twelve students.
    expect(plan.stages).toEqual({ asked: 24, new: 18, reused: 0 })
    expect(plan.seconds).toBe(6 * (1 + 4 * 15) + 6 * 40 + 6 * 52)
    expect(plan.longestChain).toBeCloseTo(1 + 60 + 52)
    expect(plan.words).toMatch(/^12 cells, 6 teachers and 12 students to train, 0 reused; about 15 min on this machine/)
    expect(plan.cells).toHaveLength(12)
  })
  it('leaves out what is done, and the seconds that were done', async () => {
    open({
      planning: () => ({
        book: {
          ...bookOfParts,
          find: (key: string) =>
            key.startsWith('["teacher"')
              ? { place: 'stages/x', state: 'done', seconds: 60, runId: 'a' }
              : key.startsWith('["student"')
                ? { place: 'stages/y', state: 'paused', seconds: 30, runId: 'a' }
                : null,
        },
        estimate: async (config: Parameters<typeof fakeSeconds>[0]) => ({
          stages: fakeSeconds(config),
          totalSeconds: 0,
          basis: 'measured',
          note: '',
        }),
        length: () => 40,
        bytes: () => ({ teacher: 5, 'student-1': 7 }),
      }),
    })
    const plan = await service.calls['studies.plan']({ definition: small })
    expect(plan).toMatchObject({ stages: { asked: 24, new: 12, reused: 6 }, basis: 'measured', bytes: 12 * 7 })
    expect(plan.seconds).toBe(6 + 6 * 10 + 6 * 22)
    await service.calls['studies.start']({ definition: small })
    expect((await detail()).stages).toEqual({ asked: 24, trained: 0, reused: 6 })
  })
})

describe('a study under way', () => {
  beforeEach(async () => void (await service.calls['studies.start']({ definition: four })))

  it('follows its runs, and ends with the last of them', async () => {
    const before = (await detail()).secondsLeft ?? 0
    runs.progress('run-1', 500)
    expect(await counts()).toEqual({ queued: 3, running: 1 })
    expect((await detail()).secondsLeft).toBeLessThan(before)
    expect((await detail()).list[0]).toMatchObject({ state: 'running', secondsLeft: 500, where: null })
    runs.changeStage('run-1', 'student', { where: { state: 'running', node: 'n2', job: '17_3' } })
    expect((await detail()).list[0]?.where).toBe('n2, job 17_3')
    runs.changeStage('run-1', 'student', { where: { state: 'waiting', reason: 'Resources' } })
    expect((await detail()).list[0]?.where).toBe('waits for Resources')
    runs.finish('run-1', evaluation(0.8, 0.2))
    runs.fail('run-2')
    runs.finish('run-3')
    expect((await detail()).state).toBe('running')
    runs.finish('run-4')
    const end = await detail()
    expect(end).toMatchObject({
      state: 'done',
      secondsLeft: null,
      seconds: 90,
      stages: { asked: 8, trained: 6, reused: 0 },
    })
    expect(end.endedAt).not.toBeNull()
    expect(end.list[0]).toMatchObject({ progress: 1, student: { accuracy: 0.8 }, teacher: { accuracy: 1 } })
    expect(end.list[2]).toMatchObject({ state: 'failed', error: [{ message: 'No memory.' }] })
  })

  it('is told a few times a second, with the cells that changed', async () => {
    vi.useFakeTimers()
    try {
      told = []
      for (let step = 1; step <= 40; step++) {
        runs.progress('run-1', step)
        runs.progress('run-3', step)
        vi.advanceTimersByTime(25)
      }
      expect(told.length).toBeLessThanOrEqual(4)
      expect(told[0]?.cells.map(({ index }) => index).sort()).toEqual([0, 1])
      expect(told[0]?.study.cells.running).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('pauses and goes on', async () => {
    runs.progress('run-1', 5)
    await service.calls['studies.pause'](id)
    expect(await states()).toEqual(['paused', 'paused', 'paused', 'paused'])
    expect((await detail()).state).toBe('paused')
    await service.calls['studies.resume'](id)
    expect(await counts()).toEqual({ queued: 4 })
    await service.calls['studies.pause']({ ...id, cells: [1] })
    expect(await states()).toEqual(['queued', 'paused', 'queued', 'queued'])
    expect((await detail()).state).toBe('running')
  })

  it('pauses what waits before what runs, so that nothing begins meanwhile, and goes on in the order of work', async () => {
    runs.progress('run-1', 5)
    const acted: string[] = []
    const pause = vi.spyOn(runs, 'pause').mockImplementation((id) => void acted.push(id))
    await service.calls['studies.pause'](id)
    expect(acted).toEqual(['run-4', 'run-3', 'run-2', 'run-1'])
    pause.mockRestore()
    await service.calls['studies.pause'](id)
    service.close()
    open()
    await service.calls['studies.resume'](id)
    expect(runs.queue.map((run) => runs.runs.get(run)?.seed)).toEqual([0, 0, 1, 1])
  })

  it('cancels an interrupted cell, which has nothing to stop', async () => {
    runs.change('run-1', { state: 'interrupted' })
    runs.queue = runs.queue.filter((run) => run !== 'run-1')
    await service.calls['studies.cancel']({ ...id, cells: [0] })
    expect((await states())[0]).toBe('cancelled')
  })

  it('cancels cells and retries them', async () => {
    runs.finish('run-1')
    runs.fail('run-2')
    await service.calls['studies.cancel']({ ...id, cells: [0, 1] })
    expect(await states()).toEqual(['done', 'cancelled', 'failed', 'queued'])
    await service.calls['studies.cancel'](id)
    expect(await states()).toEqual(['done', 'cancelled', 'failed', 'cancelled'])
    expect(await detail()).toMatchObject({ state: 'cancelled' })
    await expect(service.calls['studies.resume'](id)).rejects.toThrow('cancelled')
    await service.calls['studies.retry']({ ...id, cells: [2] })
    expect(await states()).toEqual(['done', 'cancelled', 'queued', 'cancelled'])
    await service.calls['studies.retry'](id)
    expect(await states()).toEqual(['done', 'queued', 'queued', 'queued'])
    expect(await detail()).toMatchObject({ state: 'running', endedAt: null })
    await expect(service.calls['studies.retry'](id)).rejects.toThrow('No cell of these can be tried again')
  })

  it('makes a run anew where it was deleted', async () => {
    const before = await runOf(1)
    runs.fail(before)
    runs.change(before, { deletedAt: 1 })
    expect(await states()).toEqual(['queued', 'cancelled', 'queued', 'queued'])
    await service.calls['studies.retry'](id)
    expect(await states()).toEqual(['queued', 'queued', 'queued', 'queued'])
    const after = await runOf(1)
    expect(after).not.toBe(before)
    expect(runs.runs.get(after)).toMatchObject({ seed: 1, attack: 'badnet_grid', study: { cell: 1 } })
  })

  it('is extended by what is new alone', async () => {
    runs.finish('run-1')
    const more = { ...id, path: 'seed', values: [{ label: '2', value: 2 }] }
    const summary = await service.calls['studies.extend'](more)
    expect(summary.cells).toMatchObject({ done: 1, queued: 5 })
    expect(summary.axes[1]?.labels).toEqual(['0', '1', '2'])
    expect((await detail()).list.slice(4)).toMatchObject([
      { index: 4, axes: { attack: 'badnet_grid', seed: '2' } },
      { index: 5, axes: { attack: 'blend', seed: '2' } },
    ])
    await expect(service.calls['studies.extend'](more)).rejects.toThrow('has "2" already')
    await expect(service.calls['studies.extend']({ ...more, path: 'method' })).rejects.toThrow('does not vary "method"')
    runs.breakNext = new Error('full')
    await expect(
      service.calls['studies.extend']({ ...id, path: 'seed', values: [{ label: '3', value: 3 }] }),
    ).rejects.toThrow('full')
    expect((await detail()).axes[1]?.labels).toHaveLength(3)
  })

  it('changes priority, order and name, and is forgotten while its runs stay', async () => {
    expect(await service.calls['studies.prioritize']({ ...id, priority: 7 })).toMatchObject({ priority: 7 })
    expect(runs.runs.get('run-4')?.priority).toBe(7)
    await service.calls['studies.reorder']({ ...id, cells: [3, 2] })
    expect(runs.queue).toEqual([await runOf(3), await runOf(2), 'run-1', 'run-3'])
    expect(await service.calls['studies.rename']({ ...id, name: 'Named', note: 'n' })).toMatchObject({
      name: 'Named',
      note: 'n',
    })
    expect(await service.calls['studies.runs'](id)).toHaveLength(4)
    expect(await service.calls['studies.delete'](id)).toEqual({ deleted: 'study-1' })
    expect(removed).toEqual(['study-1'])
    expect(runs.runs.size).toBe(4)
    await expect(async () => service.calls['studies.get'](id)).rejects.toThrow('There is no study "study-1"')
  })

  it('goes on where control was closed', async () => {
    runs.finish('run-1')
    runs.progress('run-2', 10)
    const before = await detail()
    service.close()
    open()
    expect(await detail()).toEqual(before)
    runs.finish('run-2')
    expect(await counts()).toEqual({ done: 2, queued: 2 })
  })
})

describe('a study that searches', () => {
  const range = { path: 'poisoning.ratio', range: { low: 0.01, high: 0.5, logarithmic: true } }
  const search = study([range, listed('seed', [0, 1])], { strategy: { id: 'random', params: { trials: 3 } } })
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))

  it('makes cells as places become free, every point with each seed', async () => {
    await service.calls['studies.start']({ definition: search })
    await settled()
    expect(await counts()).toEqual({ queued: 2 })
    const [first, second] = (await detail()).list
    expect(first?.axes['poisoning.ratio']).toBe(second?.axes['poisoning.ratio'])
    expect([first?.axes.seed, second?.axes.seed]).toEqual(['0', '1'])
    expect(runs.runs.get('run-1')?.poisonRatio).toBeCloseTo(Number(first?.axes['poisoning.ratio']), 6)
    runs.finish('run-1')
    await settled()
    expect(await counts()).toEqual({ done: 1, queued: 1 })
    runs.finish('run-2')
    await settled()
    expect(await counts()).toEqual({ done: 2, queued: 2 })
    runs.fail('run-3')
    runs.fail('run-4')
    await settled()
    runs.finish('run-5')
    runs.finish('run-6')
    await settled()
    expect(await detail()).toMatchObject({ state: 'done', cells: { done: 4, failed: 2 } })
    expect((await detail()).axes[0]?.labels).toHaveLength(3)
  })

  it('draws the same after control was closed', async () => {
    const draw = async (restart: boolean): Promise<string[]> => {
      runs = createFakeRuns()
      store = createMemoryStudies()
      open()
      await service.calls['studies.start']({ definition: search })
      for (let run = 1; run <= 6; run++) {
        await settled()
        if (restart && run === 3) {
          service.close()
          open()
          await settled()
        }
        runs.finish(`run-${run}`)
      }
      const { labels } = (await detail()).axes[0] ?? { labels: [] }
      service.close()
      return [...labels]
    }
    const plain = await draw(false)
    expect(plain).toHaveLength(3)
    expect(await draw(true)).toEqual(plain)
  })

  it('is planned by its trials', async () => {
    const plan = await service.calls['studies.plan']({ definition: search })
    expect(plan.stages).toMatchObject({ asked: 12, new: 12 })
    expect(plan.words).toContain('6 cells')
  })
})
