import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { configurationOf, overruledFlags, type RunFlags } from '../../../src/main/cli/configuration'
import { namedValues, valueOf } from '../../../src/main/cli/values'
import { runProgram } from '../../../src/main/cli/program'
import { families } from '../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import { changedFromDefaults } from '../../../src/main/engine/control/experiments/changedFromDefaults'
import { sections } from '../../../src/main/engine/control/experiments/sections'
import type { Catalogue } from '../../../src/shared/contract'
import { assignmentWords, runCommand, shellWord, type PartialExperimentConfig } from '../../../src/shared/domain'
import {
  boolean,
  choice,
  integer,
  integerList,
  number,
  path,
  text,
  validateParameters,
  type Field,
} from '../../../src/shared/schema'
import { createFakeEngine } from '../../fakes/engine'

const resolve = (config: PartialExperimentConfig) => resolveExperiment(config, memberTable(families))
const catalogue: Catalogue = {
  families: [...families],
  sections,
  metrics: {},
  presets: [{ id: 'quick', title: 'Quick', description: '', config: {} }],
  defaults: resolve({}).config,
}
const recognize = () => Promise.reject(new Error('not asked'))
const configOf = (flags: RunFlags) => configurationOf(flags, catalogue, recognize)

const common = { label: 'L', help: 'H.' }
const fields = {
  integer: integer({ ...common, default: 1, min: 0, max: 9e15 }),
  ratio: number({ ...common, default: 0, min: 0, max: 1 }),
  rate: number({ ...common, default: 0, min: 0, max: 10 }),
  boolean: boolean({ ...common, default: false }),
  choice: choice({
    ...common,
    default: '18',
    options: [
      { value: '18', label: '18' },
      { value: '34', label: '34' },
    ],
  }),
  text: text({ ...common, default: '', maxLength: 100 }),
  path: path({ ...common, default: '', select: 'file', optional: true }),
  list: integerList({ ...common, default: [], min: 0, max: 100, maxLength: 9 }),
} satisfies Record<string, Field>

describe('a value as it is typed', () => {
  it.each<[keyof typeof fields, string, unknown]>([
    ['choice', '34', '34'],
    ['choice', '"34"', '34'],
    ['text', '2024', '2024'],
    ['text', '1.10', '1.10'],
    ['text', '0012345678901234', '0012345678901234'],
    ['text', 'true', 'true'],
    ['text', 'null', 'null'],
    ['text', '"from the shell"', 'from the shell'],
    ['text', 'a "quoted" word', 'a "quoted" word'],
    ['path', '2024', '2024'],
    ['integer', '12', 12],
    ['integer', '"12"', 12],
    ['integer', 'twelve', 'twelve'],
    ['integer', '', ''],
    ['rate', '.5', 0.5],
    ['rate', '1e-3', 0.001],
    ['ratio', '10%', 0.1],
    ['ratio', '2.5 %', 0.025],
    ['rate', '10%', '10%'],
    ['boolean', 'yes', true],
    ['boolean', 'Off', false],
    ['boolean', 'maybe', 'maybe'],
    ['list', '1,2, 3', [1, 2, 3]],
    ['list', '[4, 5]', [4, 5]],
    ['list', '7', [7]],
  ])('of a %s: %s', (kind, given, wanted) => {
    expect(valueOf(fields[kind], given)).toEqual(wanted)
  })

  it('is read as JSON or text where nothing is known of the parameter', () => {
    expect([valueOf(undefined, '3'), valueOf(undefined, '[]'), valueOf(undefined, 'sv')]).toEqual([3, [], 'sv'])
  })

  it('is accepted by every choice of every member, whatever its values look like', async () => {
    const choices = families
      .filter(({ id }) => id === 'architecture')
      .flatMap(({ members }) => members)
      .flatMap(({ id, params }) =>
        Object.entries(params).flatMap(([name, field]) =>
          field.kind === 'choice' ? field.options.map(({ value }) => ({ id, name, value })) : [],
        ),
      )
    expect(choices.length).toBeGreaterThan(10)
    for (const { id, name, value } of choices) {
      const set = [`teacher.architecture.id=${id}`, `teacher.architecture.params.${name}=${value}`]
      const config = await configOf({ set })
      const { issues } = resolve(config)
      expect(issues.filter(({ path: at }) => at.endsWith(`params.${name}`))).toEqual([])
    }
  })

  it('is accepted from YAML and JSON too, where words may look like numbers', () => {
    const { values, issues } = validateParameters(fields, { choice: 34, text: 2024, path: 7 }, 'at')
    expect([values.choice, values.text, values.path, issues]).toEqual(['34', '2024', '7', []])
  })

  it('is refused with the one that was probably meant', () => {
    const { issues } = validateParameters(
      { corner: choice({ ...common, default: 'topLeft', options: [{ value: 'topLeft', label: 'Top left' }] }) },
      { corner: 'topleft' },
      'attack.params',
    )
    expect(issues[0]?.message).toBe('wanted one of topLeft (did you mean topLeft?), got "topleft"')
  })
})

