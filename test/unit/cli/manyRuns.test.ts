/** Commands on several runs at once, and those that make runs of other runs. */
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ConfigurationDiff, RunSummary } from '../../../src/shared/domain'
import { bundle } from '../../fixtures/bundle'
import { createFakeWorkspace, type FakeWorkspace } from '../../fixtures/processes'

let workspace: FakeWorkspace
let script = ''
let first = ''
let second = ''

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
const abd = (...parameters: string[]): Promise<Finished> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...parameters], {
      env: { ...workspace.env, ABD_WORKSPACE: workspace.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (part: string) => {
        text[name] += part
      })
    child.on('close', (code) => resolve({ code, ...text }))
  })
const json = async <Result>(...parameters: string[]): Promise<Result> => {
  const { stdout, stderr } = await abd(...parameters, '--json')
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout) as Result
}
const runs = (): Promise<RunSummary[]> => json<RunSummary[]>('runs')

beforeAll(async () => {
  workspace = await createFakeWorkspace()
  script = await bundle('src/main/cli/index.ts')
  // Commands attach to an engine that stays: starting one for each would take most of the time.
  await workspace.start()
  for (const ratio of ['0.1', '0.2'])
    await abd('run', '--preset', 'quick', '--poison-ratio', ratio, '--defense', 'sv', '--name', `ratio ${ratio}`)
  const [newest, oldest] = await runs()
  first = oldest?.id ?? ''
  second = newest?.id ?? ''
}, 120_000)
afterAll(() => workspace.clean())

it('abd tag and abd archive change several at once, and say which', async () => {
  expect(await json('tag', first, second, '--add', 'paper')).toMatchObject({ changed: [first, second] })
  const { stdout } = await abd('tag', first, '--remove', 'paper', '--add', 'old')
  expect(stdout).toContain('ratio 0.1: old')
  expect((await runs()).map(({ tags }) => tags)).toEqual([['paper'], ['old']])
  expect(await json('archive', first)).toEqual({ changed: [first], archived: true })
  expect((await abd('archive', first, second, '--undo')).stderr).toContain('1 of 2 runs brought back.')
  const wrong = await abd('tag', first)
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('wants a tag')])
})

it('abd files keeps the folders that pages may use', async () => {
  expect((await abd('files')).stdout).toContain('None')
  expect(await json('files', '--allow', '/data/a', '--allow', '/data/b/')).toEqual({ folders: ['/data/a', '/data/b'] })
  expect(await json('files', '--forbid', '/data/a')).toEqual({ folders: ['/data/b'] })
  expect((await abd('files')).stdout.trim()).toBe('/data/b')
  const root = await abd('files', '--allow', '/')
  expect([root.code, root.stderr]).toEqual([2, expect.stringContaining('below the root')])
})

it('abd settings shows and changes what the window has under Settings', async () => {
  expect((await abd('settings')).stdout).toMatch(/^slots +1 +How many stages/m)
  expect(await json('settings', '--set', 'slots=3', '--set', 'notifications=no')).toEqual({
    settings: expect.objectContaining({ slots: 3, notifications: false, threads: 0 }),
  })
  expect((await abd('executors', 'local')).stdout).toContain('abd settings')
  for (const [wrong, said] of [
    ['slots=0', 'slots'],
    ['slot=2', 'slots'],
    ['theme=blue', 'dark'],
    ['pageFolders=/data', 'abd files'],
  ] as const) {
    const { code, stderr } = await abd('settings', '--set', wrong)
    expect([wrong, code, stderr]).toEqual([wrong, 2, expect.stringContaining(said)])
  }
  expect(await json('settings', '--set', 'slots=1', '--set', 'notifications=on')).toMatchObject({
    settings: { slots: 1 },
  })
})

it('abd diff shows the settings in which they differ', async () => {
  const { rows } = await json<ConfigurationDiff>('diff', first, second)
  expect(rows.map(({ path, values }) => [path, values])).toEqual([['poisoning.ratio', ['0.1', '0.2']]])
  const { stdout } = await abd('diff', `${first}/teacher`, `${second}/teacher`)
  expect(stdout).toContain('Poison ratio')
  expect((await abd('diff', first, first)).stderr).toContain('They differ in no setting.')
  expect((await abd('diff', first, 'nobody')).code).toBe(2)
})

it('abd twins starts what is missing, and names what is there', async () => {
  const { made } = await json<{ made: { id: string; name: string }[] }>('twins', first, '--without', 'defense')
  expect(made.map(({ name }) => name)).toEqual(['ratio 0.1, no defense'])
  const again = await abd('twins', first, '--without', 'defense')
  expect([again.stdout, again.stderr]).toEqual(['', expect.stringContaining(`Of ${first} there is one already`)])
  expect((await abd('twins', first, '--without', 'teacher')).code).toBe(2)
})

it('abd fork lists the steps of a student’s checkpoints, and refuses another one', async () => {
  expect(await json('fork', first)).toEqual({ runId: first, stageId: 'student-1', steps: [] })
  const refused = await abd('fork', first, '--step', '7')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('no checkpoint at step 7')])
  expect((await abd('fork', first, '--stage', 'teacher')).stderr).toContain('has no student "teacher"')
})
