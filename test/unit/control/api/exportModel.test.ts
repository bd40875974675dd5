import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../../../src/main/engine/weights/safetensors/write'
import { createEngine, type Engine } from '../../../../src/main/engine/control/api/engine'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import { writeTorch } from '../../../../src/main/engine/families/exporters'
import { importCheckpoint } from '../../../../src/main/engine/families/importers'
import { openStore } from '../../../../src/main/engine/control/store'
import type { ExportFormat } from '../../../../src/shared/domain'
import { fakeCatalogue, fakeFamilies } from '../../../fakes/catalogue'
import { createFakeData, fakeCosts, inspectFakeModel } from '../../../fakes/services'
import { fakeWeights } from '../../../fakes/weights'
import { temporaryFolder } from '../../importers/craft/files'

const base = temporaryFolder()
let folder = ''
let engine: Engine

beforeEach(async () => {
  folder = mkdtempSync(join(base, 'export-model-'))
  const store = openStore(join(folder, 'workspace'))
  const place = join(store.runFolder('r'), 'student-1')
  for (const name of [place, join(store.runFolder('r'), 'teacher')]) mkdirSync(name, { recursive: true })
  await writeSafetensors(join(place, 'weights.safetensors'), fakeWeights, { format: 'pt' })
  store.runs.insert(newRun('r', fakeCatalogue.defaults, null, '', 0))
  store.runs.updateStage('r', 'student-1', { state: 'done', weights: join(place, 'weights.safetensors') })
  store.runs.updateStage('r', 'teacher', {
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
    launch: () => {
      throw new Error('An export needs no trainer.')
    },
    log: createEngineLog(null),
    inspectModel: inspectFakeModel,
    runtimeState: () => ({ ready: false, message: 'no TensorFlow' }),
  })
})
afterEach(() => engine.close())

const exportTo = (path: string, { stageId = 'student-1', format = 'torch' as ExportFormat } = {}) =>
  engine.call('model.export', { runId: 'r', stageId, format, path })

describe('model.export', () => {
  it.each(['torch', 'safetensors'] as const)(
    '%s: our importer reads the same tensors back, without TensorFlow',
    async (format) => {
      const path = join(folder, 'student.bin')
      const { bytes, path: written } = await exportTo(path, { format })
      expect([written, bytes]).toEqual([path, readFileSync(path).length])
      const report = await importCheckpoint(path)
      expect(report.format).toBe(format === 'torch' ? 'torch-zip' : 'safetensors')
      expect(new Map([...report.weights].sort())).toEqual(new Map([...fakeWeights].sort()))
    },
  )

  it.each(['torch', 'safetensors'] as const)(
    '%s: a teacher brought as a pickle comes back under the names of the network',
    async (format) => {
      await writeTorch(
        join(folder, 'workspace', 'runs', 'r', 'teacher', 'brought.pth'),
        new Map([...fakeWeights].map(([name, tensor]) => [`module.${name}`, tensor])),
      )
      const path = join(folder, 'teacher.bin')
      await exportTo(path, { stageId: 'teacher', format })
      expect(new Map([...(await importCheckpoint(path)).weights].sort())).toEqual(new Map([...fakeWeights].sort()))
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
    await expect(exportTo(join(folder, 'x'), { format: 'onnx' as ExportFormat })).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'format',
    })
  })
})
