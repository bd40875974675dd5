import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readNetworks } from '../importers/craft/files'
import type { RunDetail, RunSummary } from '../../../src/shared/domain'
import { bundle } from '../../fixtures/bundle'
import { createFakeWorkspace, untilRun, type FakeWorkspace } from '../../fixtures/processes'
import { removeFolder } from '../../fixtures/removeFolder'
import { fakeWeights } from '../../fakes/weights'

let workspace: FakeWorkspace
let script = ''
beforeAll(async () => {
  workspace = await createFakeWorkspace()
  script = await bundle('src/main/cli/index.ts')
  // Commands attach to an engine that stays: starting one for each would take most of the time.
  await workspace.start()
}, 60_000)
afterAll(() => workspace.clean())

interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

function begin(
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [script, ...parameters], {
    env: { ...workspace.env, ABD_WORKSPACE: workspace.folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return { child, finished: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))) }
}
const abd = (...parameters: string[]): Promise<Finished> => begin(parameters).finished
const lines = (text: string): string[] => text.trim().split('\n')

describe('abd run', () => {
  it('ends with one JSON line of results, progress on stderr, and 0', async () => {
    const { code, stdout, stderr } = await abd(
      'run',
      '--preset',
      'quick',
      '--seed',
      '3',
      '--name',
      'from the shell',
      '--json',
    )
    expect(code).toBe(0)
    expect(lines(stdout)).toHaveLength(1)
    const result = JSON.parse(stdout) as {
      id: string
      seconds: number
      teacher: object
      students: { asr: number; defense: string }[]
    }
    expect(Object.keys(result)).toEqual(['id', 'seconds', 'teacher', 'students'])
    expect(result.teacher).toEqual({ accuracy: expect.any(Number) as number, asr: expect.any(Number) as number })
    expect(result.students.map((student) => Object.keys(student))).toEqual([
      ['method', 'defense', 'accuracy', 'asr', 'seconds'],
      ['method', 'defense', 'accuracy', 'asr', 'seconds'],
    ])
    expect(result.students[0]?.asr).toBeGreaterThan(result.students[1]?.asr ?? 1)
    expect(stderr).toContain('Teacher: done')
    expect(stderr).toContain('trigger: 9 of 1,024 pixels change (0.9 %).\nwarning: Only 9 images are poisoned.')
    const [run] = JSON.parse((await abd('runs', '--json')).stdout) as RunSummary[]
    expect(run).toMatchObject({ id: result.id, name: 'from the shell', seed: 3, preset: 'quick', state: 'done' })
    expect(
      lines((await abd('show', 'latest')).stdout).filter((line) =>
        /^ {4}DER \d+\.\d %, RIR \d+\.\d %, against the undefended student$/.test(line),
      ),
    ).toHaveLength(1)
  }, 60_000)

  it('leaves weights that abd export writes for PyTorch, once', async () => {
    const out = join(workspace.folder, 'student.pt')
    const { code, stdout } = await abd('export', 'latest', '--stage', 'student-1', '--out', out, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ path: out, bytes: statSync(out).size })
    expect((await readNetworks(readFileSync(out))).networks['']).toEqual(fakeWeights)
    const again = await abd('export', 'latest', '--out', out)
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('a new file name') as string])
  }, 60_000)

  it('takes flags of its members and any path, the later one winning', async () => {
    const { code } = await abd(
      'run',
      '--preset',
      'quick',
      '--attack',
      'badnet_grid',
      '--attack.patch-size',
      '5',
      '--defense',
      'none',
      '--defense',
      'sv+sr',
      '--sv.coefficient=2',
      '--method.pseudo-batches',
      '3',
      '--set',
      'poisoning.ratio=0.25',
      '--set',
      'attack.params.corner=topLeft',
      '--seed',
      '1',
      '--set',
      'seed=9',
    )
    expect(code).toBe(0)
    const detail = JSON.parse((await abd('show', 'latest', '--json')).stdout) as RunDetail
    expect(detail.config).toMatchObject({
      seed: 9,
      attack: { id: 'badnet_grid', params: { patchSize: 5, corner: 'topLeft' } },
      poisoning: { ratio: 0.25 },
      distillation: { method: { params: { pseudoBatches: 3 } } },
      students: [{ defenses: [] }, { defenses: [{ id: 'sv', params: { coefficient: 2 } }, { id: 'sr' }] }],
    })
    const printed = lines((await abd('show', 'latest', '--config')).stdout)
    expect(printed).toContain('attack.params.patchSize=5')
    expect(printed).toContain('attack.params.corner=topLeft')
  }, 60_000)

  it('makes one run for each of several seeds', async () => {
    const { code, stdout } = await abd(
      'run',
      '--preset',
      'quick',
      '--seeds',
      '4,7',
      '--defense',
      'none',
      '--method.pseudo-batches',
      '3',
      '--name',
      'Spread',
      '--json',
    )
    expect(code).toBe(0)
    expect(lines(stdout).map((line) => (JSON.parse(line) as { students: unknown[] }).students.length)).toEqual([1, 1])
    const runs = JSON.parse((await abd('runs', '--json')).stdout) as RunDetail[]
    expect(runs.slice(0, 2).map(({ name, seed, state }) => [name, seed, state])).toEqual([
      ['Spread, seed 7', 7, 'done'],
      ['Spread, seed 4', 4, 'done'],
    ])
  }, 60_000)

  it.each([
    [['run', '--method', 'cmi/magic'], '"cmi" has no settings called "magic"'],
    [['run', '--seeds', '1,x'], 'wanted a whole number'],
    [['run', '--seeds', '2-0'], 'wanted a range'],
    [['run', '--preset', 'quick', '--executor', 'nowhere'], 'nowhere'],
    [['run', '--set', 'poisoning.ratio=2'], 'poisoning.ratio wanted a value from 0 to 1'],
    [['run', '--set', 'nonsense'], '--set takes path=value'],
    [['run', '--preset', 'quik'], 'There is no preset "quik"'],
    [['run', '--attack', 'magic'], 'attack.id wanted one of badnet_grid, blend'],
    [['run', '--no-such-flag', '1'], 'is no flag of abd run'],
    [['run', '--seed', 'x'], 'wanted a whole number'],
    [['run', '--data', '/nowhere/at/all'], 'layout'],
    [['show', 'nope'], 'There is no run "nope"'],
    [['frobnicate'], 'unknown command'],
    [['evaluate', '--model', 'x'], 'required option'],
    [
      [
        'evaluate',
        '--model',
        'x',
        '--data',
        'signs',
        '--attack',
        'badnet_grid',
        '--target',
        '0',
        '--attack-param',
        'patchSize',
      ],
      'A parameter has no value',
    ],
    [['serve', '--port', '70000'], 'wanted a port'],
    [['import', 'program.exe'], ''],
  ])(
    '%j is refused with 2 and a sentence',
    async (parameters, sentence) => {
      const { code, stderr } = await abd(...parameters)
      expect(stderr).toContain(sentence)
      expect(code).toBe(2)
    },
    60_000,
  )

  it('that fails ends with 1 and the reason', async () => {
    const failing = await createFakeWorkspace({ ABD_FAKE_FAIL: 'The student is lazy.' })
    const { code, stderr, stdout } = await begin(
      ['run', '--preset', 'quick', '--json', '--workspace', failing.folder],
      { ABD_FAKE_FAIL: 'The student is lazy.' },
    ).finished
    expect(code).toBe(1)
    expect(stderr).toContain('The student is lazy.')
    expect((JSON.parse(stdout) as { students: { accuracy: null }[] }).students[0]?.accuracy).toBeNull()
    await failing.clean()
  }, 60_000)

  it('stops with a checkpoint at Ctrl+C, ends with 130, and can be resumed to its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-interrupt-'))
    const { child, finished } = begin(['run', '--preset', 'quick', '--workspace', folder], { ABD_FAKE_STEP_MS: '40' })
    await new Promise<void>((resolve) =>
      child.stderr?.on('data', (text: string) => {
        if (text.includes('Teacher: done')) resolve()
      }),
    )
    child.kill('SIGINT')
    const { code, stderr } = await finished
    expect(code).toBe(130)
    expect(stderr).toContain('abd resume')
    const resumed = await begin(['resume', 'latest', '--json', '--workspace', folder]).finished
    expect(resumed.code).toBe(0)
    expect((JSON.parse(resumed.stdout) as { students: unknown[] }).students).toHaveLength(2)
    await removeFolder(folder)
  }, 60_000)

  it('leaves at once at a second Ctrl+C', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-interrupt-'))
    const { child, finished } = begin(['run', '--preset', 'quick', '--workspace', folder], { ABD_FAKE_STEP_MS: '3000' })
    await new Promise<void>((resolve) =>
      child.stderr?.on('data', (text: string) => {
        if (text.includes('Data and attack: done')) resolve()
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    child.kill('SIGINT')
    await new Promise<void>((resolve) =>
      child.stderr?.on('data', (text: string) => {
        if (text.includes('again leaves')) resolve()
      }),
    )
    const started = performance.now()
    child.kill('SIGINT')
    expect((await finished).code).toBe(130)
    expect(performance.now() - started).toBeLessThan(1500)
    // The engine finishes its stop by itself.
    await new Promise((resolve) => setTimeout(resolve, 4500))
    await removeFolder(folder)
  }, 60_000)
})

