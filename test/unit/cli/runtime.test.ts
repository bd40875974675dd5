import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runProgram } from '../../../src/main/cli/program'
import type { RuntimeOverview } from '../../../src/shared/domain'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-runtime-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
  vi.stubEnv('PIP_CONFIG_FILE', '/dev/null')
  vi.stubEnv('PIP_INDEX_URL', 'https://me:secret@index.example/simple')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function abd(...line: string[]): Promise<{ code: number; results: string[]; told: string }> {
  const results: string[] = []
  const told: string[] = []
  const code = await runProgram(line, {
    version: '0',
    root: folder,
    serve: () => Promise.resolve(0),
    recognize: () => Promise.reject(new Error('not asked')),
    output: {
      result: (text) => results.push(text),
      tell: (text) => told.push(text),
      progress: () => undefined,
      endProgress: () => undefined,
    },
    connect: () => Promise.reject(new Error('no engine is needed')),
  })
  return { code, results, told: told.join('\n') }
}

describe('abd runtime', () => {
  it('says without an engine what is there, what could be, and from where; 1 while there is nothing', async () => {
    const { code, results, told } = await abd('runtime')
    expect(code).toBe(1)
    expect(results[0]).toMatch(/cpu .*274 MB to fetch, 853 MB on disk/)
    expect(results[0]).toContain('https://index.example/simple')
    expect(results[0]).not.toContain('secret')
    expect(told).toContain('"abd runtime install" fetches it')
  })

  it('tells a script the same as JSON, and how much of an interrupted fetch is here', async () => {
    vi.stubEnv('XDG_CACHE_HOME', folder)
    const { variants, origin } = JSON.parse((await abd('runtime', 'show', '--json')).results[0]!) as RuntimeOverview
    expect(variants.map(({ id, installed }) => [id, installed])).toEqual([
      ['cpu', false],
      ['gpu', false],
    ])
    expect(origin.setIn).toEqual(['environment'])
  })

  it('refuses a bundle that is none with 2, and packs nothing where nothing is', async () => {
    const file = join(folder, 'other.tar.gz')
    writeFileSync(file, 'text')
    expect(await abd('runtime', 'unpack', file)).toMatchObject({ code: 2, told: expect.stringContaining('damaged') })
    expect(await abd('runtime', 'pack', join(folder, 'out.tar.gz'))).toMatchObject({
      code: 1,
      told: expect.stringContaining('abd runtime install --variant cpu'),
    })
    expect((await abd('runtime', 'install', '--variant', 'tpu')).code).toBe(2)
  })
})
