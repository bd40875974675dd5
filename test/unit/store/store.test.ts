import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
  readFileSync,
  existsSync,
  readdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  ExperimentConfig,
  PooledImages,
  RunDetail,
  StageRecord,
  SyntheticImages,
} from '../../../src/shared/domain'
import {
  callsToDrop,
  databaseName,
  downsample,
  openDatabase,
  openStore,
  stepsToDrop,
  type RunStore,
  placeInRun,
} from '../../../src/main/engine/control/store'
import { createPictures, type Pictures } from '../../../src/main/engine/trainer/task/pictures'
import { FakeRun } from '../../fakes/run'
import { fakeCatalogue } from '../../fakes/catalogue'
import { imagesAt } from '../../fakes/outcomes'

let folder = ''
let store: RunStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-store-'))
  store = openStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const detail = (id: string, createdAt = 1): RunDetail => ({
  ...new FakeRun(id, fakeCatalogue.defaults, null, createdAt).detail,
})
const reopen = (): RunStore => {
  store.close()
  store = openStore(folder)
  return store
}

/** As the trainer writes them. */
const picturesOf = (stageId: string): Pictures => {
  const stage = join(folder, 'runs', 'a', stageId)
  mkdirSync(stage, { recursive: true })
  return createPictures(stage, () => Promise.resolve())
}