describe('abd beside an engine that runs', () => {
  it('attaches, pauses and leaves the engine where it is', async () => {
    const shared = await createFakeWorkspace({ ABD_FAKE_STEP_MS: '30' })
    const engine = await shared.start()
    const started = await begin(['run', '--preset', 'quick', '--detach', '--workspace', shared.folder]).finished
    const id = started.stdout.trim()
    await untilRun(engine.client, id, (run) => run.stages[1]?.state === 'running' && run.stages[1].step > 0)
    expect((await begin(['pause', id.slice(0, 15), '--workspace', shared.folder]).finished).code).toBe(0)
    await untilRun(engine.client, id, (run) => run.state === 'paused')
    const table = (await begin(['runs', '--workspace', shared.folder]).finished).stdout
    expect(table).toContain('paused')
    expect(await engine.client.call('runs.list', {})).toHaveLength(1)
    await shared.clean()
  }, 60_000)
})

describe('abd runs', () => {
  it('finds runs by a query, and writes columns and groups', async () => {
    await abd('run', '--preset', 'quick', '--seed', '41', '--name', 'sought')
    const found = JSON.parse((await abd('runs', '--query', 'sought seed:41', '--json')).stdout) as RunSummary[]
    expect(found.map(({ seed }) => seed)).toEqual([41])
    const rows = JSON.parse(
      (await abd('runs', '--models', '--query', 'sought', '--columns', 'model,seed', '--sort=-model', '--json')).stdout,
    ) as { key: string; model: string }[]
    expect(rows.map(({ model }) => model)).toEqual([...rows.map(({ model }) => model)].sort().reverse())
    expect(rows[0]).toMatchObject({ key: `${found[0]?.id}/teacher`, seed: 41 })
    const groups = await abd('runs', '--models', '--query', 'sought is:student', '--group', 'defenses')
    expect(groups.stdout).toMatch(/Accuracy.*\n.*n = 1/s)
  }, 60_000)

  it('refuses a query of which a part cannot be used', async () => {
    const { code, stderr } = await abd('runs', '--query', 'sed:1')
    expect(code).toBe(2)
    expect(stderr).toContain('There is no column "sed"; did you mean "seed"?')
    expect((await abd('runs', '--columns', 'nothing')).code).toBe(2)
  })

  it('knows columns by the ends of their paths, as queries do', async () => {
    await abd('run', '--preset', 'quick', '--seed', '43', '--name', 'named')
    const rows = await abd('runs', '--query', 'named', '--columns', 'precision,seed', '--sort=-precision', '--json')
    expect(JSON.parse(rows.stdout)).toMatchObject([{ seed: 43 }])
    expect(Object.keys((JSON.parse(rows.stdout) as object[])[0] ?? {})).toEqual(['key', 'precision', 'seed'])
    const groups = await abd('runs', '--models', '--query', 'named', '--group', 'precision', '--columns', 'asr')
    expect(groups.stdout).toMatch(/Precision/)
    const { code, stderr } = await abd('runs', '--columns', 'architecture.id')
    expect(code).toBe(2)
    expect(stderr).toContain('"architecture.id" stands for several columns.')
    expect((await abd('runs', '--sort', 'presicion')).stderr).toContain('"precision"?')
  })
})

