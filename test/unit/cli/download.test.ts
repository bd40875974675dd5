import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../../src/main/cli/program'
import { UserError } from '../../../src/shared/errors'
import { createFakeEngine } from '../../fakes/engine'

interface Said {
  results: string[]
  told: string[]
  progress: string[]
}

async function abd(line: string[], failure?: Error): Promise<Said & { code: number }> {
  const said: Said = { results: [], told: [], progress: [] }
  const code = await runProgram(line, {
    version: '0',
    serve: () => Promise.resolve(0),
    recognize: () => Promise.reject(new Error('not asked')),
    output: {
      result: (text) => said.results.push(text),
      tell: (text) => said.told.push(text),
      progress: (text) => said.progress.push(text),
      endProgress: () => undefined,
    },
    connect: () =>
      Promise.resolve({
        client: createFakeEngine(failure ? { failures: { 'dataset.download': failure } } : {}) as never,
        dispose: () => Promise.resolve(),
      }),
  })
  return { ...said, code }
}

describe('abd download', () => {
  it('tells its progress and ends with the path to name', async () => {
    const { code, results, progress, told } = await abd(['download', 'cifar10', '--folder', 'data'])
    expect(code).toBe(0)
    expect(results).toEqual([`${resolve('data')}/cifar10.tar.gz`])
    expect(told).toEqual(['The file has the published MD5 sum.'])
    expect(progress.at(-1)).toBe('[1/1] cifar10.tar.gz: 0.0 MB of 0.0 MB')
  })
  it('gives folder and parameters as JSON', async () => {
    const { results } = await abd(['download', 'cifar10', '--json'])
    expect(JSON.parse(results[0] ?? '')).toEqual({
      folder: '/fake/downloads',
      params: { path: '/fake/downloads/cifar10.tar.gz' },
      files: [{ name: 'cifar10.tar.gz', check: 'md5' }],
    })
  })
  it('fails with 1 and what to do, and with 2 without a data set', async () => {
    const { code, told } = await abd(
      ['download', 'cifar10'],
      new UserError('The server could not be reached.', { action: 'Name a mirror.' }),
    )
    expect(code).toBe(1)
    expect(told.join('\n')).toContain('Name a mirror.')
    expect((await abd(['download'])).code).toBe(2)
  })
})
