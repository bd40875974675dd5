/** Data sets are read in a process of its own: control outlives what a file does to it, and goes on at once. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createDataReader, type DataReaderOptions } from '../../../../src/main/engine/control/api/dataReader'
import { createSplitDataService } from '../../../../src/main/engine/control/api/splitDataService'
import type { DataReading, DataService } from '../../../../src/main/engine/control/api/dataService'
import { datasets, families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import type { ExperimentConfig } from '../../../../src/shared/domain'
import { RefusedInputError } from '../../../../src/shared/errors'
import { bundle } from '../../../fixtures/bundle'
import { npzOf } from '../../../fixtures/npz'
import { temporaryFolder } from '../../importers/craft/files'

const folder = temporaryFolder()
const open: ReturnType<typeof createDataReader>[] = []
function readerOf(options: Pick<DataReaderOptions, 'script'> & Partial<DataReaderOptions>): DataReading {
  const reader = createDataReader({ cacheFolder: join(folder, 'cache'), ...options })
  open.push(reader)
  return reader
}
const scripted = (name: string, source: string, options: Partial<DataReaderOptions> = {}): DataReading => {
  const script = join(folder, `${name}.cjs`)
  writeFileSync(script, source)
  return readerOf({ script, ...options })
}
const data = { id: 'numpy_archive', params: {} }
const ignore = (): void => undefined
afterAll(() => open.forEach((reader) => reader.close()))

describe('the process that reads data sets', () => {
  it('recognises, counts, tells progress, gives images, and refuses in the readers’ own words', async () => {
    const reader = readerOf({ script: await bundle('src/main/engine/entries/dataReader.ts') })
    const file = join(folder, 'images.npz')
    const pixels = Uint8Array.from({ length: 6 * 8 * 8 }, (_, index) => index % 251)
    writeFileSync(
      file,
      npzOf({
        images: { dtype: '|u1', shape: [6, 8, 8], data: pixels },
        labels: { dtype: '|u1', shape: [6], data: Uint8Array.of(0, 1, 0, 1, 0, 1) },
      }),
    )
    const choice = await reader.recognize(file)
    expect(choice).toMatchObject({ id: 'numpy_archive', params: { folder: file, size: 32, colour: 'grey' } })
    const told: string[] = []
    const info = await reader.info(choice, ({ message }) => told.push(message))
    expect([info.train + info.test, info.width, info.channels, told.length > 0]).toEqual([6, 32, 1, true])
    const images = await reader.images(choice, { split: 'train', first: 0, count: 2 })
    expect([images.count, images.pixels instanceof Uint8Array, images.labels.length]).toEqual([2, true, 2])
    await expect(reader.recognize(join(folder, 'nothing'))).rejects.toBeInstanceOf(RefusedInputError)
    await expect(reader.info({ id: 'svhn', params: { folder } }, ignore)).rejects.toMatchObject({
      message: 'SVHN lacks train_32x32.mat, test_32x32.mat.',
      where: folder,
    })
  })

  it('that dies is a refusal of what was asked, and another one answers', async () => {
    const reader = scripted(
      'dying',
      `process.on('message', ({ id, question }) => {
        if (question.asked[0] === 'bomb') process.kill(process.pid, 'SIGKILL')
        else process.send({ say: 'answer', id, value: question.asked[0] })
      })`,
    )
    await expect(reader.recognize('bomb')).rejects.toMatchObject({
      name: 'RefusedInputError',
      message: 'The process that read the data ended before it was done.',
      got: 'SIGKILL',
    })
    expect(await reader.recognize('good')).toBe('good')
  })

  it('that hangs is ended: without a sign of life, or when a cancelled question does not stop', async () => {
    const endless = "process.on('message', () => { for (;;); })"
    const silent = scripted('silent', endless, { silence: 400 })
    await expect(silent.recognize('x')).rejects.toMatchObject({
      got: expect.stringMatching(/no sign of life/) as string,
    })
    const stubborn = scripted('stubborn', endless, { patience: 100 })
    const controller = new AbortController()
    const images = stubborn.images(data, { split: 'train', first: 0, count: 1 }, controller.signal)
    const other = stubborn.recognize('x')
    controller.abort(new Error('not wanted any more'))
    await expect(images).rejects.toThrow('not wanted any more')
    await expect(other).rejects.toMatchObject({ got: 'it did not stop when it was told to' })
  })

  it('is asked nothing more once it is told to end, before it is gone', async () => {
    const reader = scripted(
      'ending',
      "process.on('message', ({ id, question }) => { while (question.name === 'images'); process.send({ say: 'answer', id, value: 'good' }) })",
      { patience: 0 },
    )
    const controller = new AbortController()
    const images = reader.images(data, { split: 'train', first: 0, count: 1 }, controller.signal)
    controller.abort(new Error('not wanted any more'))
    // Right behind the timer that ends it, with nothing heard in between.
    const next = new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => reader.recognize('x'))
    await expect(images).rejects.toThrow('not wanted any more')
    expect(await next).toBe('good')
  })

  it('that cannot be started says so', async () => {
    const reader = readerOf({ script: join(folder, 'absent.cjs'), execPath: join(folder, 'no-node') })
    await expect(reader.recognize('x')).rejects.toMatchObject({ got: expect.stringContaining('ENOENT') as string })
  })
})

describe('what is read where', () => {
  const asked: string[] = []
  const part = (name: string): DataService =>
    new Proxy({} as DataService, {
      get: (_, call) => () => {
        asked.push(`${name}.${String(call)}`)
        return Promise.resolve(null)
      },
    })
  const service = createSplitDataService({
    here: part('here'),
    reader: part('reader'),
    datasets,
    table: memberTable(families),
  })

  it('drawn images here, everything out of files by the process', async () => {
    const drawn = { id: 'signs', params: {} }
    const config = (changes: Partial<ExperimentConfig> = {}): ExperimentConfig =>
      ({
        data: drawn,
        attack: { id: 'badnet_grid', params: {} },
        teacher: { source: 'train' },
        distillation: { method: { id: 'zskt', params: {} } },
        students: [],
        ...changes,
      }) as unknown as ExperimentConfig
    await service.info(drawn, ignore)
    await service.info(data, ignore)
    await service.triggerPreview(config(), { first: 0, count: 1, poisonable: false })
    await service.triggerPreview(config({ data: { id: 'cifar10', params: { folder: '/c' } } }), {
      first: 0,
      count: 1,
      poisonable: false,
    })
    await service.patchPreview(
      config({
        distillation: { method: { id: 'ood', params: { picture: '/p.png' } } },
      } as unknown as Partial<ExperimentConfig>),
      1,
    )
    await service.recognize('/x')
    await service.download({ dataset: 'mnist' } as never, ignore)
    expect(asked).toEqual([
      'here.info',
      'reader.info',
      'here.triggerPreview',
      'reader.triggerPreview',
      'reader.patchPreview',
      'reader.recognize',
      'here.download',
    ])
  })
})
