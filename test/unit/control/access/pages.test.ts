/** What a page in a browser may have the engine read and write, tried at every call that names a path. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pathsNamedBy, pathParameters } from '../../../../src/main/engine/control/access/namedPaths'
import { refusalOfPath } from '../../../../src/main/engine/control/access/folders'
import { createEngine, type Engine } from '../../../../src/main/engine/control/api/engine'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { executorMembers } from '../../../../src/main/engine/control/executors'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { openStore } from '../../../../src/main/engine/control/store'
import { calls, type EngineApi, type EngineCallName } from '../../../../src/shared/contract'
import type { RunDetail } from '../../../../src/shared/domain'
import { createHandTrainers, type HandTrainers } from '../../../fakes/handTrainers'
import { createFakeData, fakeCosts, inspectFakeModel } from '../../../fakes/services'

let root = ''
let workspace = ''
let allowed = ''
let outside = ''
let engine: Engine
let page: EngineApi
let trainers: HandTrainers

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'abd-pages-')))
  workspace = join(root, 'workspace')
  allowed = join(root, 'data')
  outside = join(root, 'home')
  for (const folder of [workspace, allowed, outside, join(outside, '.ssh')]) mkdirSync(folder)
  for (const file of [join(outside, 'secret'), join(allowed, 'teacher.pt'), join(outside, '.ssh', 'id')])
    writeFileSync(file, 'root:x:0:0')
  symlinkSync(outside, join(allowed, 'link'))
  const store = openStore(workspace)
  trainers = createHandTrainers()
  engine = createEngine({
    version: '0',
    store,
    cacheFolder: join(root, 'cache'),
    readOnly: false,
    families,
    presets: [],
    costs: fakeCosts,
    data: createFakeData(),
    executors: new Map([['local', trainers.executor]]),
    otherExecutors: { members: executorMembers, trainer: { node: 'node', script: '' } },
    launchShortJob: () => {
      throw new Error('No trainer starts here.')
    },
    log: createEngineLog(null),
    inspectModel: inspectFakeModel,
    runtimeState: () => ({ ready: true, message: null }),
  })
  await engine.call('engine.setSettings', { pageFolders: allowed })
  page = engine.as('page')
})
afterEach(async () => {
  const ending = setInterval(() => {
    for (const trainer of trainers.started) if (!trainer.killed) trainer.exit(0)
  }, 10)
  await engine.close()
  clearInterval(ending)
  rmSync(root, { recursive: true, force: true })
})

const run = { runId: 'r', stageId: 'student-1' }
const dataAt = (folder: string) => ({ id: 'cifar10', params: { folder } })
const configAt = (path: string) => ({ data: dataAt(path) })
const studyAt = (path: string) => ({
  format: 1 as const,
  name: 's',
  note: '',
  base: { config: configAt(path) },
  axes: [],
  exclude: [],
  conditions: [],
  strategy: { id: 'grid', params: {} },
  order: 'asListed' as const,
  executor: 'local',
  priority: 0,
})
/** One or more ways for each call to name a path. */
const naming: { readonly [K in EngineCallName]?: readonly ((path: string) => unknown)[] } = {
  'dataset.recognize': [(path) => ({ path })],
  'dataset.info': [(path) => ({ config: configAt(path) })],
  'dataset.images': [(path) => ({ config: configAt(path), split: 'train', first: 0, count: 1 })],
  'dataset.download': [(folder) => ({ dataset: 'cifar10', folder }), (mirror) => ({ dataset: 'cifar10', mirror })],
  'analyses.start': [(file) => ({ runId: 'r', analysis: 'any', params: { file } })],
  'executors.check': [(path) => ({ executor: 'local', config: configAt(path), probe: false })],
  'experiment.estimate': [
    (file) => ({ config: { teacher: { source: 'file', file } } }),
    (adversarial) => ({ config: { attack: { id: 'badnet_grid', params: { adversarial } } } }),
    (picture) => ({ config: { distillation: { method: { id: 'any', params: { picture } } } } }),
  ],
  'experiment.triggerPreview': [(mask) => ({ config: { attack: { id: 'l0_inv', params: { mask } } } })],
  'experiment.patchPreview': [(path) => ({ config: configAt(path) })],
  'runs.start': [(path) => ({ config: configAt(path) }), (file) => ({ config: { teacher: { source: 'file', file } } })],
  'runs.elsewhere': [(folder) => ({ folder })],
  'runs.gather': [(folder) => ({ folder, runId: 'r' })],
  'runs.fork': [(path) => ({ ...run, step: 1, config: configAt(path) })],
  'model.evaluate': [
    (file) => ({ file, data: dataAt(''), attack: dataAt(''), target: 0 }),
    (path) => ({ file: join(allowed, 'teacher.pt'), data: dataAt(path), attack: dataAt(''), target: 0 }),
  ],
  'model.findPixels': [
    (file) => ({ file, data: dataAt('') }),
    (path) => ({ file: join(allowed, 'teacher.pt'), data: dataAt(path) }),
  ],
  'model.inspect': [(file) => ({ file })],
  'model.export': [(path) => ({ ...run, format: 'torch', path })],
  'export.run': [(target) => ({ runId: 'r', format: 'abdrun', target })],
  'reproduce.read': [(file) => ({ file })],
  'reproduce.start': [
    (file) => ({ file }),
    (path) => ({ file: join(allowed, 'teacher.pt'), changes: { 'data.params.folder': path } }),
    (path) => ({ file: join(allowed, 'teacher.pt'), changes: { data: dataAt(path) } }),
  ],
  'runtime.unpack': [(file) => ({ file })],
  'studies.plan': [(path) => ({ definition: studyAt(path) })],
  'studies.start': [
    (path) => ({ definition: studyAt(path) }),
    (value) => ({
      definition: { ...studyAt(''), axes: [{ path: 'teacher.file', values: [{ label: 'a', value }] }] },
    }),
    (path) => ({
      definition: { ...studyAt(''), axes: [{ path: 'data', values: [{ label: 'a', value: dataAt(path) }] }] },
    }),
    // A teacher's file that the base leaves unused and an axis may use.
    (file) => ({ definition: { ...studyAt(''), base: { config: { teacher: { source: 'train', file } } } } }),
  ],
  'studies.extend': [
    (value) => ({ studyId: 's', path: 'teacher.file', values: [{ label: 'a', value }] }),
    (path) => ({ studyId: 's', path: 'data', values: [{ label: 'a', value: dataAt(path) }] }),
  ],
}
const ways = Object.entries(naming).flatMap(([name, all]) =>
  all.map((args, index) => ({ name: name as EngineCallName, index, args })),
)
const refusalOf = (api: EngineApi, name: EngineCallName, args: unknown): Promise<string> =>
  api.call(name, args as never).then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
