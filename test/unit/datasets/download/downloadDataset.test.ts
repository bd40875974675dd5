import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDataService } from '../../../../src/main/engine/control/api/dataService'
import { attacks } from '../../../../src/main/engine/families/attacks'
import { datasets } from '../../../../src/main/engine/families/datasets'
import {
  downloadDataset,
  sourceAddress,
  type DownloadProgress,
} from '../../../../src/main/engine/families/datasets/download'
import type { Dataset, DatasetSource } from '../../../../src/main/engine/families/datasets/types'
import { distillationMethods } from '../../../../src/main/engine/families/distillation'
import { describeChecks } from '../../../../src/shared/domain'
import { createRegistry } from '../../../../src/shared/schema'
import { zipOf } from '../../importers/craft/zip'
import { makeZip } from '../../tools/zip'
import { startFileServer, type FileServer } from './server'

let server: FileServer
let folder = ''
beforeEach(async () => {
  server = await startFileServer({ 'one.gz': Buffer.from('first'), 'two.gz': Buffer.from('second') })
  folder = mkdtempSync(join(tmpdir(), 'download-test-'))
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex')
/** A member whose official files lie on the test's server. */
function registryOf(id: string, sources: (address: string) => DatasetSource[]) {
  const member = datasets.get(id)
  return createRegistry<Dataset>('dataset', 'Data sets', [
    { ...member, facts: { ...member.facts, sources: sources(server.address) } },
    datasets.get('signs'),
  ])
}
const twoFiles = (address: string): DatasetSource[] =>
  ['one', 'two'].map((name) => ({
    url: `${address}/${name}.gz`,
    fileName: `${name}.gz`,
    md5: md5(name === 'one' ? 'first' : 'second'),
  }))
const context = () => ({ cacheFolder: join(folder, 'cache') })

describe('downloading a data set', () => {
  it('brings every file, tells which, and names the folder', async () => {
    const told: DownloadProgress[] = []
    const result = await downloadDataset(
      registryOf('mnist', twoFiles),
      { dataset: 'mnist', folder: join(folder, 'mine') },
      { ...context(), onProgress: (progress) => told.push(progress) },
    )
    expect(result).toEqual({
      folder: join(folder, 'mine'),
      params: { folder: join(folder, 'mine') },
      files: [
        { name: 'one.gz', check: 'md5' },
        { name: 'two.gz', check: 'md5' },
      ],
    })
    expect(readFileSync(join(folder, 'mine', 'two.gz'), 'utf8')).toBe('second')
    expect(told.map(({ step, filesDone, files }) => `${step} ${filesDone}/${files}`)).toEqual(
      expect.arrayContaining(['one.gz 0/2', 'two.gz 1/2']),
    )
  })

  it('takes the product’s cache where no folder is named, and names a lone archive itself', async () => {
    const registry = registryOf('cifar10', (address) => [
      { url: `${address}/one.gz`, fileName: 'cifar-10-binary.tar.gz' },
    ])
    const { folder: used, params, files } = await downloadDataset(registry, { dataset: 'cifar10' }, context())
    expect(used).toBe(join(folder, 'cache', 'downloads', 'cifar10'))
    expect(params).toEqual({ folder: join(used, 'cifar-10-binary.tar.gz') })
    expect(files).toEqual([{ name: 'cifar-10-binary.tar.gz', check: 'none' }])
  })

  it('takes the files from a mirror instead', async () => {
    const registry = registryOf('mnist', () => twoFiles('http://127.0.0.1:1'))
    await downloadDataset(registry, { dataset: 'mnist', mirror: `${server.address}/some/folder` }, context())
    expect(server.requests).toEqual(['/some/folder/one.gz', '/some/folder/two.gz'])
    expect(sourceAddress({ url: 'x', fileName: 'a b.gz' }, 'https://m.example/d/')).toBe('https://m.example/d/a%20b.gz')
    expect(() => sourceAddress({ url: 'x', fileName: 'a' }, 'file:///etc')).toThrow('over HTTP')
    expect(() => sourceAddress({ url: 'x', fileName: 'a' }, 'not an address')).toThrow('no address')
  })

  it('refuses a mirror’s file that is not the official one', async () => {
    server.files['two.gz'] = Buffer.from('forged')
    await expect(
      downloadDataset(registryOf('mnist', twoFiles), { dataset: 'mnist', mirror: server.address, folder }, context()),
    ).rejects.toMatchObject({ name: 'UserError', wanted: `MD5 ${md5('second')}` })
    expect(existsSync(join(folder, 'two.gz'))).toBe(false)
  })

  it('knows a checksum of every official file', () => {
    const unsummed = datasets.members
      .flatMap(({ facts }) => facts.sources ?? [])
      .filter((source) => !/^[0-9a-f]{32}$/.test(source.md5 ?? ''))
      .map(({ fileName }) => fileName)
    expect(unsummed).toEqual([])
  })

  it('says file by file what was checked', () => {
    expect(describeChecks([{ name: 'a', check: 'md5' }])).toEqual({
      sentence: 'The file has the published MD5 sum.',
      unchecked: false,
    })
    expect(
      describeChecks([
        { name: 'a', check: 'md5' },
        { name: 'b', check: 'size' },
        { name: 'c', check: 'none' },
      ]),
    ).toEqual({
      sentence:
        '1 of 3 files have the published MD5 sum. Only the size was compared, as no checksum is known: b. Not checked, as no checksum is known: c.',
      unchecked: true,
    })
  })

  it('refuses data that are made by code, and unknown ones', async () => {
    await expect(downloadDataset(datasets, { dataset: 'signs' }, context())).rejects.toThrow('nothing to download')
    await expect(downloadDataset(datasets, { dataset: 'nothing' }, context())).rejects.toThrow('no dataset called')
  })

  it('unpacks loose pictures once', async () => {
    server.files['pictures.zip'] = makeZip({
      'GTSRB/Final_Training/Images/00000/a.ppm': Buffer.from('picture'),
      'GT-final_test.csv': Buffer.from('table'),
    })
    const registry = registryOf('gtsrb', (address) => [{ url: `${address}/pictures.zip`, fileName: 'pictures.zip' }])
    const { folder: used, params } = await downloadDataset(registry, { dataset: 'gtsrb' }, context())
    expect(params).toEqual({ folder: used })
    const picture = join(used, 'GTSRB/Final_Training/Images/00000/a.ppm')
    expect(readFileSync(picture, 'utf8')).toBe('picture')
    rmSync(picture)
    await downloadDataset(registry, { dataset: 'gtsrb' }, context())
    expect(existsSync(picture)).toBe(false)
  })

  it.each([
    [
      'a name that leaves the folder',
      { name: '../../escaped.ppm', bytes: Buffer.from('out') },
      'names a file outside itself',
    ],
    [
      'a link',
      { name: 'link.ppm', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 },
      'holds something else than files',
    ],
  ])('refuses an archive with %s', async (_kind, entry, fault) => {
    server.files['pictures.zip'] = zipOf([entry])
    const registry = registryOf('gtsrb', (address) => [{ url: `${address}/pictures.zip`, fileName: 'pictures.zip' }])
    await expect(
      downloadDataset(registry, { dataset: 'gtsrb', folder: join(folder, 'a', 'b') }, context()),
    ).rejects.toMatchObject({ name: 'RefusedInputError', message: `The archive "pictures.zip" ${fault}.` })
    expect(existsSync(join(folder, 'escaped.ppm'))).toBe(false)
    expect(existsSync(join(folder, 'a', 'b', 'link.ppm'))).toBe(false)
  })

  it('runs once per data set; a second request is told so, and works after the first was cancelled', async () => {
    server.misbehaviour = { stallAfter: 2 }
    const service = createDataService(
      { datasets: registryOf('mnist', twoFiles), attacks, methods: distillationMethods },
      context().cacheFolder,
    )
    const controller = new AbortController()
    const first = service.download({ dataset: 'mnist' }, () => undefined, controller.signal)
    await expect(service.download({ dataset: 'mnist' }, () => undefined)).rejects.toThrow('being downloaded already')
    setTimeout(() => controller.abort(), 50)
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    server.misbehaviour = {}
    const told: string[] = []
    await service.download({ dataset: 'mnist' }, ({ dataset, step }) => told.push(`${dataset} ${step}`))
    expect(told).toContain('mnist two.gz')
  })
})
