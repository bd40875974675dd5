import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import { openDatabase, openStore, type RunStore } from '../../../../src/main/engine/control/store'
import { createTableService, type TableService } from '../../../../src/main/engine/control/tables'
import {
  metricDefinitions,
  newlyAsked,
  type AskedAnalysis,
  type Evaluation,
  type PartialExperimentConfig,
} from '../../../../src/shared/domain'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { fakeMembers } from '../../../fakes/catalogue'

let folder: string
let store: RunStore
let tables: TableService
const revisions: number[] = []

function open(readOnly = false): void {
  store = openStore(folder, { readOnly })
  tables = openTables(readOnly)
}
const openTables = (readOnly = false): TableService =>
  createTableService({
    store,
    readOnly,
    table: fakeMembers,
    metrics: metricDefinitions,
    studies: () => [],
    onChange: (revision) => revisions.push(revision),
    onError: (error) => {
      throw error
    },
  })
function close(): void {
  tables.close()
  store.close()
}

let made = 0
function addRun(config: PartialExperimentConfig = {}): string {
  made += 1
  const id = `run-${String(made).padStart(3, '0')}`
  store.runs.insert(newRun({ id, config: resolveExperiment(config, fakeMembers).config, createdAt: made * 1000 }))
  return id
}
const placeOf = (runId: string, stageId: string): string =>
  store.runs.peek(runId).stages.find(({ id }) => id === stageId)?.place ?? ''
const evaluation = (accuracy: number, asr: number): Evaluation => ({
  ...{ accuracy, asr, asrAll: asr, robustAccuracy: 1 - asr, images: 100, nonTarget: 90, classes: 10 },
})
const finish = (runId: string, stageId: string, rates: readonly [number, number]): void =>
  void store.stages.update(placeOf(runId, stageId), { state: 'done', evaluation: evaluation(...rates) })
const found = async (query: string): Promise<string[]> =>
  (await tables.calls['table.keys']({ of: 'runs', query, order: [] })).keys
