/** abd gather: the runs of another workspace with what they recorded, in this one. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EngineApi } from '../../../src/shared/contract'
import type { RunSummary } from '../../../src/shared/domain'
import { bundle } from '../../fixtures/bundle'
import { createFakeWorkspace, type FakeWorkspace } from '../../fixtures/processes'

let there: FakeWorkspace
let here: FakeWorkspace
let script = ''
let engine: EngineApi

const abd = (
  workspace: FakeWorkspace,
  ...parameters: string[]
): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...parameters], {
      env: { ...workspace.env, ABD_WORKSPACE: workspace.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const text = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text.out += part))
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text.err += part))
    child.on('close', (code) => resolve({ code, ...text }))
  })
const runOf = async (workspace: FakeWorkspace, ratio: string, ...more: string[]): Promise<void> => {
  const done = await abd(workspace, 'run', '--preset', 'quick', '--poison-ratio', ratio, '--name', ratio, ...more)
  expect(done.code, done.err).toBe(0)
}
const namesHere = async (): Promise<string[]> => (await engine.call('runs.list', {})).map(({ name }) => name).sort()

beforeAll(async () => {
  script = await bundle('src/main/cli/index.ts')
  there = await createFakeWorkspace()
  here = await createFakeWorkspace()
  await there.start()
  engine = (await here.start()).client
  await runOf(here, '0.1', '--defense', 'sv')
  await runOf(there, '0.1', '--defense', 'sv')
  await runOf(there, '0.2', '--defense', 'none')
  await runOf(there, '0.3', '--defense', 'sv')
}, 120_000)
afterAll(async () => {
  await there.clean()
  await here.clean()
})

it('brings runs, the stages that are not here, and what they recorded; twice changes nothing', async () => {
  const dry = await abd(here, 'gather', there.folder, '--dry-run')
  expect([dry.code, dry.out.trim()]).toEqual([0, '3 would come, 0 were here, 0 stay there.'])
  expect(await namesHere()).toEqual(['0.1'])

  const first = await abd(here, 'gather', there.folder, '--json')
  const { gathered, left } = JSON.parse(first.out) as { gathered: string[]; left: unknown[] }
  expect([first.code, gathered.length, left]).toEqual([0, 3, []])
  expect(await namesHere()).toEqual(['0.1', '0.1', '0.2', '0.3'])
  const again = await abd(here, 'gather', there.folder)
  expect([again.code, again.out.trim()]).toEqual([0, '0 of 0 came, 3 were here, 0 stay there.'])

  const runs = await engine.call('runs.list', {})
  for (const run of runs) {
    const student = run.stages.find(({ kind }) => kind === 'student')
    const { series } = await engine.call('runs.metrics', { runId: run.id, stageId: student?.id ?? '' })
    expect(Object.keys(series).length, run.name).toBeGreaterThan(0)
    const { steps } = await engine.call('runs.imageSteps', { runId: run.id, stageId: student?.id ?? '' })
    expect(steps.length, run.name).toBeGreaterThan(0)
    expect(student?.evaluation?.accuracy, run.name).toBeGreaterThan(0)
  }
  const conditions = new Map(
    runs.flatMap(({ stages }) => stages.map(({ condition }) => [condition?.key, condition?.number])),
  )
  expect(new Set(conditions.values()).size).toBe(conditions.size)
  for (const { stages } of runs)
    for (const { condition } of stages) expect(condition?.number).toBe(conditions.get(condition?.key))
}, 60_000)

it('what came is this workspace’s: its owner’s alone, found by new runs, and mirrored as its own', async () => {
  const [came] = (await engine.call('runs.list', {})).filter(({ name }) => name === '0.3')
  const place = came?.stages.find(({ kind }) => kind === 'teacher')?.place ?? ''
  expect(statSync(join(here.folder, place)).mode & 0o077).toBe(0)
  await runOf(here, '0.3', '--defense', 'none')
  const [newest] = await engine.call('runs.list', {})
  expect(newest?.stages.find(({ kind }) => kind === 'teacher')?.place).toBe(place)
  const mirror = JSON.parse(readFileSync(join(here.folder, 'runs', came?.id ?? '', 'run.json'), 'utf8')) as RunSummary
  expect(mirror).toMatchObject({ id: came?.id, study: null })
})

it('answers for a stage whose own run stays behind', async () => {
  await runOf(there, '0.5', '--defense', 'sv')
  const [first] = JSON.parse((await abd(there, 'runs', '--json')).out) as RunSummary[]
  await runOf(there, '0.5', '--defense', 'none')
  const other = (await there.start()).client
  await other.call('runs.delete', { runIds: [first?.id ?? ''] })
  await expect
    .poll(async () => (await abd(here, 'gather', there.folder)).out, { timeout: 10_000 })
    .toContain('1 stay there')
  const [came] = (await engine.call('runs.list', {})).filter(({ name }) => name === '0.5')
  expect(came?.stages.map(({ origin }) => origin)).toEqual(came?.stages.map(() => undefined))
})

it('leaves there what cannot come, and says why', async () => {
  const broken = join(there.folder, 'runs', 'broken')
  mkdirSync(broken)
  writeFileSync(join(broken, 'run.json'), '{"id": "other"')
  await runOf(there, '0.4', '--defense', 'none')
  const linked = ((await JSON.parse((await abd(there, 'runs', '--json')).out)) as RunSummary[])[0]
  symlinkSync('/etc/hostname', join(there.folder, 'runs', linked?.id ?? '', 'link'))
  const { code, out, err } = await abd(here, 'gather', there.folder)
  expect([code, out.trim()]).toEqual([1, '0 of 1 came, 4 were here, 3 stay there.'])
  expect(err).toContain('The record of this run cannot be read')
  expect(err).toContain('neither a file nor a folder')
  expect(existsSync(join(here.folder, 'runs', linked?.id ?? ''))).toBe(false)
  expect(await namesHere()).not.toContain('0.4')
})

it.each([
  ['no folder', () => join(there.folder, 'nowhere'), 'nothing that can be read'],
  ['a folder of something else', () => join(there.folder, 'logs'), 'no folder "runs"'],
  ['this workspace', () => here.folder, 'this workspace itself'],
  ['a part of it', () => join(here.folder, 'runs'), 'this workspace itself'],
])('refuses %s', async (_what, folder, got) => {
  const { code, err } = await abd(here, 'gather', folder())
  expect([code, err]).toEqual([2, expect.stringContaining(got)])
})

it('keeps to the workspace’s folders whatever a record says', async () => {
  const folder = join(there.folder, 'runs', 'evil')
  mkdirSync(folder)
  const stage = { id: 'teacher', kind: 'teacher', state: 'done', place: 'stages/../../../etc' }
  const run = { id: 'evil', name: 'evil', state: 'done', createdAt: 1, bytesOnDisk: 1, deletedAt: null, config: {} }
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...run, stages: [stage] }))
  await expect(engine.call('runs.gather', { folder: there.folder, runId: 'evil' })).rejects.toThrow('cannot be read')
  await expect(engine.call('runs.gather', { folder: there.folder, runId: '../evil' })).rejects.toThrow('no such run')
})
