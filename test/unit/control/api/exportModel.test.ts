import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../../../src/main/engine/weights/safetensors/write'
import { tracedNodes } from '../../../../examples/exporter/tracedNodes'
import { createEngine, type Engine } from '../../../../src/main/engine/control/api/engine'
import type { TrainerLauncher } from '../../../../src/main/engine/control/executors/shortJobProcess'
import { createLocalExecutor } from '../../../../src/main/engine/control/executors/local'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { exporters, type Exporter } from '../../../../src/main/engine/families/exporters'
import type { TrainerJob } from '../../../../src/main/engine/protocol/messages'
import { toCauses, UserError } from '../../../../src/shared/errors'
import { createRegistry } from '../../../../src/shared/schema'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import { writeTorch } from '../../../../src/main/engine/families/exporters/torchArchive'
import { importCheckpoint } from '../../../../src/main/engine/families/importers'
import { readNetworks, temporaryFolder, wideResNet } from '../../importers/craft/files'
import { openStore, placeInRun } from '../../../../src/main/engine/control/store'
import { fakeCatalogue, fakeFamilies } from '../../../fakes/catalogue'
import { createFakeData, fakeCosts, inspectFakeModel } from '../../../fakes/services'
import { fakeWeights } from '../../../fakes/weights'

const base = temporaryFolder()
let folder = ''
let engine: Engine

const formats = createRegistry<Exporter>('exporter', 'Formats', [...exporters.members, tracedNodes])
const jobs: TrainerJob[] = []
/** A trainer that writes the file, or fails. */
const launch: TrainerLauncher = (job, listener) => {
  jobs.push(job)
  queueMicrotask(() => {
    if (job.kind !== 'export') throw new Error('An export starts no other trainer.')
    if (job.weights.includes('student')) writeFileSync(job.path, 'nodes')
    const refused = new UserError('The model could not be written.', { got: 'ENOSPC' })
    listener.onReport(
      job.weights.includes('student')
        ? { type: 'finished', outcome: 'done', step: 0, evaluation: null, weights: null }
        : { type: 'failed', causes: toCauses(refused) },
    )
    listener.onExit(0, null, '')
  })
  return { pid: 1, send: () => undefined, kill: () => undefined }
}
let ready = true

beforeEach(async () => {
  ready = true
  jobs.length = 0
  folder = mkdtempSync(join(base, 'export-model-'))
  const store = openStore(join(folder, 'workspace'))
  const place = join(store.runFolder('r'), 'student-1')
  for (const name of [place, join(store.runFolder('r'), 'teacher')]) mkdirSync(name, { recursive: true })
  await writeSafetensors(join(place, 'weights.safetensors'), fakeWeights, { format: 'pt' })
  store.runs.insert(newRun({ id: 'r', config: fakeCatalogue.defaults, createdAt: 0 }))
  store.stages.update(placeInRun('r', 'student-1'), { state: 'done', weights: join(place, 'weights.safetensors') })
  store.stages.update(placeInRun('r', 'teacher'), {
    state: 'done',
    weights: join(store.runFolder('r'), 'teacher', 'brought.pth'),
  })
  engine = createEngine({
    version: '0',
    store,
    cacheFolder: join(folder, 'cache'),
    readOnly: false,
    families: fakeFamilies,
    presets: fakeCatalogue.presets,
    costs: fakeCosts,
    data: createFakeData(),
    executors: new Map([['local', createLocalExecutor({ script: '' })]]),
    launchShortJob: launch,
    exporters: formats,
    log: createEngineLog(null),
    inspectModel: inspectFakeModel,
    runtimeState: () => ({ ready, message: ready ? null : 'no TensorFlow' }),
  })
})
afterEach(() => engine.close())

const exportTo = (path: string, { stageId = 'student-1', format = 'torch', params = {} } = {}) =>
  engine.call('model.export', { runId: 'r', stageId, format, params, path })