describe('what is given twice', () => {
  it.each<[string, RunFlags]>([
    ['--set poisoning.ratio', { set: ['poisoning.ratio=0.1', 'seed=1', 'poisoning.ratio=0.2'] }],
    [
      '--attack.patch-size',
      { attack: 'badnet_grid', memberFlags: ['--attack.patch-size', '3', '--attack.patchSize=5'] },
    ],
  ])('is refused: %s', async (flag, flags) => {
    await expect(configOf(flags)).rejects.toThrow(`${flag} is given twice.`)
  })

  it('is refused of parameters of a member', () => {
    expect(() => namedValues(['size=28', 'size=32'], '--data-param size=28')).toThrow('"size" is given twice')
  })

  it.each([
    ['run', '--attack', 'badnet_grid', '--attack', 'blend'],
    ['run', '--seeds', '0', '--seeds', '1'],
    ['run', '--preset', 'quick', '--preset=quick'],
    ['evaluate', '--model', 'a.pt', '--data', 'signs', '--attack', 'blend', '--target', '0', '--target', '1'],
    ['runs', '--query', 'a', '--query', 'b'],
    ['export', 'latest', '--out', 'a.pt', '--out', 'b.pt'],
    ['study', 'start', '--preset', 'quick', '--seeds', '0', '--name', 'a', '--name', 'b'],
  ])('is refused of flags with one value: %s %s', async (...line) => {
    const { code, told } = await abd(line)
    expect([code, told]).toEqual([2, expect.stringContaining('is given twice') as string])
  })

  it('and overruled by --set is said', async () => {
    const flags = { seed: 1, memberFlags: ['--attack.patch-size', '3'], set: ['seed=9', 'attack.params.patchSize=5'] }
    const config = await configOf(flags)
    expect(config).toMatchObject({ seed: 9, attack: { params: { patchSize: 5 } } })
    expect(overruledFlags(flags, catalogue, config)).toEqual([
      '--set seed=9 is taken, not --seed.',
      '--set attack.params.patchSize=5 is taken, not --attack.patch-size.',
    ])
  })
})

describe('a slip of the pen', () => {
  it.each<[string, RunFlags]>([
    ['--attack.patch-size?', { memberFlags: ['--attack.pach-size', '3'] }],
    ['--preset quick?', { memberFlags: ['quick'] }],
    ['"quick"? Known: quick', { preset: 'quik' }],
  ])('is answered with %s', async (wanted, flags) => {
    await expect(configOf(flags)).rejects.toMatchObject({ wanted: expect.stringContaining(wanted) as string })
  })
})

/** What a POSIX shell makes of the words. */
const throughShell = (words: readonly string[]): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\n' ${words.join(' ')}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')

describe('a configuration as words for a shell', () => {
  const config = resolve({
    name: 'it\'s a $HOME `trap` "here"; *',
    seed: 7,
    attack: { id: 'badnet_grid', params: { corner: 'topLeft' } },
    teacher: { architecture: { id: 'resnet', params: { depth: '34' } } },
    students: [{ defenses: [] }],
  }).config

  it.each(['plain', "it's", '$HOME', '[]', 'a b', '*', '~', '', '-x', '"', '\\', 'ü'])('quotes %j', (word) => {
    expect(throughShell([shellWord(word)])).toEqual([word])
  })

  it('comes back as it was when pasted behind --set', async () => {
    const set = throughShell(assignmentWords(config)).filter((word) => !word.startsWith('students.'))
    expect(resolve(await configOf({ set }))).toMatchObject({
      config: { ...config, students: expect.anything() as unknown },
    })
  })

  it('and as the command that starts it again', async () => {
    const changedPaths = changedFromDefaults(config, resolve)
    const command = runCommand({ config, changedPaths })
    expect(command).toMatch(/^abd run \\\n {2}--set /)
    const [, , ...words] = throughShell(command.replaceAll('\\\n', ' ').split(' '))
    const set = words.filter((word) => word !== '--set')
    expect(resolve(await configOf({ set })).config).toEqual(config)
  })
})

async function abd(line: readonly string[]): Promise<{ code: number; told: string }> {
  const told: string[] = []
  const engine = createFakeEngine({ finishedRuns: 1 })
  const code = await runProgram(line, {
    version: '0',
    serve: () => Promise.resolve(0),
    recognize,
    output: {
      result: () => undefined,
      tell: (line) => told.push(line),
      progress: () => undefined,
      endProgress: () => undefined,
    },
    connect: () => Promise.resolve({ client: engine as never, dispose: () => Promise.resolve() }),
  })
  return { code, told: told.join('\n') }
}