describe('runs', () => {
  it('come back whole after the store was opened again', () => {
    store.runs.insert(detail('a'))
    store.runs.update('a', { state: 'running', name: 'renamed' })
    store.stages.update(placeInRun('a', 'teacher'), {
      state: 'done',
      evaluation: {
        accuracy: 0.9,
        asr: 0.8,
        asrAll: 0.8,
        robustAccuracy: 0.1,
        images: 10,
        nonTarget: 9,
      },
      artifacts: { classes: 4 },
    })
    const before = store.runs.summary('a')
    expect(reopen().runs.summary('a')).toEqual(before)
    expect(store.runs.config('a')).toEqual(fakeCatalogue.defaults)
  })

  it('have their models where the workspace is, also after it was moved', () => {
    store.runs.insert(detail('a'))
    const place = placeInRun('a', 'teacher')
    store.stages.update(place, { weights: join(folder, place, 'weights.safetensors') })
    expect(reopen().stages.get(place).weights).toBe(join(folder, place, 'weights.safetensors'))
    store.close()
    // The old path begins as the new one does.
    const elsewhere = folder.slice(0, -1)
    renameSync(folder, elsewhere)
    folder = elsewhere
    store = openStore(folder)
    expect(store.runs.summary('a').stages[1]?.weights).toBe(join(elsewhere, place, 'weights.safetensors'))
  })

  it('of earlier versions learn which of its kind a stage is', () => {
    const { stages, ...run } = detail('a')
    store.runs.insert({ ...run, stages: stages.map(({ index: _index, ...stage }) => stage as StageRecord) })
    const indices = (): unknown[] => store.runs.summary('a').stages.map(({ id, index }) => [id, index])
    const expected = [['data', 0], ['teacher', 0], ['student-1', 0], ['student-2', 1]] // prettier-ignore
    expect(indices()).toEqual(expected)
    store.close()
    const database = openDatabase(join(folder, databaseName))
    database.run("UPDATE run_stages SET record = json_remove(record, '$.index')")
    database.close()
    store = openStore(folder)
    expect(indices()).toEqual(expected)
  })

  it('are listed newest first, without the bin', () => {
    store.runs.insert(detail('a', 1))
    store.runs.insert(detail('b', 3))
    store.runs.insert(detail('c', 2))
    store.runs.update('c', { deletedAt: 5 })
    expect(store.runs.list(false).map((run) => run.id)).toEqual(['b', 'a'])
    expect(store.runs.list(true).map((run) => run.id)).toEqual(['b', 'c', 'a'])
  })

  it('of an earlier version are complete: what it did not know has its default', () => {
    const { normalization: _normalization, ...teacher } = fakeCatalogue.defaults.teacher
    const { poolMegabytes: _pool, ...recording } = fakeCatalogue.defaults.recording
    store.runs.insert({ ...detail('a'), config: { ...fakeCatalogue.defaults, teacher, recording } as ExperimentConfig })
    expect(store.runs.config('a')).toEqual(fakeCatalogue.defaults)
  })

  it('cannot be changed from outside through what was handed out', () => {
    store.runs.insert(detail('a'))
    store.runs.summary('a').stages.pop()
    expect(store.runs.summary('a').stages).toHaveLength(4)
  })

  it('that are damaged do not hide the others', () => {
    store.runs.insert(detail('a', 1))
    store.runs.insert(detail('b', 2))
    store.runs.insert(detail('c', 3))
    const database = openDatabase(join(folder, databaseName))
    database.run("UPDATE runs SET summary = '{\"name\": 1' WHERE id = 'b'")
    database.run("UPDATE stages SET record = 'x' WHERE place = 'runs/c/teacher'")
    database.close()
    reopen()
    const list = store.runs.list(false)
    expect(list.map((run) => [run.id, run.state])).toEqual([
      ['c', 'failed'],
      ['b', 'failed'],
      ['a', 'queued'],
    ])
    expect(list[1]?.error?.[0]).toMatchObject({ forUser: true, message: 'The record of this run is damaged.' })
  })

  it('with a byte that is no UTF-8 are damaged too, and do not end the process', () => {
    store.runs.insert(detail('a', 1))
    store.runs.insert(detail('b', 2))
    const database = openDatabase(join(folder, databaseName))
    database.run("UPDATE runs SET summary = CAST(X'7BFF7D' AS TEXT), config = CAST(X'7BFF7D' AS TEXT) WHERE id = 'b'")
    database.run("UPDATE stages SET record = CAST(X'FF' AS TEXT) WHERE place = 'runs/b/teacher'")
    database.close()
    reopen()
    expect(store.runs.list(false).map((run) => [run.id, run.state])).toEqual([
      ['b', 'failed'],
      ['a', 'queued'],
    ])
    expect(() => store.runs.config('b')).toThrow('cannot be read')
  })

  it('refuse unknown ids with a sentence', () => {
    expect(() => store.runs.summary('nope')).toThrow('There is no run "nope".')
  })

  it('10,000 of them are listed in less than 200 ms', () => {
    const database = openDatabase(join(folder, databaseName))
    const { config, stages, ...summary } = detail('x')
    database.transaction(() => {
      for (let index = 0; index < 10_000; index++) {
        const id = `run-${index}`
        database.run(
          'INSERT INTO runs (id, created_at, state, deleted_at, summary, config) VALUES (?, ?, ?, ?, ?, ?)',
          id,
          index,
          'done',
          null,
          JSON.stringify({ ...summary, id, createdAt: index }),
          JSON.stringify(config),
        )
        stages.forEach((stage, position) => {
          const place = placeInRun(id, stage.id)
          database.run(
            'INSERT INTO run_stages (run_id, id, position, place, record) VALUES (?, ?, ?, ?, ?)',
            id,
            stage.id,
            position,
            place,
            JSON.stringify(stage),
          )
          database.run('INSERT INTO stages (place, key, record) VALUES (?, NULL, ?)', place, JSON.stringify(stage))
        })
      }
    })
    database.close()
    reopen()
    // The best of a few: the machine that runs the tests may be busy with something else.
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now()
      expect(store.runs.list(false)).toHaveLength(10_000)
      return performance.now() - started
    })
    expect(Math.min(...times)).toBeLessThan(200)
  })
})

