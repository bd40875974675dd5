import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAxis } from '../../../src/main/cli/commands/study/parts/definition'
import { runProgram } from '../../../src/main/cli/program'
import type { CallArgs, EngineCallName } from '../../../src/shared/contract'
import type { StudyDetail, StudySummary } from '../../../src/shared/domain'
import { createFakeEngine, type FakeEngine, type FakeEngineOptions } from '../../fakes/engine'
import { removeFolder } from '../../fixtures/removeFolder'

let engine: FakeEngine
let folder: string
/** Calls that came in, with what they were given. */
let given: [name: EngineCallName, args: unknown][]
/** Told at every progress line. */
let onProgress: (line: string) => void

const begin = (options: FakeEngineOptions = { stepMilliseconds: 1 }): void => {
  engine = createFakeEngine(options)
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-study-'))
  given = []
  onProgress = () => undefined
  begin()
})
afterEach(async () => {
  engine.dispose()
  await removeFolder(folder)
})

interface Ended {
  code: number
  results: string[]
  told: string
}

const abd = (...line: string[]): Promise<Ended> => program('study', ...line)

async function program(...line: string[]): Promise<Ended> {
  const results: string[] = []
  const told: string[] = []
  const client = {
    ...engine,
    onConnection: () => () => undefined,
    call: <K extends EngineCallName>(name: K, args: CallArgs<K>) => {
      given.push([name, args])
      return engine.call(name, args)
    },
  }
  const code = await runProgram(line, {
    version: '0',
    serve: () => Promise.resolve(0),
    recognize: () => Promise.reject(new Error('not asked')),
    output: {
      result: (text) => results.push(text),
      tell: (text) => told.push(text),
      progress: (text) => onProgress(text),
      endProgress: () => undefined,
    },
    connect: () => Promise.resolve({ client: client as never, dispose: () => Promise.resolve() }),
  })
  return { code, results, told: told.join('\n') }
}
const json = <Value>({ results }: Ended): Value => JSON.parse(results.at(-1) ?? '') as Value

/** Two triggers, two seeds: cells of a few steps. */
const tiny = [
  '--preset',
  'quick',
  '--set',
  'teacher.training.epochs=1',
  '--set',
  'distillation.method.params.pseudoBatches=3',
  '--axis',
  'attack.id=badnet_grid,blend',
  '--axis',
  'defenses=none,sv',
]

