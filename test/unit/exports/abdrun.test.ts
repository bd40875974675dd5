import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { compareRuns } from '../../../src/main/engine/control/exports/compareRuns'
import { openRunFile } from '../../../src/main/engine/control/exports/runFile'
import { newRun } from '../../../src/main/engine/control/runs/newRun'
import type { RunRequest } from '../../../src/main/engine/control/runs/runMaker'
import { readRunFile, reproduce, reproductionVerdict } from '../../../src/main/engine/control/exports/reproduce'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { placeInRun, type RunStore } from '../../../src/main/engine/control/store'
import { decodeSeries, encodeSeries } from '../../../src/main/engine/families/runExporters/abdrun/series'
import { zipChunks, type ZipEntry } from '../../../src/main/engine/weights/zipWriter'
import { verdictSentence, type ExperimentConfig } from '../../../src/shared/domain'
import { fakeCatalogue, fakeFamilies } from '../../fakes/catalogue'
import { createFakeData } from '../../fakes/services'
import { finishedRun } from '../../fixtures/finishedRun'
import { temporaryFolder } from '../importers/craft/files'
import { zipOf } from '../importers/craft/zip'
import { exported } from './support'

const base = temporaryFolder()
let store: RunStore
let file = ''

beforeAll(async () => {
  store = await finishedRun(join(base, 'workspace'))
  file = join(base, 'run.abdrun')
  await exported(store, { format: 'abdrun', target: file })
})

const table = memberTable(fakeFamilies)
const requests: RunRequest[] = []
/** Makes records, trains nothing. */
const maker = {
  startable: (config: unknown) => Promise.resolve(config as ExperimentConfig),
  prepare: () => Promise.resolve(),
  deviceOf: () => 'cpu',
  book: {},
  create(asked: readonly RunRequest[]) {
    requests.push(...asked)
    return asked.map(({ config, reproduces }, index) => {
      const id = `again-${requests.length}-${index}`
      store.runs.insert(newRun({ id, config, createdAt: 1, reproduces }))
      return store.runs.peek(id)
    })
  },
} as never
const again = (
  path: string,
  { accept, changes, sha256 }: { accept?: string[]; changes?: Record<string, unknown>; sha256?: string } = {},
) =>
  reproduce(
    { file: path, accept, changes },
    {
      store,
      table,
      maker,
      version: '1.2.3',
      assertPaths: () => Promise.resolve(),
      dataPrint: async ({ data }) => {
        const print = await createFakeData().print(data, () => undefined)
        return { ...print, sha256: sha256 ?? print.sha256 }
      },
    },
    { signal: undefined, progress: () => undefined },
  )
/** The run's numbers, recorded again; `change` alters some. */
async function recordAgain(
  id: string,
  change: (stageId: string, metric: string, step: number, value: number) => number,
) {
  for (const { id: stageId, step, evaluation } of store.runs.peek('r').stages) {
    const series = await store.metrics.read(placeInRun('r', stageId))
    for (const [name, { steps, values }] of Object.entries(series))
      store.metrics.append(
        placeInRun(id, stageId),
        [...steps].map((at, index) => ({
          name: name as 'loss',
          step: at,
          value: change(stageId, name, at, values[index] ?? NaN),
        })),
      )
    store.stages.update(placeInRun(id, stageId), { state: 'done', step, evaluation })
  }
}

describe('a run’s file', () => {
  it('tells what decides the result, and every recorded number but those of the machine', async () => {
    const opened = await openRunFile(file)
    const { description } = opened
    expect(description.config).toEqual(store.runs.config('r'))
    expect(description.product).toMatchObject({ version: '1.2.3', numerics: 1 })
    expect(description.data).toMatchObject({ images: 6000 })
    expect(description.stages.map(({ id, steps }) => `${id} ${steps}`)).toEqual([
      'data 1',
      'teacher 40',
      'student-1 40',
      'student-2 40',
    ])
    const recorded = await store.metrics.read(placeInRun('r', 'student-1'))
    const series = await opened.series('student-1')
    expect(series.map(({ metric }) => metric)).not.toContain('imagesPerSecond')
    for (const { metric, series: found } of series) expect(found).toEqual(recorded[metric])
    opened.close()
  })

  it('describes itself to whoever looks at it', async () => {
    const summary = await readRunFile(file, { version: '2.0.0' })
    expect(summary).toMatchObject({ runId: 'r', seed: 0, files: [] })
    expect(summary.stages.map(({ name }) => name)).toEqual(['Teacher', 'No defense', 'Shuffling Vaccine'])
    expect(summary.remarks).toEqual(['It was made by version 1.2.3; this is 2.0.0. Numbers may differ.'])
  })

  it('is refused of a run that goes on from another one', async () => {
    const other = await finishedRun(join(base, 'fork'))
    other.runs.update('r', { forkedFrom: { runId: 'x', runName: 'X', stageId: 'student-1', step: 3 } })
    const target = join(base, 'fork.abdrun')
    await expect(exported(other, { format: 'abdrun', target })).rejects.toThrow('another run’s checkpoint')
  })
})