describe('metrics', () => {
  it('are read back in order, with NaN, and later points replace earlier ones', async () => {
    store.runs.insert(detail('a'))
    store.metrics.append(placeInRun('a', 'teacher'), [
      { name: 'loss', step: 2, value: NaN },
      { name: 'loss', step: 1, value: 5 },
    ])
    store.metrics.append(placeInRun('a', 'teacher'), [
      { name: 'loss', step: 1, value: 4 },
      { name: 'accuracy', step: 1, value: 0.5 },
    ])
    store.metrics.flush()
    const series = await reopen().metrics.read(placeInRun('a', 'teacher'))
    expect(series.loss).toEqual({ steps: new Float64Array([1, 2]), values: new Float64Array([4, NaN]) })
    expect(Object.keys(await store.metrics.read(placeInRun('a', 'teacher'), { names: ['accuracy'] }))).toEqual([
      'accuracy',
    ])
    expect((await store.metrics.read(placeInRun('a', 'teacher'), { afterStep: 1 })).loss?.steps).toEqual(
      new Float64Array([2]),
    )
  })

  it('of a stage that goes back to a checkpoint are forgotten from there on', async () => {
    store.runs.insert(detail('a'))
    store.metrics.append(
      placeInRun('a', 'teacher'),
      [1, 2, 3].map((step) => ({ name: 'loss' as const, step, value: step })),
    )
    store.metrics.append(placeInRun('a', 'student-1'), [{ name: 'studentLoss', step: 3, value: 1 }])
    store.metrics.truncate(placeInRun('a', 'teacher'), 2)
    expect((await store.metrics.read(placeInRun('a', 'teacher'))).loss?.steps).toEqual(new Float64Array([1]))
    expect((await store.metrics.read(placeInRun('a', 'student-1'))).studentLoss?.steps).toEqual(new Float64Array([3]))
  })

  it('of a place that is removed and taken again are the new ones', async () => {
    store.runs.insert(detail('a'))
    const place = placeInRun('a', 'teacher')
    const stage = store.stages.get(place)
    const record = (step: number): void => {
      store.metrics.append(place, [{ name: 'loss', step, value: step }])
      store.metrics.flush()
    }
    record(1)
    store.stages.remove(place)
    store.stages.insert(stage)
    record(2)
    expect((await store.metrics.read(place)).loss?.steps).toEqual(new Float64Array([2]))
    store.metrics.append(place, [{ name: 'loss', step: 3, value: 3 }])
    store.stages.remove(place)
    store.metrics.flush()
    expect(store.database.get('SELECT count(*) AS n FROM series')?.n).toBe(0)
  })

  it('keep the buffer when a write fails, and write it the next time', async () => {
    const place = placeInRun('a', 'teacher')
    const other = openDatabase(join(folder, databaseName))
    other.run('ALTER TABLE metrics RENAME TO hidden')
    store.metrics.append(place, [{ name: 'loss', step: 1, value: 1 }])
    expect(() => store.metrics.flush()).toThrow()
    other.run('ALTER TABLE hidden RENAME TO metrics')
    other.close()
    store.metrics.flush()
    expect((await store.metrics.read(place)).loss?.values).toEqual(new Float64Array([1]))
  })

  it('are thinned to the minimum and maximum per bucket, ends kept', () => {
    const steps = Float64Array.from({ length: 10_000 }, (_, index) => index)
    const values = steps.map((step) => Math.sin(step / 100))
    values[5005] = 50
    values[7007] = -50
    const thin = downsample({ steps, values }, 200)
    expect(thin.steps.length).toBeLessThanOrEqual(200)
    expect(thin.steps[0]).toBe(0)
    expect(thin.steps.at(-1)).toBe(9999)
    expect(thin.values).toContain(50)
    expect(thin.values).toContain(-50)
    expect([...thin.steps]).toEqual([...thin.steps].sort((left, right) => left - right))
  })
})

