import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EngineBench } from '../../../fixtures/engineBench'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench().open()
})
afterEach(() => bench.dispose())

const defended = { name: 'Mine', students: [{ defenses: [{ id: 'sv' }] }] }
const configOf = async (runId: string) => (await bench.engine.call('runs.get', { runId })).config

describe('ablation twins', () => {
  it('have the same of everything but what is taken away, and say so in their names', async () => {
    const { id } = await bench.start(defended)
    const { made, present } = await bench.engine.call('runs.twins', { runIds: [id], without: ['defense', 'poison'] })
    expect(present).toEqual([])
    expect(made.map(({ name }) => name)).toEqual(['Mine, no defense', 'Mine, clean teacher'])
    const [undefended, clean] = await Promise.all(made.map((run) => configOf(run.id)))
    const own = await configOf(id)
    expect(undefended).toEqual({ ...own, name: 'Mine, no defense', students: [{ defenses: [] }] })
    expect(clean).toEqual({ ...own, name: 'Mine, clean teacher', poisoning: { ...own.poisoning, ratio: 0 } })
  })

  it('share the teacher of the run, which is not trained again', async () => {
    const { id } = await bench.start(defended)
    const started = await bench.finishAll(id)
    const { made } = await bench.engine.call('runs.twins', { runIds: [id], without: ['defense'] })
    const twin = made[0]?.id ?? ''
    expect(await bench.finishAll(twin, started)).toBe(started + 1)
    const teachers = await Promise.all(
      [id, twin].map(async (runId) => (await bench.engine.call('runs.get', { runId })).stages[1]?.place),
    )
    expect(teachers[0]).toBe(teachers[1])
  })

  it('that are there are named, in the run itself, in another one, or just made for another one', async () => {
    const both = await bench.start({ students: [{ defenses: [] }, ...defended.students] })
    const first = await bench.start(defended)
    const other = await bench.start({ students: [{ defenses: [{ id: 'sv', params: { coefficient: 2 } }] }], seed: 1 })
    const third = await bench.start({ students: [{ defenses: [{ id: 'sv', params: { coefficient: 3 } }] }], seed: 1 })
    const { made, present } = await bench.engine.call('runs.twins', {
      runIds: [both.id, first.id, other.id, third.id],
      without: ['defense'],
    })
    expect(made).toHaveLength(1)
    expect(present).toEqual([
      { of: both.id, runId: both.id },
      { of: first.id, runId: both.id },
      { of: third.id, runId: made[0]?.id },
    ])
  })

  it('in the bin are no twins', async () => {
    const { id } = await bench.start(defended)
    const { made } = await bench.engine.call('runs.twins', { runIds: [id], without: ['defense'] })
    const twin = made[0]?.id ?? ''
    await bench.engine.call('runs.stop', { runId: twin })
    await bench.engine.call('runs.delete', { runIds: [twin] })
    const again = await bench.engine.call('runs.twins', { runIds: [id], without: ['defense'] })
    expect([again.made.length, again.present]).toEqual([1, []])
  })

  it('are refused where nothing can be taken away, for all that are asked for', async () => {
    const { id } = await bench.start(defended)
    const teacher = await bench.start({ students: [] })
    const ask = (runIds: string[]) => bench.engine.call('runs.twins', { runIds, without: ['defense'] })
    await expect(ask([id, teacher.id])).rejects.toThrow('distils no student')
    await expect(ask(['nobody'])).rejects.toThrow('There is no run')
    expect(await bench.engine.call('runs.list', {})).toHaveLength(2)
  })
})