const refused = /^A page in a browser may not (read|write) there/

describe('a page', () => {
  it.each(ways)('names no path outside: $name, $index', async ({ name, args }) => {
    for (const path of [
      join(outside, 'secret'),
      '/etc/shadow',
      'relative/path',
      join(allowed, '..', 'home', 'secret'),
      join(allowed, 'link', 'secret'),
      join(allowed, 'link '),
      join(allowed, '.ssh', 'authorized_keys'),
      join(workspace, 'engine.lock'),
      join(workspace, 'workspace.sqlite'),
    ])
      expect(await refusalOf(page, name, args(path)), path).toMatch(refused)
    expect(await refusalOf(page, name, args(join(allowed, 'new')))).not.toMatch(refused)
    expect(await refusalOf(engine, name, args(join(outside, 'secret')))).not.toMatch(refused)
  })

  it('gets past nothing with an address where none is taken: what makes it absolute finds a path in it', async () => {
    const path = `http://x${'/..'.repeat(20)}${outside}/made`
    for (const { name, index, args } of ways) {
      const answer = await refusalOf(page, name, args(path))
      if (name === 'export.run') expect(answer).not.toBe('')
      // Sent to by the download, which takes no other.
      else if (name === 'dataset.download' && index === 1) expect(answer).not.toMatch(refused)
      else expect(answer, `${name} ${index}`).toMatch(refused)
    }
  })

  it('is told at the field, in a form, and nothing of what lies there', async () => {
    const { issues, config } = await page.call('experiment.validate', { config: configAt('/etc/shadow') })
    expect(issues.filter(({ path }) => path === 'data.params.folder')).toEqual([
      { path: 'data.params.folder', severity: 'error', message: expect.stringContaining('abd files --allow') },
    ])
    expect(config.data.params.folder).toBe('/etc/shadow')
    const there = await page.call('experiment.validate', {
      config: { teacher: { source: 'file', file: '/etc/passwd' } },
    })
    const notThere = await page.call('experiment.validate', {
      config: { teacher: { source: 'file', file: '/etc/none' } },
    })
    const told = ({ issues: all }: typeof there) => JSON.stringify(all).replace(/\/etc\/\w+/g, '')
    expect(told(there)).toBe(told(notThere))
  })

  it('writes into no hidden folder, nor where the engine writes', async () => {
    const folders = { workspace, cacheFolder: join(root, 'cache'), others: [allowed, join(outside, '.ssh')] }
    const writes = (path: string): Promise<string | null> => refusalOfPath(path, 'write', folders)
    expect(await writes(join(allowed, '.bashrc'))).toContain('hidden')
    expect(await writes(join(allowed, '.config', 'autostart', 'x.desktop'))).toContain('hidden')
    expect(await writes(join(outside, '.ssh', 'authorized_keys2'))).toContain('hidden')
    expect(await writes(join(workspace, 'stages', 'key', 'weights.safetensors'))).toContain('exports')
    expect(await writes(join(workspace, 'runs'))).toContain('exports')
    expect(await writes(join(root, 'cache', 'x'))).toContain('outside')
    symlinkSync(join(outside, 'none'), join(allowed, 'leads-nowhere'))
    expect(await writes(join(allowed, 'leads-nowhere'))).toBe('cannot be looked at')
    expect(await writes(join(workspace, 'exports', 'deep', 'x.pt'))).toBeNull()
    expect(await writes(join(workspace, 'x.pt'))).toBeNull()
    expect(await writes(join(allowed, 'x.pt'))).toBeNull()
  })

  it('is kept out of what is the engine’s own where the workspace lies below an allowed folder, by whatever name', async () => {
    const link = join(root, 'link-to-workspace')
    symlinkSync(workspace, link)
    for (const named of [workspace, link]) {
      const folders = { workspace: named, cacheFolder: join(root, 'cache'), others: [root] }
      for (const place of [workspace, link]) {
        expect(await refusalOfPath(join(place, 'engine.lock'), 'read', folders)).toContain('own')
        expect(await refusalOfPath(join(place, 'runs', 'x'), 'write', folders)).toContain('exports')
        expect(await refusalOfPath(join(place, 'runs', 'x'), 'read', folders)).toBeNull()
      }
      expect(await refusalOfPath(join(allowed, 'engine.lock'), 'read', folders)).toContain('own')
    }
  })

  it('reads what a run of this workspace was made of, and that alone', async () => {
    const { id } = await engine.call('runs.start', { config: configAt(outside) })
    expect(await refusalOf(page, 'dataset.info', { config: configAt(outside) })).not.toMatch(refused)
    expect(await refusalOf(page, 'dataset.info', { config: configAt(join(outside, 'secret')) })).toMatch(refused)
    expect(await refusalOf(page, 'model.export', { ...run, format: 'torch', path: join(outside, 'x.pt') })).toMatch(
      refused,
    )
    // A name, a note or an unused teacher makes no path a run's own.
    const file = join(outside, 'secret')
    await page.call('runs.start', { config: { name: file, teacher: { source: 'train', file } }, note: file })
    await page.call('runs.rename', { runId: id, name: file })
    expect(await refusalOf(page, 'model.inspect', { file })).toMatch(refused)
  })

  it('brings no run from another workspace that names what it may not read; its owner may', async () => {
    const { id } = await engine.call('runs.start', { config: configAt(allowed) })
    const file = join(workspace, 'runs', id, 'run.json')
    const record = await vi.waitFor(() => JSON.parse(readFileSync(file, 'utf8')) as RunDetail)
    const secret = join(outside, 'secret')
    const other = (runId: string, named: string) => {
      const { config } = record
      const data = { ...config.data, params: { ...config.data.params, folder: named } }
      const stages = record.stages.map((stage) => ({
        ...stage,
        state: 'stopped',
        place: `stages/${runId}-${stage.id}`,
      }))
      const made = { ...record, id: runId, state: 'stopped', stages, config: { ...config, data } }
      mkdirSync(join(allowed, 'runs', runId), { recursive: true })
      writeFileSync(join(allowed, 'runs', runId, 'run.json'), JSON.stringify(made))
    }
    other('forged', secret)
    other('honest', allowed)
    const { runs } = await page.call('runs.elsewhere', { folder: allowed })
    expect(Object.fromEntries(runs.map(({ runId, refused: why }) => [runId, why]))).toEqual({
      forged: expect.stringMatching(refused),
      honest: null,
    })
    expect(await refusalOf(page, 'runs.gather', { folder: allowed, runId: 'forged' })).toMatch(refused)
    expect(await refusalOf(page, 'runs.gather', { folder: allowed, runId: 'honest' })).toBe('')
    expect(await refusalOf(page, 'dataset.info', { config: configAt(secret) })).toMatch(refused)
    expect(await refusalOf(engine, 'runs.gather', { folder: allowed, runId: 'forged' })).toBe('')
    expect(await refusalOf(page, 'dataset.info', { config: configAt(secret) })).not.toMatch(refused)
  })

  it('sets neither its own folders nor what runs programs; the rest it may', async () => {
    expect(await refusalOf(page, 'engine.setSettings', { pageFolders: '/' })).toContain('not accepted')
    expect(await refusalOf(page, 'engine.setSettings', { pageFolders: outside })).toContain('owner')
    expect(await refusalOf(page, 'engine.setSettings', { threads: 2, pageFolders: allowed })).toBe('')
    for (const change of [{ prelude: 'touch /tmp/x' }, { options: '--output=/tmp/x' }, { node: '/tmp/node' }])
      expect(await refusalOf(page, 'executors.setSettings', { executor: 'slurm', change })).toContain('owner')
    expect(await refusalOf(page, 'executors.setSettings', { executor: 'slurm', change: { partition: 'gpu' } })).toBe('')
  })

  it('is told what it may; the owner may all', async () => {
    expect((await page.call('engine.info', {})).folders).toEqual([workspace, join(root, 'cache'), allowed])
    expect((await engine.call('engine.info', {})).folders).toBeNull()
  })
})