describe('abd study start', () => {
  it('stays to the end and closes with one line; ends with 0', async () => {
    const lines: string[] = []
    onProgress = (line) => lines.push(line)
    const ended = await abd('start', ...tiny, '--seeds', '0-2', '--json')
    expect(ended.told).not.toContain('error')
    expect(ended.code).toBe(0)
    expect(ended.results).toHaveLength(1)
    const line = json<{ study: string; stages: object; seconds: number }>(ended)
    expect(Object.keys(line)).toEqual(['study', 'state', 'cells', 'stages', 'seconds'])
    expect(line).toMatchObject({ state: 'done', cells: { done: 12, failed: 0 } })
    expect(Object.keys(line.stages)).toEqual(['trained', 'reused'])
    expect(line.seconds).toBeGreaterThan(0)
    expect(lines.some((text) => /\d+ of 12 cells done.*, 1 running, .* left$/.test(text))).toBe(true)
    const study = await engine.call('studies.get', { studyId: line.study })
    expect(study.axes.map(({ path, labels }) => [path, labels])).toEqual([
      ['attack.id', ['badnet_grid', 'blend']],
      ['defenses', ['none', 'sv']],
      ['seed', ['0', '1', '2']],
    ])
    const runs = await engine.call('studies.runs', { studyId: line.study })
    expect(new Set(runs.map(({ attack }) => attack))).toEqual(new Set(['badnet_grid', 'blend']))
  })

  it('says with --dry-run what it would mean, and starts nothing', async () => {
    const ended = await abd('start', ...tiny, '--seeds', '0-2', '--dry-run', '--json')
    expect(ended.code).toBe(0)
    expect(ended.results).toHaveLength(1)
    const plan = json<{ cells: number; stages: Record<string, number>; seconds: number; bytes: number }>(ended)
    expect(Object.keys(plan)).toEqual(['cells', 'stages', 'seconds', 'bytes'])
    expect(plan.cells).toBe(12)
    expect(Object.keys(plan.stages)).toEqual(['asked', 'new', 'reused'])
    expect(plan.stages.new).toBeLessThan(plan.stages.asked ?? 0)
    expect(await engine.call('studies.list', {})).toEqual([])
    const words = await abd('start', ...tiny, '--dry-run')
    expect(words.results[0]).toContain('  0: attack.id badnet_grid, defenses none')
    expect(words.results[0]).toMatch(/4 cells ask for \d+ stages: \d+ to be trained, 0 there already/)
  })

  it('begins with a ready-made study, whose axes those of the flags take the place of', async () => {
    const ended = await abd(
      'start',
      '--preset',
      'small',
      '--axis',
      'attack.id=blend',
      '--seeds',
      '5',
      '--dry-run',
      '--json',
    )
    expect(json<{ cells: number }>(ended).cells).toBe(2)
    const [, args] = given.find(([name]) => name === 'studies.plan') ?? []
    expect((args as CallArgs<'studies.plan'>).definition.axes).toMatchObject([
      { path: 'attack', values: [{ label: 'blend', value: { id: 'blend' } }] },
      { path: 'defenses' },
      { path: 'seed', values: [{ label: '5', value: 5 }] },
    ])
  })

  it('reads a study file, over which flags say name, executor, order and base', async () => {
    const file = join(folder, 'study.yml')
    writeFileSync(file, 'name: From a file\npreset: quick\naxes:\n  attack: [blend]\n  seed: 0..1\n')
    const flags = ['--name', 'Mine', '--executor', 'local', '--order', 'asListed', '--priority', '3', '--note', 'why']
    const set = ['--set', 'students.0.defenses=[]', '--set', 'poisoning.ratio=0.2']
    const ended = await abd('start', file, ...flags, ...set, '--dry-run', '--json')
    expect(ended.told).toBe('')
    expect(ended.code).toBe(0)
    const [, args] = given.find(([name]) => name === 'studies.plan') ?? []
    const { definition } = args as CallArgs<'studies.plan'>
    expect(definition).toMatchObject({ name: 'Mine', note: 'why', executor: 'local', order: 'asListed', priority: 3 })
    expect(definition.base).toMatchObject({ preset: 'quick', config: { poisoning: { ratio: 0.2 } } })
    expect(definition.axes.map(({ path }) => path)).toEqual(['attack', 'seed'])
  })

  it('takes values as JSON, one, several or a list', () => {
    const sv = (layers: number) => [{ id: 'sv', params: { layers } }]
    const both = [sv(3), sv(5)].map((list) => JSON.stringify(list)).join(',')
    expect(parseAxis(`defenses=${both}`).values).toEqual([sv(3), sv(5)])
    expect(parseAxis(`defenses=[${both}]`).values).toEqual([sv(3), sv(5)])
    expect(parseAxis('attack={"id":"blend"},{"id":"sig"}').values).toEqual([{ id: 'blend' }, { id: 'sig' }])
    expect(parseAxis('attack={"id":"blend"}').values).toEqual([{ id: 'blend' }])
    expect(parseAxis('attack=blend, sig').values).toEqual(['blend', 'sig'])
    expect(parseAxis('teacher.file=[a].pt,b.pt').values).toEqual(['[a].pt', 'b.pt'])
  })

  it('names the cells that cannot be, starts none and ends with 2', async () => {
    const ended = await abd('start', ...tiny, '--axis', 'poisoning.ratio=0.1,7')
    expect(ended.code).toBe(2)
    expect(ended.told).toMatch(/error: poisoning\.ratio wanted a value from 0 to 1.*\(cells /)
    expect(await engine.call('studies.list', {})).toEqual([])
  })

  it.each([
    [['start'], 'wants a study'],
    [['start', '/nowhere/study.yml'], 'cannot be read'],
    [['start', '--preset', 'smal'], '"small"'],
    [['start', 'x.yml', '--preset', 'small'], 'a file or with a preset'],
    [['start', '--axis', 'attack'], '--axis takes path=value,value'],
    [['start', '--axis', 'attack='], '--axis takes path=value,value'],
    [['start', '--axis', 'atack=blend'], '"attack"'],
    [['start', '--axis', 'defenses=[{id:sv}]'], 'begin as JSON and are none'],
    [['start', '--axis', 'attack=magic'], 'no attack called "magic"'],
    [['start', '--axis', 'attack=blend,magic'], 'where: the axis attack'],
    [['start', '--seeds', '0-2', '--axis', 'seed=1'], 'given twice'],
    [['start', '--seeds', 'x'], ''],
    [['show', 'nope'], 'There is no study "nope"'],
    [['extend', 'latest'], 'There is no study "latest"'],
    [['export', 'latest', '--format', 'xls'], ''],
    [['export', 'latest', '--value', 'asrr'], 'no such value'],
    [['export', 'latest', '--out', 'table.xyz'], 'does not tell the format'],
    [['frobnicate'], ''],
  ])('%j is refused with 2 and a sentence', async (line, sentence) => {
    const { code, told } = await abd(...line)
    expect(told).toContain(sentence)
    expect(code).toBe(2)
  })

  it('ends with 1 where a cell fails, with its reason, and the others go on', async () => {
    begin()
    onProgress = () => {
      // The fake engine's runs never fail: the cell that runs is taken away.
      onProgress = () => undefined
      void engine.call('studies.cancel', { studyId: 'study-1', cells: [0] })
    }
    const ended = await abd('start', ...tiny, '--json')
    expect(ended.code).toBe(1)
    expect(json(ended)).toMatchObject({ state: 'done', cells: { done: 3, failed: 0 } })
    expect(ended.told).toContain('abd study retry study-1')
    const again = await abd('retry', 'latest', '--json')
    expect(again.code).toBe(0)
    expect(json(again)).toMatchObject({ cells: { done: 4 } })
  })

  it('pauses at Ctrl+C and ends with 130; resume goes on to the end', async () => {
    begin({ stepMilliseconds: 2 })
    onProgress = () => {
      onProgress = () => undefined
      process.emit('SIGINT')
    }
    const ended = await abd('start', ...tiny, '--json')
    expect(ended.code).toBe(130)
    expect(ended.told).toContain('Ctrl+C again leaves at once')
    expect(json(ended)).toMatchObject({ state: 'paused' })
    const resumed = await abd('resume', 'study', '--json')
    expect(resumed.code).toBe(0)
    expect(json(resumed)).toMatchObject({ state: 'done', cells: { done: 4 } })
  })

  it('leaves at a second Ctrl+C', async () => {
    begin({})
    onProgress = () => {
      onProgress = () => undefined
      process.emit('SIGINT')
      process.emit('SIGINT')
    }
    const ended = await abd('start', ...tiny, '--json')
    expect(ended.code).toBe(130)
    expect(json(ended)).toMatchObject({ study: 'study-1' })
  })
})

describe('a study that was started', () => {
  const started = async (): Promise<string> =>
    json<{ study: string }>(await abd('start', ...tiny, '--seeds', '0-2', '--detach', '--json')).study

  it('is left with --detach, listed, shown, paused, cancelled and watched', async () => {
    begin({})
    const id = await started()
    const [listed] = json<StudySummary[]>(await abd('list', '--json'))
    expect(listed?.id).toBe(id)
    expect((await abd('list')).results[0]).toMatch(/study-1 .* running +0 of 12/)
    expect(json<StudyDetail>(await abd('show', 'latest', '--json')).list).toHaveLength(12)
    const shown = (await abd('show', id)).results[0] ?? ''
    expect(shown).toContain('cell  attack.id    defenses  seed  state')
    expect(json(await abd('pause', 'stu', '--json'))).toMatchObject({ study: id })
    expect(json(await abd('cancel', id, '--cells', '1,3-4', '--json'))).toMatchObject({ study: id })
    const detail = await engine.call('studies.get', { studyId: id })
    expect(detail.list.filter(({ state }) => state === 'cancelled').map(({ index }) => index)).toEqual([1, 3, 4])
    expect((await abd('watch', id, '--json')).code).toBe(130)
    await abd('cancel', id)
    expect(json(await abd('watch', id, '--json'))).toMatchObject({ study: id, state: 'cancelled' })
  })

  it('is extended by seeds, which alone are new', async () => {
    const id = json<{ study: string }>(await abd('start', ...tiny, '--seeds', '0', '--json')).study
    const extended = await abd('extend', id, '--seeds', '1-2', '--json')
    expect(extended.code).toBe(0)
    expect(json(extended)).toMatchObject({ study: id, cells: { done: 12 } })
  })

  it('is exported in every format, by default as tables are read', async () => {
    expect((await abd('start', ...tiny, '--seeds', '0-2')).code).toBe(0)
    const { rows } = json<{ rows: { axes: Record<string, string>; accuracy: { n: number; std: number } }[] }>(
      await abd('export', 'latest', '--format', 'json'),
    )
    expect(rows.map(({ axes }) => axes)).toEqual([
      { 'attack.id': 'badnet_grid', defenses: 'none' },
      { 'attack.id': 'badnet_grid', defenses: 'sv' },
      { 'attack.id': 'blend', defenses: 'none' },
      { 'attack.id': 'blend', defenses: 'sv' },
    ])
    expect(rows.every(({ accuracy }) => accuracy.n === 3 && accuracy.std > 0)).toBe(true)
    const markdown = (await abd('export', 'latest')).results[0] ?? ''
    expect(markdown.split('\n')[0]).toMatch(
      /^\| attack\S* \| none · Accuracy \(%\) \| none · ASR \(%\) \| sv · Accuracy/i,
    )
    expect(markdown).toContain('n = 3 seeds')
    const columns = ['--rows', 'defenses', '--columns', 'seed', '--value', 'der', '--statistic', 'median']
    const csv = (await abd('export', 'latest', ...columns, '--format', 'csv')).results[0] ?? ''
    expect(csv.split('\r\n')[0]).toMatch(
      /^defenses,seed,seeds,failed,unfinished,left out,left out because,mixed,precision,computed with,der mean,/,
    )
    // Defended cells find their twins in other runs.
    expect(csv.split('\r\n').at(-1)).toMatch(/^sv,2,2,0,0,0,,attack.id,float32,[^,]*,0\.\d+,/)
    const latex = await abd('export', 'latest', '--format', 'latex', '--bold', 'row', '--significance')
    expect(latex.results[0]).toContain('\\toprule')
    const against = await abd('export', 'latest', '--against', 'sv', '--differences')
    expect(against.results[0]).toMatch(/\(n=3; −?\S+ \\\[.*p=\d|\(−?\+?\S+ \\\[.*p[=\\]/)
    expect(against.results[0]).toContain('paired t test against "sv"')
    const unknown = await abd('export', 'latest', '--against', 'sx')
    expect([unknown.code, unknown.told]).toEqual([2, expect.stringContaining('wanted: none, sv') as string])
    const teachers = json<{ rows: object[] }>(await abd('export', 'latest', '--format', 'json', '--models', 'teachers'))
    expect(teachers.rows).toHaveLength(2)
    expect((await abd('export', 'latest', '--rows', 'atack')).code).toBe(2)
  })

  it('is exported to a new file, whose name tells the format', async () => {
    expect((await abd('start', ...tiny)).code).toBe(0)
    const out = join(folder, 'table.tex')
    expect(json(await abd('export', 'latest', '--out', out, '--json'))).toEqual({ path: out, format: 'latex', runs: 4 })
    expect(readFileSync(out, 'utf8')).toContain('\\begin{tabular}')
    const again = await abd('export', 'latest', '--out', out)
    expect([again.code, again.told]).toEqual([2, expect.stringContaining('exists already') as string])
  })
})

describe('abd table', () => {
  it('is a table of all runs, or of those that are named', async () => {
    begin({ finishedRuns: 8 })
    const markdown = (await program('table')).results[0] ?? ''
    expect(markdown).toMatch(/^\| Attack \| Poison ratio \| none · Accuracy/)
    expect(markdown).toContain('n = 2 seeds')
    const one = await program('table', 'latest', '--format', 'json', '--models', 'all', '--value', 'asr')
    expect(json<{ about: { runs: string[] } }>(one).about.runs).toEqual(['fake-8'])
    expect((await program('table', 'nope')).code).toBe(2)
  })
})