const crafted = (name: string, entries: readonly ZipEntry[]): string => {
  const path = join(mkdtempSync(join(base, 'crafted-')), name)
  writeFileSync(path, Buffer.concat(zipChunks(entries)))
  return path
}
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

describe('a file that is none of ours', () => {
  const cases: readonly (readonly [string, () => string, string])[] = [
    ['nothing', () => join(base, 'absent.abdrun'), 'nothing at that path'],
    ['a folder', () => base, 'no regular file'],
    ['no archive', () => write('text', Buffer.from('hello')), 'End of central directory'],
    ['a cut archive', () => write('cut', readFileSync(file).subarray(0, -30)), ''],
    ['without a description', () => crafted('x', [{ name: 'a', bytes: json(1) }]), 'without a description'],
    ['of a later version', () => crafted('x', [{ name: 'abdrun.json', bytes: json({ format: 9 }) }]), 'later version'],
    ['of another shape', () => crafted('x', [{ name: 'abdrun.json', bytes: json({ format: 1 }) }]), 'product'],
    ['with a path', () => crafted('x', [{ name: '../../evil', bytes: json(1) }]), 'invalid relative path'],
    [
      'with two descriptions',
      () =>
        crafted(
          'x',
          [1, 2].map((value) => ({ name: 'abdrun.json', bytes: json(value) })),
        ),
      'two entries of one name',
    ],
  ]
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(mkdtempSync(join(base, 'crafted-')), name)
    writeFileSync(path, bytes)
    return path
  }
  it.each(cases)('%s: refused with what it is', async (_, path, got) => {
    await expect(openRunFile(path())).rejects.toMatchObject({
      name: 'RefusedInputError',
      got: expect.stringContaining(got) as string,
    })
  })

  it('with a description that claims or unpacks to more than is read: refused', async () => {
    const bytes = deflateRawSync(Buffer.alloc(40 << 20, ' '))
    const claims = { name: 'abdrun.json', bytes, method: 8, compressed: bytes.length }
    for (const [uncompressed, got] of [
      [40 << 20, 'where at most'],
      [1000, 'too many bytes'],
    ] as const)
      await expect(openRunFile(write('bomb', zipOf([{ ...claims, uncompressed }])))).rejects.toMatchObject({
        got: expect.stringContaining(got) as string,
      })
  })

  it('with fewer numbers than it says: refused when they are read', async () => {
    const opened = await openRunFile(file)
    const { description } = opened
    opened.close()
    const stages = description.stages.map((stage) => ({ ...stage, series: [{ metric: 'loss', points: 1_000_000 }] }))
    const short = await openRunFile(
      crafted('x', [
        { name: 'abdrun.json', bytes: json({ ...description, stages }) },
        { name: 'series/teacher.f64', bytes: new Uint8Array(16) },
      ]),
    )
    await expect(short.series('teacher')).rejects.toMatchObject({
      got: expect.stringContaining('other numbers') as string,
    })
    short.close()
  })
})

