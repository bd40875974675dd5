import { describe, expect, it } from 'vitest'
import type { TableOf } from '../../../../src/shared/domain'
import { createFakeEngine } from '../../../fakes/engine'

/** Runs over two attacks, two poison ratios and three seeds, each with two students. */
const engine = createFakeEngine({ finishedRuns: 12 })
const keys = async (query: string, of: TableOf = 'runs'): Promise<string[]> =>
  (await engine.call('table.keys', { of, query, order: [] })).keys
const faults = async (query: string): Promise<string[]> =>
  (await engine.call('table.rows', { of: 'runs', query, columns: [], order: [], offset: 0, limit: 1 })).faults.map(
    ({ message }) => message,
  )

describe('tables of runs and models', () => {
  it('hold everything, the newest first', async () => {
    expect(await keys('')).toEqual(Array.from({ length: 12 }, (_, index) => `fake-${12 - index}`))
    expect(await keys('', 'models')).toHaveLength(36)
  })

  it.each([
    ['seed:1', 4],
    ['seed 1', 4],
    ['seed:0..1', 8],
    ['seed:0,2', 8],
    ['seed>1', 4],
    ['attack:blend', 6],
    ['attack=blend seed:2', 2],
    ['-attack:blend', 6],
    ['poisoning.ratio<5%', 6],
    ['ratio=0.1', 6],
    ['attack:blend | seed:0', 8],
    ['attack:blend OR seed:0', 8],
    ['attack:blend (seed:0 | seed:1)', 4],
    ['is:done', 12],
    ['is:failed', 0],
    ['accuracy>0 is:student', 12],
    ['"Example 1"', 1],
    ['example', 12],
    ['is:archived', 0],
  ])('find runs by %s', async (query, count) => {
    expect(await faults(query)).toEqual([])
    expect(await keys(query)).toHaveLength(count)
  })

  it('tell what of a query cannot be used, and hold to the rest', async () => {
    expect(await faults('atack:blend seed:0')).toEqual(['There is no column "atack"; did you mean "attack"?'])
    expect(await keys('atack:blend seed:0')).toHaveLength(4)
  })

  it('say what the values of members and options are called', async () => {
    const columns = await engine.call('table.columns', { of: 'models' })
    const labels = new Map(columns.map((column) => [column.id, column.labels]))
    expect(labels.get('attack')).toMatchObject({ badnet_grid: 'BadNets, grid' })
    expect(labels.get('teacher.source')).toMatchObject({ file: 'From a file' })
    expect(labels.get('note')).toBeUndefined()
  })

  it('are ordered by any column, and have its values', async () => {
    const { rows, matching, total } = await engine.call('table.rows', {
      of: 'models',
      query: 'is:student seed:1',
      columns: ['seed', 'attack', 'asr', 'defenses'],
      order: [{ column: 'asr', descending: true }],
      offset: 0,
      limit: 100,
    })
    expect({ matching, total }).toEqual({ matching: 8, total: 36 })
    const rates = rows.map(({ values }) => Number(values[2]))
    expect(rates).toEqual([...rates].sort((left, right) => right - left))
    expect(new Set(rows.map(({ values }) => values[0]))).toEqual(new Set([1]))
  })

  it('are grouped with what all their rows say', async () => {
    const { groups, count } = await engine.call('table.groups', {
      of: 'models',
      query: 'is:student',
      by: ['attack', 'defenses'],
      measures: ['accuracy'],
      order: [],
      offset: 0,
      limit: 100,
    })
    expect(count).toBe(groups.length)
    expect(groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(24)
    expect(groups.every(({ rows, measures }) => measures.accuracy?.n === rows)).toBe(true)
  })

  it('open a group again', async () => {
    const page = await engine.call('table.rows', {
      of: 'runs',
      query: '',
      columns: [],
      order: [],
      within: [
        { column: 'attack', value: 'blend' },
        { column: 'seed', value: 2 },
      ],
      offset: 0,
      limit: 10,
    })
    expect(page.rows).toHaveLength(2)
  })

  it('give whole columns', async () => {
    const values = await engine.call('table.values', { of: 'models', query: 'seed:0', columns: ['asr', 'attack'] })
    expect(values.keys).toHaveLength(12)
    expect(values.columns.asr).toBeInstanceOf(Float64Array)
    expect(values.columns.attack).toContain('blend')
    expect(values.conditions).toHaveLength(12)
  })

  it('give the records of models', async () => {
    const [record] = await engine.call('table.models', { keys: ['fake-1/student-2', 'gone/student-1'] })
    expect(record).toMatchObject({ key: 'fake-1/student-2', kind: 'student', twin: 'fake-1/student-1' })
  })

  it('complete what is being written', async () => {
    const complete = async (query: string): Promise<string[]> =>
      (await engine.call('table.complete', { of: 'runs', query, cursor: query.length })).suggestions.map(
        ({ insert }) => insert,
      )
    expect(await complete('att')).toContain('attack:')
    expect(await complete('attack:b')).toContain('blend')
    expect(await complete('seed:0 is:f')).toContain('failed')
  })

  it('are made into pivots, beside twins that do not match themselves', async () => {
    const { pivot, fields } = await engine.call('table.pivot', { query: 'is:defended', rows: ['attack'], columns: [] })
    expect(pivot.rows.map(({ labels }) => labels)).toEqual([['badnet_grid'], ['blend']])
    const [cell] = pivot.cells[0] ?? []
    expect(cell?.values.der?.n).toBeGreaterThan(0)
    expect(fields.map(({ id }) => id)).toEqual(expect.arrayContaining(['attack', 'defenses', 'seed']))
  })

  it('are made into pivots of what varies, any setting of the configuration too', async () => {
    const other = createFakeEngine()
    for (const pseudoBatches of [4, 8]) {
      await other.call('runs.start', {
        config: { students: [{ defenses: [] }], distillation: { method: { id: 'zskt', params: { pseudoBatches } } } },
      })
      other.advance(500)
    }
    const { pivot, fields } = await other.call('table.pivot', { query: 'is:student' })
    const path = 'distillation.method.params.pseudoBatches'
    expect([...pivot.rowFields, ...pivot.columnFields]).toEqual([path])
    expect(fields.map(({ id }) => id)).toContain(path)
    expect(pivot.rows.map(({ labels }) => labels)).toEqual([['4'], ['8']])
  })

  it('are made into pivots of students alone, by what tells them apart and not by what follows from it', async () => {
    const { pivot, fields } = await engine.call('table.pivot', { query: '', kind: 'student' })
    expect([...pivot.rowFields, ...pivot.columnFields]).toEqual(['attack', 'poisoning.ratio', 'defenses'])
    expect(pivot.cells.flat().every((cell) => cell?.models.every(({ kind }) => kind === 'student'))).toBe(true)
    const varies = Object.fromEntries(fields.map((field) => [field.id, field.varies]))
    expect(varies).toMatchObject({ model: false, data: false, attack: true, defenses: true, seed: true })
    // Parameters of a defense follow from the defense; they are offered all the same.
    expect(fields.some(({ id, varies: differs }) => id.startsWith('defenses.') && differs)).toBe(true)
    const teachers = await engine.call('table.pivot', { query: '', kind: 'teacher' })
    expect(teachers.pivot.cells.flat().every((cell) => cell?.models.every(({ kind }) => kind === 'teacher'))).toBe(true)
  })

  it('refuse a pivot over what there is not', async () => {
    await expect(engine.call('table.pivot', { query: '', rows: ['nothing'] })).rejects.toThrow('nothing')
  })
})