describe('the other commands', () => {
  it('evaluate gives its numbers, as JSON and in words', async () => {
    const { code, stdout } = await abd(
      'evaluate',
      '--model',
      'teacher.safetensors',
      '--data',
      'signs',
      '--attack',
      'badnet_grid',
      '--target',
      '0',
      '--json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      accuracy: 0.9,
      asr: 0.8,
      asrAll: 0.82,
      robustAccuracy: 0.1,
      images: 1000,
      nonTarget: 900,
    })
    const words = await abd(
      'evaluate',
      '--model',
      'teacher.safetensors',
      '--data',
      'signs',
      '--attack',
      'badnet_grid',
      '--target',
      '0',
    )
    expect(lines(words.stdout)).toEqual([
      'accuracy 90.0 % [88.0, 91.7] of 1000 images, ASR 80.0 % [77.3, 82.5] of 900 triggered non-target images',
      'robust accuracy 10.0 % [8.2, 12.1] of the same 900, ASR 82.0 % [79.5, 84.3] of all 1000 triggered images',
    ])
  }, 30_000)

  it('import reports, with 0 for an accepted file', async () => {
    const { code, stdout } = await abd('import', 'teacher.safetensors', '--json')
    expect(code).toBe(0)
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      'accepted',
      'reason',
      'architecture',
      'key',
      'candidates',
      'tensors',
      'sha256',
      'findings',
    ])
  }, 30_000)

  it('doctor names the device that ran an op', async () => {
    const { code, stdout } = await abd('doctor')
    expect(code).toBe(0)
    expect(stdout).toContain('Fake processor, 2 threads')
  }, 30_000)

  it('executors lists them, shows and changes the settings of one, and the script that would be sent', async () => {
    expect(lines((await abd('executors')).stdout)[0]).toMatch(/^local +This machine +ready$/)
    const changed = await abd('executors', 'slurm', '--set', 'partition=gpu', '--set', 'cpus=2', '--script')
    expect([changed.code, changed.stdout]).toEqual([0, expect.stringContaining('#SBATCH --partition=gpu\n')])
    const { stdout } = await abd('executors', 'slurm', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ executor: 'slurm', settings: { partition: 'gpu', cpus: 2 } })
    const wrong = await abd('executors', 'slurm', '--set', 'partitoin=gpu')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('partitoin')
  }, 30_000)

  it('help and version end with 0', async () => {
    const help = await abd('--help')
    expect([help.code, help.stdout.includes('evaluate')]).toEqual([0, true])
    expect((await abd('--version')).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  }, 30_000)
})
