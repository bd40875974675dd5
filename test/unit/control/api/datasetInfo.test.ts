import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, it, vi } from 'vitest'
import { attacks } from '../../../../src/main/engine/families/attacks'
import { createDataService } from '../../../../src/main/engine/control/api/dataService'
import { datasets, type Dataset } from '../../../../src/main/engine/families/datasets'
import { distillationMethods } from '../../../../src/main/engine/families/distillation'
import { parseCall } from '../../../../src/shared/contract'
import { createRegistry } from '../../../../src/shared/schema'

const cacheFolder = mkdtempSync(join(tmpdir(), 'abd-info-'))
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))
const serviceOf = (...members: Dataset[]) =>
  createDataService(
    { datasets: createRegistry('dataset', 'Data sets', members), attacks, methods: distillationMethods },
    cacheFolder,
  )
const silent = (): void => undefined

it('describes a set that is drawn by code without drawing it, with the same numbers as the loaded one', async () => {
  const load = vi.fn(datasets.get('signs').load)
  const data = { id: 'signs', params: { trainImages: 45, testImages: 20 } }
  const outline = await serviceOf({ ...datasets.get('signs'), load }).info(data, silent)
  expect(load).not.toHaveBeenCalled()
  expect([
    outline.train,
    outline.test,
    outline.height,
    outline.width,
    outline.channels,
    outline.trainPerClass.slice(4, 6),
    outline.testPerClass[9],
  ]).toEqual([45, 20, 32, 32, 3, [5, 4], 2])
  const { title: _named, ...numbers } = outline
  expect(await serviceOf({ ...datasets.get('signs'), labels: undefined }).info(data, silent)).toMatchObject(numbers)
})

it('tells how far a load is, and passes the loader’s notes and its own error on', async () => {
  const signs = datasets.get('signs')
  const load: Dataset['load'] = async (params, context) => {
    context.onProgress?.(0.25, 'Reading data_batch_1.bin')
    return { ...(await signs.load(params, context)), notes: ['This copy is cut down.'] }
  }
  const told: unknown[] = []
  const info = await serviceOf({
    ...signs,
    preview: undefined,
    load: (params, context) => new Promise((done) => setTimeout(() => done(load(params, context)), 1)),
  }).info({ id: 'signs', params: { trainImages: 40, testImages: 20 } }, (progress) => told.push(progress))
  expect(told[0]).toEqual({ dataset: 'signs', fraction: 0.25, message: 'Reading data_batch_1.bin' })
  expect(info.notes).toEqual(['This copy is cut down.'])
  await expect(
    serviceOf(datasets.get('cifar10')).info(
      { id: 'cifar10', params: { folder: join(cacheFolder, 'nowhere') } },
      silent,
    ),
  ).rejects.toMatchObject({ name: 'RefusedInputError' })
})

it('gives the first pictures of each class out of files that lie class by class', async () => {
  const folder = join(cacheFolder, 'pictures')
  for (const [label, name] of ['ants', 'bees', 'cats'].entries()) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let picture = 0; picture < 5; picture++)
      await sharp({ create: { width: 9, height: 9, channels: 3, background: { r: label * 90, g: picture, b: 0 } } })
        .png()
        .toFile(join(folder, name, `${picture}.png`))
  }
  const service = serviceOf(datasets.get('image_folder'))
  const data = { id: 'image_folder', params: { folder, size: 8 } }
  expect(await service.info(data, silent)).toMatchObject({
    classNames: ['ants', 'bees', 'cats'],
    train: 12,
    test: 3,
    trainPerClass: [4, 4, 4],
    testPerClass: [1, 1, 1],
    height: 8,
  })
  const { labels, pixels } = await service.images(data, { split: 'train', classes: [2, 0], perClass: 2 })
  expect(labels).toEqual([2, 2, 0, 0])
  expect([pixels[0], pixels[2 * 8 * 8 * 3]]).toEqual([180, 0])
})

it('bounds an answer of pictures', () => {
  const ask = (args: object) => parseCall('dataset.images', { config: {}, split: 'train', ...args })
  expect(ask({ classes: [0, 1], perClass: 256 })).toMatchObject({ perClass: 256 })
  expect(() => ask({ classes: [0, 1], perClass: 257 })).toThrow('not accepted')
  expect(() => ask({ first: 0, count: 513 })).toThrow('not accepted')
  expect(() => ask({ first: 0, count: 5, classes: [1], perClass: 1 })).toThrow('not accepted')
})
