import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sweepDebris } from '../../../src/main/engine/control/store/debris'
import { temporaryName } from '../../../src/main/machine/temporaries.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-debris-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Names as a process made them that was killed. */
const namesOfKilled = (...what: string[]): string[] =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { temporaryName } from '${join(process.cwd(), 'src/main/machine/temporaries.mjs')}'
         process.stdout.write(JSON.stringify(${JSON.stringify(what)}.map(temporaryName)))`,
      ],
      { encoding: 'utf8' },
    ),
  ) as string[]

const put = (...path: string[]): string => {
  const file = join(folder, ...path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, 'x')
  return file
}
const sweep = (known: { runs?: string[]; stages?: string[] } = {}): Promise<string[]> =>
  sweepDebris({
    workspace: join(folder, 'workspace'),
    cacheFolder: join(folder, 'cache'),
    temporary: join(folder, 'tmp'),
    known: {
      run: (id) => known.runs?.includes(id) ?? false,
      stage: (place) => known.stages?.includes(place) ?? false,
    },
  })

it('what killed processes left goes, wherever they write; what is being written stays', async () => {
  const [lock, weights, image, mirror, copy, graph, archive, other] = namesOfKilled(
    'engine.lock',
    'weights.safetensors',
    '30.png',
    'run.json',
    'patch.png',
    'abd-graph',
    'archive',
    'of-another-program',
  ) as [string, string, string, string, string, string, string, string]
  const gone = [
    put('workspace', lock),
    put('workspace', 'stages', 'key', weights),
    put('workspace', 'stages', 'key', 'images', image),
    put('workspace', 'runs', 'one', mirror),
    put('workspace', 'runs', 'one', 'data', 'distillation.method', 'params.file', copy),
    put('cache', 'unpacked', archive, 'files', 'a.png'),
    put('tmp', graph, 'saved_model.pb'),
  ]
  const stays = [
    put('workspace', 'workspace.sqlite'),
    put('workspace', 'stages', 'key', 'weights.safetensors'),
    put('workspace', 'stages', 'key', 'images', '30.png'),
    put('workspace', 'stages', 'key', temporaryName('weights.safetensors')),
    put('tmp', other),
  ]
  await sweep({ runs: ['one'], stages: ['stages/key'] })
  expect(gone.filter((file) => existsSync(file))).toEqual([])
  expect(stays.filter((file) => !existsSync(file))).toEqual([])
})

it('of what earlier versions left nothing goes from folders that are not the workspace’s own', async () => {
  const dayBefore = new Date(Date.now() - 2 * 24 * 3_600_000)
  const old = (...path: string[]): string => {
    const file = put(...path)
    utimesSync(file, dayBefore, dayBefore)
    return file
  }
  const gone = [
    old('workspace', 'engine.lock.0123456789ab.stale'),
    old('workspace', '.live-exports.json.0123456789ab.tmp'),
    old('workspace', 'stages', 'key', '.task.json.control.tmp'),
  ]
  const folderOfOwner = join(folder, 'workspace', 'measurements', 'check-0123abcd')
  const stays = [
    old('workspace', 'letter.17.tmp'),
    old('workspace', 'measurements', 'table.17.tmp'),
    old('workspace', 'measurements', 'check-0123abcd', 'table.csv'),
  ]
  utimesSync(folderOfOwner, dayBefore, dayBefore)
  await sweep({ stages: ['stages/key'] })
  expect(gone.filter((file) => existsSync(file))).toEqual([])
  expect(stays.filter((file) => !existsSync(file))).toEqual([])
})

describe('a folder of a run or a stage that the store has never heard of', () => {
  it('goes where its start failed before anything was recorded', async () => {
    put('workspace', 'stages', 'failed', 'task.json')
    put('workspace', 'stages', 'failed', 'imported.pth')
    mkdirSync(join(folder, 'workspace', 'stages', 'empty', 'images'), { recursive: true })
    put('workspace', 'runs', 'failed', 'data', 'distillation.method', 'patch.png')
    put('workspace', 'stages', 'known', 'task.json')
    await sweep({ stages: ['stages/known'] })
    expect(readdirSync(join(folder, 'workspace', 'stages'))).toEqual(['known'])
    expect(readdirSync(join(folder, 'workspace', 'runs'))).toEqual([])
  })

  it('stays where anything was: its database may have been begun anew', async () => {
    const files = [
      put('workspace', 'stages', 'weights', 'weights.safetensors'),
      put('workspace', 'stages', 'begun', 'journal', '000001700000000-abcdef.jsonl'),
      put('workspace', 'stages', 'pictures', 'images', '10.png'),
      put('workspace', 'runs', 'mirrored', 'run.json'),
    ]
    await sweep()
    expect(files.filter((file) => !existsSync(file))).toEqual([])
  })
})
