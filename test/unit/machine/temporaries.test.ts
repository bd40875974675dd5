import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  isLeftover,
  isTemporary,
  makeTemporaryFolder,
  sweepFolder,
  temporaryBeside,
  temporaryName,
  temporaryOf,
} from '../../../src/main/machine/temporaries.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-temporaries-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const day = 24 * 3_600_000
/** Its name as a process made it that has ended since. */
const nameOfDead = (what: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { temporaryName } from '${join(process.cwd(), 'src/main/machine/temporaries.mjs')}'
       process.stdout.write(temporaryName('${what}'))`,
    ],
    { encoding: 'utf8' },
  )
/** The same process on another machine, or in an earlier start of this one. */
const elsewhere = (name: string): string => name.replace(/\.[0-9a-f]{8}-[0-9a-f]{8}-/, '.00112233-44556677-')
const earlier = (name: string): string => name.replace(/-[0-9a-f]{8}-(\d+-\d+)/, '-44556677-$1')
const put = (name: string, age = 0): void => {
  const file = join(folder, name)
  writeFileSync(file, 'x')
  const then = new Date(Date.now() - age)
  utimesSync(file, then, then)
}

it('a name says what it becomes, and no two are the same', () => {
  const name = temporaryName('weights.safetensors')
  expect(isTemporary(name)).toBe(true)
  expect(temporaryOf(name)).toBe('weights.safetensors')
  expect(temporaryName('weights.safetensors')).not.toBe(name)
  expect(basename(temporaryBeside(`/a/${'long'.repeat(100)}`)).length).toBeLessThan(255)
})

describe('sweeping', () => {
  it('takes what a process left that has ended, however young, and leaves what this one is writing', () => {
    const own = temporaryName('run.json')
    const dead = nameOfDead('run.json')
    put(own, 2 * day)
    put(dead)
    put('run.json')
    expect(sweepFolder(folder)).toEqual([dead])
    expect(readdirSync(folder).sort()).toEqual([own, 'run.json'])
  })

  it('never takes what another machine may be writing: only after a day without a change', () => {
    const name = elsewhere(nameOfDead('checkpoint'))
    put(name, 0.9 * day)
    expect(sweepFolder(folder)).toEqual([])
    put(name, 1.1 * day)
    expect(sweepFolder(folder)).toEqual([name])
  })

  it('takes what is older than this start of the machine', () => {
    const name = earlier(nameOfDead('checkpoint'))
    expect(isLeftover(name, 0)).toBe(false)
    expect(isLeftover(name, 10 * 365 * day)).toBe(true)
  })

  it('takes folders with all that is in them', () => {
    const dead = nameOfDead('abd-graph')
    mkdirSync(join(folder, dead))
    writeFileSync(join(folder, dead, 'saved_model.pb'), 'x')
    expect(sweepFolder(folder, { wanted: (name) => name.startsWith('.other') })).toEqual([])
    expect(sweepFolder(folder)).toEqual([dead])
    expect(existsSync(join(folder, dead))).toBe(false)
  })

  it.each([
    '.weights.safetensors.0123456789ab.tmp',
    '.reserve.001700000000000-abcdef.tmp',
    '.task.json.control.tmp',
    'engine.lock.0123456789ab',
    'engine.lock.0123456789ab.stale',
    'abd-graph-Ab3dE9',
    'runtime.json.1234.tmp',
  ])('takes what earlier versions left after a day: %s', (name) => {
    put(name, 0.9 * day)
    expect(sweepFolder(folder)).toEqual([])
    put(name, 1.1 * day)
    expect(sweepFolder(folder)).toEqual([name])
  })

  it.each(['engine.lock', 'workspace.sqlite', 'notes.tmp', '.hidden', 'x.part', '.a.tmp'])(
    'never takes what is none of ours: %s',
    (name) => {
      put(name, 100 * day)
      expect(sweepFolder(folder)).toEqual([])
    },
  )

  it('of a folder that is not there finds nothing', () => {
    expect(sweepFolder(join(folder, 'none'))).toEqual([])
  })
})

it('a temporary folder is its owner’s alone', () => {
  const made = makeTemporaryFolder('abd-test')
  expect(statSync(made).mode & 0o777).toBe(0o700)
  rmSync(made, { recursive: true })
})