describe('the pool', () => {
  const callOf = (call: number, poolImages: number, count = 4): PooledImages => {
    const { height, width, channels, pixels } = imagesAt(fakeCatalogue.defaults, 0, call, 30, count)
    return { call, keptStep: 10 + call, steps: 200, loss: 1 / call, poolImages, count, height, width, channels, pixels }
  }
  const filesOf = (): string[] => readdirSync(join(folder, 'runs', 'a', 'student-1', 'pool'))
  const addCall = async (images: PooledImages, budgetBytes: number): Promise<void> => {
    const { pixels: _pixels, ...call } = images
    const { grid } = await picturesOf('student-1').pool(images, budgetBytes > 0)
    store.pool.index(placeInRun('a', 'student-1'), call, { bytes: grid?.bytes ?? 0, budgetBytes })
    await store.pool.release(placeInRun('a', 'student-1'), images.call, { budgetBytes })
  }
  const inPool = (): number[] => store.pool.summary(placeInRun('a', 'student-1')).calls.map((call) => call.inPool)

  it('says of each call which step was kept, its loss, and how many of its images are in the pool still', async () => {
    store.runs.insert(detail('a'))
    for (const [call, held] of [
      [1, 4],
      [2, 8],
      [3, 10],
    ] as const)
      await addCall(callOf(call, held), 1e9)
    const { calls, ...rest } = reopen().pool.summary(placeInRun('a', 'student-1'))
    expect(calls).toEqual([
      { call: 1, keptStep: 11, steps: 200, loss: 1, images: 4, inPool: 2, onDisk: true },
      { call: 2, keptStep: 12, steps: 200, loss: 0.5, images: 4, inPool: 4, onDisk: true },
      { call: 3, keptStep: 13, steps: 200, loss: 1 / 3, images: 4, inPool: 4, onDisk: true },
    ])
    expect(rest).toEqual({ images: 10, elsewhere: 0, bytes: expect.any(Number) })
    expect(filesOf()).toEqual(['000000001.png', '000000002.png', '000000003.png'])
    const { height, width, channels, pixels } = callOf(2, 8)
    expect(await store.pool.read(placeInRun('a', 'student-1'), 2)).toEqual({
      count: 4,
      height,
      width,
      channels,
      pixels,
    })
  })

  it('knows what was forgotten, and what came from the student that this one goes on from', async () => {
    store.runs.insert(detail('a'))
    await addCall(callOf(7, 24), 1e9)
    expect([inPool(), store.pool.summary(placeInRun('a', 'student-1')).elsewhere]).toEqual([[4], 20])
    await addCall(callOf(8, 4), 1e9)
    expect([inPool(), store.pool.summary(placeInRun('a', 'student-1')).elsewhere]).toEqual([[0, 4], 0])
  })

  it('keeps its image grids within the budget and never loses a row', async () => {
    store.runs.insert(detail('a'))
    await addCall(callOf(1, 4), 1e9)
    const { bytes } = store.pool.summary(placeInRun('a', 'student-1'))
    for (let call = 2; call <= 12; call++) await addCall(callOf(call, 4 * call), 4.5 * bytes)
    const summary = store.pool.summary(placeInRun('a', 'student-1'))
    expect(summary.calls).toHaveLength(12)
    expect(summary.bytes).toBeLessThanOrEqual(4.5 * bytes)
    expect(summary.calls.at(-1)?.onDisk).toBe(true)
    expect(filesOf()).toHaveLength(summary.calls.filter((call) => call.onDisk).length)
    await expect(
      store.pool.read(placeInRun('a', 'student-1'), summary.calls.find((call) => !call.onDisk)?.call ?? 0),
    ).rejects.toMatchObject({ name: 'RefusedInputError' })
  })

  it('writes no image grid without a budget', async () => {
    store.runs.insert(detail('a'))
    await addCall(callOf(1, 4), 0)
    expect(store.pool.summary(placeInRun('a', 'student-1'))).toMatchObject({
      bytes: 0,
      calls: [{ call: 1, onDisk: false }],
    })
  })

  it('forgets the calls after a checkpoint; their grids are the trainer’s, which writes them again', async () => {
    store.runs.insert(detail('a'))
    for (let call = 1; call <= 3; call++) await addCall(callOf(call, 4 * call), 1e9)
    store.pool.truncate(placeInRun('a', 'student-1'), 2, { budgetBytes: 1e9 })
    expect(store.pool.summary(placeInRun('a', 'student-1')).calls.map(({ call }) => call)).toEqual([1])
    expect(filesOf()).toHaveLength(3)
  })

  it.each([
    [[1, 1, 1], 3, []],
    [[1, 1, 1, 1], 3, [2]],
    [[9], 3, [1]],
    [[1, 1, 1, 1, 1, 1, 1, 1], 2, [2, 3, 4, 5, 6, 7]],
  ])('image grids of %j within %i give up %j', (sizes, budget, dropped) => {
    expect(
      callsToDrop(
        sizes.map((bytes, index) => ({ call: index + 1, bytes })),
        budget,
      ),
    ).toEqual(dropped)
  })
})