describe('abd reproduce', () => {
  it('begins a run with every stage anew, by a name that says so', async () => {
    const made = await again(file)
    expect(made.name).toBe(`${fakeCatalogue.defaults.name} (reproduced)`)
    expect(made.reproduces).toEqual({ runId: 'r', runName: fakeCatalogue.defaults.name })
    expect(requests.at(-1)).toMatchObject({ fresh: true })
    await recordAgain(made.id, (_stage, _metric, _step, value) => value)
    const verdict = await reproductionVerdict(made.id, store)
    expect(verdict).toMatchObject({ isDone: true, first: null, finals: [] })
    expect(verdictSentence(verdict)).toMatch(/^Identical: [\d,]+ recorded numbers\.$/)
  })

  it('says where it first differs, by step and quantity', async () => {
    const { id } = await again(file)
    await recordAgain(id, (stage, metric, step, value) =>
      stage === 'student-1' && step >= 12 && metric === 'studentLoss' ? value + 0.5 : value,
    )
    const { accuracy } = store.stages.get(placeInRun('r', 'student-1')).evaluation ?? { accuracy: 0 }
    const evaluation = store.stages.get(placeInRun('r', 'student-1')).evaluation
    store.stages.update(placeInRun(id, 'student-1'), {
      evaluation: evaluation && { ...evaluation, accuracy: accuracy / 2 },
    })
    const verdict = await reproductionVerdict(id, store)
    expect(verdict.first).toMatchObject({ stageId: 'student-1', step: 12, metric: 'studentLoss' })
    const sentence = verdictSentence(
      verdict,
      (name) => ({ studentLoss: 'Student loss', accuracy: 'accuracy' })[name] ?? name,
    )
    expect(sentence).toMatch(
      /^First difference: No defense, step 12, Student loss [\d.]+ instead of [\d.]+; final accuracy of No defense/,
    )
  })

  it('compares what is done so far', async () => {
    const { id } = await again(file)
    const { loss } = await store.metrics.read(placeInRun('r', 'teacher'))
    store.metrics.append(placeInRun(id, 'teacher'), [{ name: 'loss', step: 1, value: loss?.values[0] ?? NaN }])
    store.stages.update(placeInRun(id, 'teacher'), { state: 'running', step: 0 })
    expect(await reproductionVerdict(id, store)).toEqual({ isDone: false, points: 0, first: null, finals: [] })
  })

  it('refuses another data set, unless that is accepted', async () => {
    await expect(again(file, { sha256: '0'.repeat(64) })).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'data',
      action: expect.stringContaining('--accept data') as string,
    })
    await again(file, { sha256: '0'.repeat(64), accept: ['data'] })
    expect(requests.at(-1)?.note).toContain('The data set holds other images or labels than the run’s.')
  })

  it('refuses another teacher’s file, takes the one that came along, and one that is named', async () => {
    const folder = mkdtempSync(join(base, 'teacher-'))
    const teacher = join(folder, 'teacher.pth')
    writeFileSync(teacher, 'weights')
    const defaults = fakeCatalogue.defaults
    const config = { teacher: { ...defaults.teacher, source: 'file' as const, file: teacher } }
    const other = await finishedRun(join(folder, 'workspace'), { config })
    const [bare, whole] = [join(folder, 'bare.abdrun'), join(folder, 'whole.abdrun')]
    await exported(other, { format: 'abdrun', target: bare })
    await exported(other, { format: 'abdrun', target: whole, params: { files: true } })
    writeFileSync(teacher, 'others')
    await expect(again(bare)).rejects.toMatchObject({
      where: 'teacher.file',
      got: expect.stringContaining('teacher.pth') as string,
    })
    await again(whole)
    const { file: used } = requests.at(-1)?.config.teacher ?? { file: '' }
    expect(readFileSync(used, 'utf8')).toBe('weights')
    expect(used.startsWith(join(store.folder, 'reproduced'))).toBe(true)
    mkdirSync(join(folder, 'kept'))
    writeFileSync(join(folder, 'kept', 'same.pth'), 'weights')
    await again(bare, { changes: { 'teacher.file': join(folder, 'kept', 'same.pth') } })
    expect(requests.at(-1)?.config.teacher.file).toBe(join(folder, 'kept', 'same.pth'))
  })
})

describe('numbers of a run’s file', () => {
  // Node hands out small buffers from one pool: they begin anywhere in it.
  it.each([0, 1, 3, 1000])('come back as they were, %i points', (points) => {
    const column = (from: number): Float64Array => Float64Array.from({ length: points }, (_, index) => from + index)
    const all = ['a', 'b'].map((metric, index) => ({ metric, series: { steps: column(1), values: column(index / 3) } }))
    const pooled = Buffer.concat([Buffer.from('x'), encodeSeries(all)]).subarray(1)
    const index = all.map(({ metric }) => ({ metric, points }))
    expect(decodeSeries(pooled, index)).toEqual(all)
    if (points > 0) expect(decodeSeries(pooled.subarray(1), index)).toBeNull()
  })
})

describe('comparing', () => {
  const series = (steps: number[], values: number[]) => ({
    steps: Float64Array.from(steps),
    values: Float64Array.from(values),
  })
  const compare = async (before: Record<string, [number[], number[]]>, after: Record<string, [number[], number[]]>) => {
    const named = Object.entries(before).map(([metric, pair]) => ({ metric, series: series(...pair) }))
    const { first } = await compareRuns(
      {
        description: { stages: [{ id: 'teacher', name: 'Teacher', steps: 3, evaluation: null } as never] },
        series: () => Promise.resolve(named),
      },
      {
        stage: () => ({ isDone: true, step: 3, evaluation: null }),
        metrics: () =>
          Promise.resolve(Object.fromEntries(Object.entries(after).map(([name, pair]) => [name, series(...pair)]))),
      },
    )
    return first && [first.step, first.metric, first.before, first.again]
  }
  it.each([
    [
      'the same, NaN too',
      {
        a: [
          [1, 2],
          [1, NaN],
        ],
      },
      {
        a: [
          [1, 2],
          [1, NaN],
        ],
      },
      null,
    ],
    [
      'the lowest step of several',
      {
        a: [
          [1, 2],
          [1, 2],
        ],
        b: [
          [1, 2],
          [5, 6],
        ],
      },
      {
        a: [
          [1, 2],
          [1, 3],
        ],
        b: [
          [1, 2],
          [4, 6],
        ],
      },
      [1, 'b', 5, 4],
    ],
    [
      'what was not recorded',
      {
        a: [
          [1, 2],
          [1, 2],
        ],
      },
      { a: [[2], [2]] },
      [1, 'a', 1, null],
    ],
    ['a quantity that is not there', { a: [[1], [1]] }, {}, [1, 'a', 1, null]],
    [
      'what is recorded more often',
      { a: [[2], [2]] },
      {
        a: [
          [1, 2, 3],
          [1, 2, 3],
        ],
      },
      null,
    ],
  ] as const)('%s', async (_, before, after, wanted) => {
    expect(await compare(before as never, after as never)).toEqual(wanted)
  })
})