describe('model.export', () => {
  it.each(['torch', 'safetensors'] as const)(
    '%s: our importer reads the same tensors back, without TensorFlow',
    async (format) => {
      ready = false
      const path = join(folder, 'student.bin')
      const { bytes, path: written } = await exportTo(path, { format })
      expect([written, bytes]).toEqual([path, readFileSync(path).length])
      const read = await readNetworks(readFileSync(path), 'student.bin')
      expect(read.format).toBe(format === 'torch' ? 'torch-zip' : 'safetensors')
      expect(new Map([...(read.networks[''] ?? [])].sort())).toEqual(new Map([...fakeWeights].sort()))
    },
  )

  it.each(['torch', 'safetensors'] as const)(
    '%s: a teacher brought as a pickle comes back under the names of the network',
    async (format) => {
      const network = wideResNet(10, 1, 10)
      await writeTorch(
        join(folder, 'workspace', 'runs', 'r', 'teacher', 'brought.pth'),
        new Map([...network].map(([name, tensor]) => [`module.${name}`, tensor])),
      )
      const path = join(folder, 'teacher.bin')
      await exportTo(path, { stageId: 'teacher', format })
      expect(new Map([...(await importCheckpoint(path)).weights].sort())).toEqual(new Map([...network].sort()))
    },
  )

  it('never writes over a file', async () => {
    const path = join(folder, 'mine.pt')
    writeFileSync(path, 'mine')
    await expect(exportTo(path)).rejects.toMatchObject({
      name: 'RefusedInputError',
      wanted: 'a new file name',
      where: path,
    })
    expect(readFileSync(path, 'utf8')).toBe('mine')
    expect(readdirSync(folder).sort()).toEqual(['mine.pt', 'workspace'])
  })

  it.each([
    [
      'a stage without weights',
      { stageId: 'student-2' },
      'x.pt',
      { wanted: expect.stringContaining('a stage that is done') as string, got: 'waiting', where: 'student-2' },
    ],
    ['the data stage', { stageId: 'data' }, 'x.pt', { wanted: 'teacher, student-1, student-2', got: 'data' }],
    [
      'a stage that is none',
      { stageId: 'student-9' },
      'x.pt',
      { wanted: 'teacher, student-1, student-2', got: 'student-9' },
    ],
    [
      'a teacher whose file is gone',
      { stageId: 'teacher' },
      'x.pt',
      { got: expect.stringContaining('ENOENT') as string, where: expect.stringContaining('brought.pth') as string },
    ],
    ['a folder that is none', {}, 'nowhere/x.pt', { wanted: 'a file name in an existing folder' }],
  ])('refuses %s', async (_, choice, name, details) => {
    await expect(exportTo(join(folder, name), choice)).rejects.toMatchObject(details)
    expect(readdirSync(folder)).toEqual(['workspace'])
  })

  it('refuses a relative path and a format that is none', async () => {
    await expect(exportTo('x.pt')).rejects.toMatchObject({ wanted: 'an absolute path on the engine’s machine' })
    await expect(exportTo(join(folder, 'x'), { format: 'matlab' })).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'format',
    })
  })
  it('has a trainer write what needs the program, and control what needs weights alone', async () => {
    const path = join(folder, 'student.json')
    const params = { attributes: false }
    expect(await exportTo(path, { format: 'traced-nodes', params })).toEqual({ path, bytes: 5 })
    expect(jobs).toMatchObject([
      {
        kind: 'export',
        exporter: { id: 'traced-nodes', params },
        path,
        weights: join(folder, 'workspace', 'runs', 'r', 'student-1', 'weights.safetensors'),
        architecture: fakeCatalogue.defaults.distillation.architecture,
        data: fakeCatalogue.defaults.data,
        normalization: 'dataset',
        execution: { device: 'cpu' },
      },
    ])
    await exportTo(join(folder, 'student.pt'))
    expect(jobs).toHaveLength(1)
  })

  it('tells what the trainer says, and refuses before it starts one', async () => {
    const format = 'traced-nodes'
    const to = join(folder, 'x.json')
    await expect(exportTo(to, { format, stageId: 'teacher' })).rejects.toMatchObject({ got: 'ENOSPC' })
    expect(jobs).toHaveLength(1)
    await expect(exportTo(to, { format, params: { attributes: 1 } })).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'format.params.attributes',
    })
    ready = false
    await expect(exportTo(to, { format })).rejects.toThrow('TensorFlow is not set up.')
    expect(jobs).toHaveLength(1)
  })
})