/** As the trainer and control do it: the grid, then its row. */
async function addImages(stageId: string, images: SyntheticImages, keptSteps: number): Promise<void> {
  const { pixels: _pixels, ...labels } = images
  const { grid } = await picturesOf(stageId).images(images)
  const place = placeInRun('a', stageId)
  store.images.index(place, labels, { bytes: grid?.bytes ?? 0, keptSteps })
  await store.images.release(place, images.step, { keptSteps })
}

describe('images', () => {
  it('come back pixel for pixel with their labels', async () => {
    store.runs.insert(detail('a'))
    const images = imagesAt(fakeCatalogue.defaults, 1, 5, 10, 13)
    await addImages('student-2', images, 200)
    expect(await reopen().images.read(placeInRun('a', 'student-2'), 5)).toEqual(images)
    expect(readdirSync(join(folder, 'runs', 'a', 'student-2', 'images'))).toEqual(['000000005.png'])
  })

  it('in grey stay grey', async () => {
    store.runs.insert(detail('a'))
    const images: SyntheticImages = {
      step: 1,
      count: 3,
      height: 4,
      width: 5,
      channels: 1,
      pixels: Uint8Array.from({ length: 60 }, (_, index) => index * 4),
    }
    await addImages('student-1', images, 200)
    expect(await store.images.read(placeInRun('a', 'student-1'), 1)).toEqual(images)
  })

  it('never exceed their budget, and files go with their rows', async () => {
    store.runs.insert(detail('a'))
    for (let step = 1; step <= 30; step++)
      await addImages('student-1', imagesAt(fakeCatalogue.defaults, 0, step, 30, 1), 8)
    const kept = store.images.steps(placeInRun('a', 'student-1'))
    expect(kept.length).toBeLessThanOrEqual(8)
    expect(kept[0]).toBe(1)
    expect(kept.at(-1)).toBe(30)
    expect(readdirSync(join(folder, 'runs', 'a', 'student-1', 'images'))).toHaveLength(kept.length)
  })

  it('told again after it was thinned stays away', async () => {
    store.runs.insert(detail('a'))
    for (let step = 1; step <= 4; step++)
      await addImages('student-1', imagesAt(fakeCatalogue.defaults, 0, step, 30, 1), 3)
    const { pixels: _pixels, ...labels } = imagesAt(fakeCatalogue.defaults, 0, 2, 30, 1)
    store.images.index(placeInRun('a', 'student-1'), labels, { bytes: 1, keptSteps: 3 })
    expect(store.images.steps(placeInRun('a', 'student-1'))).toEqual([1, 3, 4])
  })

  it('name the file when it is damaged', async () => {
    store.runs.insert(detail('a'))
    await addImages('student-1', imagesAt(fakeCatalogue.defaults, 0, 1, 30, 1), 8)
    writeFileSync(join(folder, 'runs', 'a', 'student-1', 'images', '000000001.png'), 'no image')
    await expect(store.images.read(placeInRun('a', 'student-1'), 1)).rejects.toMatchObject({
      name: 'UserError',
      message: 'The images of this step cannot be read.',
    })
  })

  it.each([
    [[1, 2, 3], 3, []],
    [[1, 2, 3, 4], 3, [2]],
    [[1, 2, 3, 4, 5], 4, [2, 4]],
    [[1, 2], 1, [1]],
  ])('%j within %i give up %j', (steps, budget, dropped) => {
    expect(stepsToDrop(steps, budget)).toEqual(dropped)
  })
})

