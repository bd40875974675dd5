import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command } from 'commander'
import { commands } from '../../../src/main/cli/commands'
import type { CommandGroup, EngineCommand, LocalCommand } from '../../../src/main/cli/commands/command'
import { completeCommand, shells } from '../../../src/main/cli/commands/complete'
import { serveCommand } from '../../../src/main/cli/commands/serve'
import { runProgram } from '../../../src/main/cli/program'
import { createFakeEngine } from '../../fakes/engine'
import { removeFolder } from '../../fixtures/removeFolder'

let cache = ''
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'abd-completion-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await removeFolder(cache)
})

/** What a command line writes to stdout, and whether it asked for an engine. */
async function abd(...line: string[]): Promise<{ code: number; written: string; connected: boolean }> {
  let written = ''
  let connected = false
  const write = (text: string): boolean => {
    written += text
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => write(String(text)))
  vi.spyOn(console, 'log').mockImplementation((...parts: unknown[]) => void write(`${parts.join(' ')}\n`))
  const code = await runProgram(line, {
    version: '0',
    serve: () => Promise.resolve(0),
    recognize: () => Promise.reject(new Error('not asked')),
    output: {
      result: (text) => void write(`${text}\n`),
      tell: (text) => void write(`${text}\n`),
      progress: () => undefined,
      endProgress: () => undefined,
    },
    connect: () => {
      connected = true
      return Promise.resolve({ client: createFakeEngine() as never, dispose: () => Promise.resolve() })
    },
  })
  vi.restoreAllMocks()
  return { code, written, connected }
}

/** The words that may come next. */
const suggested = async (...words: string[]): Promise<string[]> =>
  (await abd('complete', '--', ...words)).written
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((word) => word !== '')

describe('abd complete', () => {
  it.each(shells)('prints a script that %s reads, and keeps the catalogue for later', async (shell) => {
    const { code, written } = await abd('complete', shell)
    expect(code).toBe(0)
    expect(written).toContain('abd complete --')
    expect(readdirSync(join(cache, 'abd-workbench', 'completion'))).toEqual(['0.json'])
    if (shell === 'bash') execFileSync('bash', ['-n'], { input: written })
  })

  it.each<[words: string[], wanted: string[]]>([
    [['ru'], ['run', 'runs']],
    [
      ['study', 's'],
      ['start', 'show'],
    ],
    [['run', '--attack', 'ba'], ['badnet_grid']],
    [['run', '--attack=ba'], ['badnet_grid']],
    [
      ['complete', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['run', '--device', ''],
      ['auto', 'cpu', 'gpu'],
    ],
    [['run', '--preset', 'qu'], ['quick']],
    [['run', '--set', 'poisoning.ra'], ['poisoning.ratio=']],
    [
      ['run', '--set', 'execution.device='],
      ['execution.device=auto', 'execution.device=cpu', 'execution.device=gpu'],
    ],
    [['run', '--attack', 'badnet_grid', '--attack.pa'], ['--attack.patch-size']],
    [
      ['run', '--attack.corner', ''],
      ['topLeft', 'bottomRight'],
    ],
    [['show', ''], ['latest']],
    [['show', 'latest', '--com'], ['--command']],
  ])('answers %j without an engine', async (words, wanted) => {
    await abd('complete', 'bash')
    expect(await suggested(...words)).toEqual(expect.arrayContaining(wanted))
    expect((await abd('complete', '--', ...words)).connected).toBe(false)
  })

  it.each([
    ['import', './te'],
    ['evaluate', '--model', ''],
    ['export', 'latest', '--out', ''],
    ['run', '--data', './pictures'],
    ['study', 'start', 'swee'],
    ['runs', '--workspace', ''],
  ])('leaves file names to the shell: %s %s', async (...words) => {
    await abd('complete', 'bash')
    expect(await suggested(...words)).toEqual([':0'])
  })

  it('knows commands and flags before a catalogue was kept, and bears a broken one', async () => {
    expect(await suggested('exp')).toContain('export')
    expect(await suggested('run', '--attack', '')).toEqual([':4'])
  })
})

type SingleCommand = EngineCommand | LocalCommand
const single = (command: SingleCommand | CommandGroup): SingleCommand[] =>
  'commands' in command ? [...command.commands] : [command]

describe('the help', () => {
  it.each(
    [...commands.flatMap(single), serveCommand, completeCommand].map((command) => [command.name, command] as const),
  )('of %s has examples that are lines of it', (name, { examples }) => {
    expect(examples.length).toBeGreaterThan(0)
    for (const [line, meaning] of examples) {
      expect(line).toMatch(new RegExp(`\\babd ((study|runtime) )?${name}\\b`))
      expect(meaning).not.toBe('')
    }
  })

  it('shows them, and says what an exit code means', async () => {
    expect((await abd('run', '--help')).written).toContain('abd run --preset quick')
    expect((await abd('help', 'runs')).written).toContain("--query 'attack:blend asr<10%'")
    expect((await abd('--help')).written).toContain('Exit codes: 0 done')
  })

  it('shows flags that exist', () => {
    const known = (command: SingleCommand): string[] => {
      const options: string[] = ['--workspace', '--json']
      const fake = new Proxy({} as Command, {
        get:
          (_target, property) =>
          (...given: { flags?: string }[]) => {
            const flags =
              property === 'option' || property === 'requiredOption'
                ? String(given[0])
                : property === 'addOption'
                  ? given[0]?.flags
                  : ''
            options.push(...(flags?.match(/--[a-z-]+/g) ?? []))
            return fake
          },
      })
      command.declare?.(fake)
      return options
    }
    for (const command of commands.flatMap(single))
      for (const [line] of command.examples)
        for (const flag of line.split('|')[0]?.match(/(?<=\s)--[a-z-]+(?=[\s=]|$)/g) ?? [])
          expect([line, known(command)]).toEqual([line, expect.arrayContaining([flag]) as string[]])
  })
})