const models = async (query: string): Promise<string[]> =>
  (await tables.calls['table.keys']({ of: 'models', query, order: [] })).keys

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-tables-'))
  made = 0
  open()
})
afterEach(() => {
  close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the index of a workspace', () => {
  it('has what the newest analysis of a model has found, until it is deleted', async () => {
    const id = addRun({})
    const ask = (number: number, suspected: number | null, more: Partial<AskedAnalysis> = {}): void =>
      store.asked.put({
        ...newlyAsked({
          ...{ id: `asked-${number}`, runId: id, analysis: 'form-imageNumbers', params: {} },
          ...{ stageIds: ['student-1'], step: null, createdAt: number },
        }),
        ...{ state: 'done', numbers: { suspected } },
        ...more,
      })
    expect((await tables.calls['table.columns']({ of: 'models' })).some(({ group }) => group === 'analysis')).toBe(
      false,
    )
    ask(1, 0.25)
    ask(2, null, { state: 'waiting' })
    ask(2, 0.5)
    // Of an earlier step, of two models, not done: of none of them a model can be said to be so.
    ask(3, 0.9, { step: 10 })
    ask(4, 0.9, { stageIds: ['student-1', 'teacher'] })
    ask(5, 0.9, { state: 'failed' })
    const column = 'analysis.form-imageNumbers.suspected'
    await vi.waitFor(async () => expect(await models(`${column}=50%`)).toEqual([`${id}/student-1`]))
    const columns = await tables.calls['table.columns']({ of: 'models' })
    expect(columns.find((one) => one.id === column)).toMatchObject({
      ...{ title: 'Suspected', kind: 'share', group: 'analysis', unit: '%' },
    })
    store.asked.remove('asked-2')
    await vi.waitFor(async () => expect(await models(`${column}=25%`)).toEqual([`${id}/student-1`]), 10_000)
    store.asked.remove('asked-1')
    await vi.waitFor(async () => expect(await models(`${column}>0`)).toEqual([]), 10_000)
  })

  it('is empty where there are no runs', async () => {
    expect(await found('')).toEqual([])
    expect(await found('accuracy>10%')).toEqual([])
  })

  it('is written anew for what has changed alone when it is opened again', async () => {
    const [first, second] = [addRun({ seed: 1 }), addRun({ seed: 2 })]
    // An answer has patience with what is still to be written, but not for ever.
    await vi.waitFor(async () => expect(await found('')).toHaveLength(2), 10_000)
    close()
    store = openStore(folder)
    // Changed while nobody looked, as an engine that dies or an older version leaves it.
    store.runs.update(second, { name: 'Renamed in between' })
    store.runs.mark(new Map([[first, { tags: ['marked'] }]]))
    const config = store.runs.config
    const read: string[] = []
    Object.assign(store.runs, {
      config: (id: string) => {
        read.push(id)
        return config.call(store.runs, id)
      },
    })
    tables = openTables()
    expect(await found('renamed')).toEqual([second])
    expect(await found('tag:marked')).toEqual([first])
    expect(await found('seed:1')).toEqual([first])
    expect(read).toEqual([])
  })

  it('follows tags, notes, names, the bin and what is gone', async () => {
    const id = addRun({ name: 'One' })
    expect(await found('tag:old')).toEqual([])
    store.runs.update(id, { tags: ['old', 'two words'], note: 'Ein Ölbild' })
    expect(await found('tag:old')).toEqual([id])
    expect(await found('tag:ol')).toEqual([])
    expect(await found('tag:"two words"')).toEqual([id])
    expect(await found('ÖLBILD has:note')).toEqual([id])
    store.runs.update(id, { deletedAt: 5 })
    expect(await found('')).toEqual([])
    expect(await found('archived:any')).toEqual([])
    store.runs.update(id, { deletedAt: null, archivedAt: 5 })
    expect(await found('')).toEqual([])
    expect(await found('is:archived')).toEqual([id])
    expect(await found('archived:any')).toEqual([id])
    store.runs.remove(id)
    expect(await found('archived:any')).toEqual([])
  })

  it('keeps nothing of what only runs that are gone have said', async () => {
    const sizes = (): unknown[] =>
      ['parts', 'facts', 'texts', 'values', 'words'].map(
        (name) => store.database.get(`SELECT count(*) AS n FROM index_${name}`)?.n,
      )
    const kept = addRun({ seed: 1, name: 'kept' })
    await found('seed:1')
    const before = sizes()
    const more = Array.from({ length: 500 }, (_, index) => addRun({ seed: 10 + index, name: `gone ${String(index)}` }))
    await tables.filled()
    expect(sizes()).not.toEqual(before)
    for (const id of more) store.runs.remove(id)
    await tables.filled()
    expect(sizes()).toEqual(before)
    expect(await found('seed:1 kept')).toEqual([kept])
    expect(await found('gone')).toEqual([])
    expect(await found(`name:"gone 1"`)).toEqual([])
    const again = addRun({ seed: 10, name: 'gone 0' })
    expect(await found('seed:10 gone')).toEqual([again])
  })

  it('sets a defense against the newest undefended student of its seed, of whatever run', async () => {
    const undefended = addRun({ seed: 3, students: [{ defenses: [] }] })
    const defended = addRun({ seed: 3, students: [{ defenses: [{ id: 'sv' }] }] })
    finish(defended, 'student-1', [0.7, 0.1])
    expect(await models('has:der')).toEqual([])
    finish(undefended, 'student-1', [0.8, 0.9])
    expect(await models('has:der')).toEqual([`${defended}/student-1`])
    const [record] = await tables.calls['table.models']({ keys: [`${defended}/student-1`] })
    expect(record?.twin).toBe(`${undefended}/student-1`)
    expect(record?.der).toBeCloseTo((0.8 - 0.1 + 1) / 2)
    // A twin that has learnt nothing says nothing of the defense.
    finish(undefended, 'student-1', [0.1, 0.9])
    expect(await models('has:der')).toEqual([])
    expect(await models('is:dead')).toEqual([`${undefended}/student-1`])
  })

  it('leaves what has failed out of means, and counts it', async () => {
    const ids = [0, 1, 2].map((seed) => addRun({ seed, students: [{ defenses: [] }] }))
    for (const id of ids) finish(id, 'student-1', [0.8, 0.5])
    finish(ids[0] ?? '', 'student-1', [0.1, 0.5])
    const { groups } = await tables.calls['table.groups']({
      ...{ of: 'models', query: 'is:student', by: ['defenses'], measures: ['asr', 'seconds'], order: [] },
      ...{ offset: 0, limit: 10 },
    })
    expect(groups).toMatchObject([{ labels: ['none'], rows: 3, leftOut: 1 }])
    expect(groups[0]?.measures.asr?.n).toBe(2)
    expect(groups[0]?.measures.seconds?.n).toBe(3)
    expect(groups[0]?.precisions).toEqual(['float32'])
  })

  it('finds models by their precision, which is their own, and says which ones a mean is over', async () => {
    const ids = (['float32', 'mixed'] as const).map((precision, seed) =>
      addRun({ seed, students: [{ defenses: [] }], execution: { precision } }),
    )
    expect(await found('precision:mixed')).toEqual([ids[1]])
    const { groups } = await tables.calls['table.groups']({
      ...{ of: 'models', query: 'is:student', by: ['defenses'], measures: ['asr'], order: [] },
      ...{ offset: 0, limit: 10 },
    })
    expect(groups[0]?.precisions).toEqual(['float32', 'mixed'])
  })

  it('keeps groups and values in step with what changes', async () => {
    const id = addRun({ students: [{ defenses: [] }] })
    const accuracy = async (): Promise<unknown> =>
      (await tables.calls['table.values']({ of: 'models', query: 'is:student', columns: ['accuracy'] })).columns
        .accuracy
    expect(await accuracy()).toEqual(Float64Array.of(NaN))
    finish(id, 'student-1', [0.6, 0.5])
    expect(await accuracy()).toEqual(Float64Array.of(0.6))
    addRun({ students: [{ defenses: [] }] })
    expect(await accuracy()).toEqual(Float64Array.of(NaN, 0.6))
  })

  it('has last values of metrics as columns', async () => {
    const id = addRun()
    store.metrics.append(placeOf(id, 'student-1'), [
      { name: 'studentLoss', step: 1, value: 4 },
      { name: 'studentLoss', step: 2, value: 3 },
    ])
    store.metrics.flush()
    expect(await models('studentLoss<3.5')).toEqual([`${id}/student-1`])
    expect((await tables.calls['table.columns']({ of: 'models' })).map((column) => column.id)).toContain(
      'curve.studentLoss',
    )
  })

  it('is made in memory of a workspace that another engine owns', async () => {
    const id = addRun({ seed: 4 })
    expect(await found('seed:4')).toEqual([id])
    close()
    open(true)
    expect(await found('seed:4')).toEqual([id])
  })

  it('finds runs whose record or configuration is damaged', async () => {
    const [first, second, whole] = [addRun({ seed: 1 }), addRun({ seed: 2 }), addRun({ seed: 3 })]
    close()
    const database = openDatabase(join(folder, 'workspace.sqlite'))
    database.run("UPDATE runs SET summary = 'nothing' WHERE id = ?", first)
    database.run("UPDATE runs SET config = 'nothing' WHERE id = ?", second)
    for (const { name } of database.all("SELECT name FROM sqlite_master WHERE name LIKE 'index_%' AND type = 'table'"))
      database.run(`DROP TABLE ${String(name)}`)
    database.close()
    open()
    expect((await found('')).sort()).toEqual([first, second, whole])
    expect(await found('is:failed')).toEqual([first])
    expect(await found('seed:2')).toEqual([second])
  })

  it.each(["it's", '100%', '50% off', 'a_b', '"quoted" \\ name', "Robert'); DROP TABLE runs;--", 'emoji 🎲', '*[?]'])(
    'finds %j by its name, whatever SQL would make of it',
    async (name) => {
      const id = addRun({ name })
      addRun({ name: 'another' })
      const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`
      expect(await found(`name=${quoted}`)).toEqual([id])
      expect(await found(`name:${quoted}`)).toEqual([id])
      expect(await found(quoted)).toEqual([id])
      expect(await found('')).toHaveLength(2)
    },
  )
})