describe('the database', () => {
  it('that is no database is moved aside and begun anew from the mirrors', async () => {
    store.runs.insert(detail('a'))
    const fs = await import('node:fs/promises')
    await fs.mkdir(store.runFolder('a'), { recursive: true })
    await store.mirror('a')
    store.close()
    writeFileSync(join(folder, databaseName), 'this is no database, whatever it is called'.repeat(200))
    rmSync(join(folder, `${databaseName}-wal`), { force: true })
    store = openStore(folder)
    expect(store.repaired).toMatchObject({ restored: 1 })
    expect(store.runs.summary('a').name).toBe(fakeCatalogue.defaults.name)
    expect(existsSync(store.repaired?.movedTo ?? '')).toBe(true)
    expect(readFileSync(store.repaired?.movedTo ?? '', 'utf8')).toContain('no database')
  })

  it('of a newer version is refused and left alone', () => {
    const database = openDatabase(join(folder, databaseName))
    database.run('PRAGMA user_version = 99')
    database.close()
    store.close()
    expect(() => openStore(folder)).toThrow('newer version')
    expect(() => openDatabase(join(folder, databaseName))).toThrow('newer version')
    rmSync(folder, { recursive: true, force: true })
    store = openStore(folder)
  })

  it('rolls back a transaction that throws', () => {
    const database = openDatabase(join(folder, 'other.sqlite'))
    expect(() =>
      database.transaction(() => {
        database.run("INSERT INTO settings (key, value) VALUES ('a', '1')")
        throw new Error('stop')
      }),
    ).toThrow('stop')
    expect(database.get('SELECT count(*) AS n FROM settings')).toMatchObject({ n: 0 })
    database.close()
  })
})

describe('series of earlier versions', () => {
  const metricNames = new Map([['svPenalty', 'sv.penalty']])
  const point = (name: string, step: number, value: number) => ({ name: name as 'loss', step, value })
  const read = async (opened: typeof store) => {
    const series = await opened.metrics.read(placeInRun('a', 'student-1'))
    return Object.fromEntries(
      Object.entries(series).map(([name, { steps, values }]) => [name, [[...steps], [...values]]]),
    )
  }
  beforeEach(() => {
    store.runs.insert(detail('a'))
    store.metrics.append(placeInRun('a', 'student-1'), [
      point('svPenalty', 1, -1),
      point('svPenalty', 2, -2),
      point('loss', 1, 3),
    ])
    store.metrics.flush()
  })

  it('open under today’s names, also where they may not be renamed', async () => {
    const wanted = {
      'sv.penalty': [
        [1, 2],
        [-1, -2],
      ],
      loss: [[1], [3]],
    }
    const reader = openStore(folder, { readOnly: true, metricNames })
    expect(await read(reader)).toEqual(wanted)
    expect(Object.keys(await reader.metrics.read(placeInRun('a', 'student-1'), { names: ['svPenalty'] }))).toEqual([
      'sv.penalty',
    ])
    reader.close()
    store.close()
    store = openStore(folder, { metricNames })
    expect(await read(store)).toEqual(wanted)
    store.close()
    store = openStore(folder)
    expect(await read(store)).toEqual(wanted)
  })

  it('and of today’s are one curve', async () => {
    store.metrics.append(placeInRun('a', 'student-1'), [point('sv.penalty', 2, -9), point('sv.penalty', 3, -3)])
    store.metrics.flush()
    const wanted = {
      'sv.penalty': [
        [1, 2, 3],
        [-1, -9, -3],
      ],
      loss: [[1], [3]],
    }
    const reader = openStore(folder, { readOnly: true, metricNames })
    expect(await read(reader)).toEqual(wanted)
    reader.close()
    store.close()
    store = openStore(folder, { metricNames })
    expect(await read(store)).toEqual(wanted)
    store.close()
    store = openStore(folder)
    expect(await read(store)).toEqual(wanted)
  })
})

describe('a store that is read only', () => {
  it('reads what is there and changes nothing', () => {
    store.runs.insert(detail('a'))
    const reader = openStore(folder, { readOnly: true })
    expect(reader.runs.list(false).map((run) => run.id)).toEqual(['a'])
    expect(() => reader.setSettings({ threads: 3 })).toThrow()
    reader.close()
    expect(reopen().settings().threads).toBe(0)
  })

  it('makes no store, migrates none and repairs none', () => {
    const empty = join(folder, 'empty')
    expect(() => openStore(empty, { readOnly: true })).toThrow('has no runs yet')
    expect(existsSync(empty)).toBe(false)
    const file = join(folder, 'old.sqlite')
    openDatabase(file).close()
    const old = openDatabase(file)
    old.get('PRAGMA user_version = 1')
    old.close()
    expect(() => openDatabase(file, { readOnly: true })).toThrow('older version')
  })
})