describe('the table of calls', () => {
  it('every call that declares paths is tried above', () => {
    const declared = Object.entries(calls).flatMap(([name, { paths }]) => (paths && !paths.answered ? [name] : []))
    expect(Object.keys(naming).sort()).toEqual(declared.sort())
  })

  /** Arguments that may hold a path: text as long as one, and values whose form the contract does not say. */
  const open = (schema: unknown, key: string): string[] => {
    const { type, shape, options, innerType, in: input, maxLength } = definitionOf(schema)
    if (type === 'object') return Object.entries(shape ?? {}).flatMap(([name, inner]) => open(inner, key || name))
    if (type === 'union') return (options ?? []).flatMap((inner) => open(inner, key))
    if (innerType ?? input) return open(innerType ?? input, key)
    if (type === 'string') return maxLength === 4096 ? [key] : []
    return ['record', 'custom', 'unknown', 'any', 'array'].includes(type) && mayHoldPath(schema) ? [key] : []
  }
  const mayHoldPath = (schema: unknown): boolean => {
    const { type, element, valueType, shape, innerType } = definitionOf(schema)
    if (type === 'array') return mayHoldPath(element)
    if (type === 'record') return mayHoldPath(valueType)
    if (type === 'object') return Object.values(shape ?? {}).some(mayHoldPath)
    if (innerType) return mayHoldPath(innerType)
    return ['unknown', 'any', 'custom'].includes(type)
  }
  /** These are no paths: a format's own parameters, text that comes along, values held against columns. */
  const known = new Set([
    'engine.setSettings pageFolders',
    'executors.script change',
    'executors.setSettings change',
    'export.run params',
    'model.export params',
    'studies.read fileName',
    'studies.write definition',
  ])

  it('every argument that may hold a path is declared', () => {
    const missing = Object.entries(calls).flatMap(([name, { args, paths }]) => {
      const declared = [...(paths?.read ?? []), ...(paths?.write ?? []), ...(paths?.within ?? [])]
      return [...new Set(open(args, ''))]
        .filter((key) => !declared.includes(key) && !known.has(`${name} ${key}`))
        .map((key) => `${name} ${key}`)
    })
    expect(missing).toEqual([])
  })

  it('the path of an axis is none of a file, whatever parameters are called; what looks like one otherwise is', () => {
    const named = (axis: Record<string, unknown>): string[] =>
      pathsNamedBy('studies.plan', { definition: { axes: [axis] } }, new Set(['path', 'folder'])).map(
        ({ path }) => path,
      )
    expect(named({ path: 'attack', values: [{ label: 'a', value: { id: 'blend' } }] })).toEqual([])
    expect(named({ path: 'data.params.seed', range: { low: 0, high: 1 } })).toEqual([])
    expect(named({ path: 'data.params.folder', values: [{ label: 'a', value: '/etc' }] })).toEqual(['/etc'])
    expect(named({ path: '/etc/shadow', values: [] })).toEqual(['/etc/shadow'])
    expect(named({ path: '../shadow', values: [] })).toEqual(['../shadow'])
    expect(named({ path: 'shadow' })).toEqual(['shadow'])
  })

  it('a parameter that names a file is found under any member', () => {
    const names = pathParameters(families)
    expect([...names]).toEqual(expect.arrayContaining(['file', 'folder']))
    const found = pathsNamedBy(
      'runs.start',
      { config: { students: [{ defenses: [{ params: { folder: '/x' } }] }] } },
      names,
    )
    expect(found).toEqual([{ path: '/x', use: 'read', where: 'students.0.defenses.0.params.folder' }])
  })
})

interface Definition {
  readonly type: string
  readonly shape?: Record<string, unknown>
  readonly options?: unknown[]
  readonly innerType?: unknown
  readonly in?: unknown
  readonly element?: unknown
  readonly valueType?: unknown
  readonly maxLength?: number | null
}
const definitionOf = (schema: unknown): Definition => {
  const { def, maxLength } = schema as { def: Definition; maxLength?: number | null }
  return { ...def, maxLength }
}
