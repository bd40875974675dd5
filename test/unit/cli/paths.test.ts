import { resolve } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { CommandContext } from '../../../src/main/cli/commands/command'
import { evaluate } from '../../../src/main/cli/commands/evaluate'
import { importFile } from '../../../src/main/cli/commands/import'
import { configurationOf } from '../../../src/main/cli/configuration'
import type { Catalogue } from '../../../src/shared/contract'
import type { EngineClient } from '../../../src/shared/rpc'
import { fakeCatalogue } from '../../fakes/catalogue'

const answers: Record<string, unknown> = {
  'engine.catalogue': { families: [], presets: [] },
  'model.inspect': { accepted: true, reason: null, architecture: null, tensors: 1, sha256: null, findings: [] },
  'model.evaluate': {
    evaluation: { accuracy: 1, asr: 1, images: 1, nonTarget: 1 },
    warnings: ['The file is odd.'],
    device: null,
  },
}

const recognize = (path: string) => Promise.resolve({ id: 'imageFolder', params: { folder: path } })

function contextOfFake(catalogue: unknown = answers['engine.catalogue']) {
  const call = vi.fn<(name: string, parameters: unknown) => Promise<unknown>>((name) =>
    Promise.resolve(name === 'engine.catalogue' ? catalogue : answers[name]),
  )
  const context: CommandContext = {
    client: {
      call,
      subscribe: (_name: string, _filter: unknown, listener: (progress: unknown) => void) => {
        for (const file of [resolve('teacher.pt'), '/other.pt'])
          listener({ file, message: null, fraction: 0.5, secondsLeft: 3, evaluation: null })
        return () => undefined
      },
    } as unknown as EngineClient,
    json: true,
    recognize,
    output: {
      result: vi.fn(),
      tell: vi.fn(),
      progress: vi.fn(),
      endProgress: vi.fn(),
    } as unknown as CommandContext['output'],
  }
  return { context, call }
}

describe('paths typed at the command line', () => {
  it('reach the engine absolute from import', async () => {
    const { context, call } = contextOfFake()
    await importFile.run(context, {}, ['models/teacher.pt'])
    expect(call).toHaveBeenCalledWith('model.inspect', { file: resolve('models/teacher.pt') })
  })

  it('reach the engine absolute from evaluate, model and data alike', async () => {
    const { context, call } = contextOfFake()
    await evaluate.run(context, { model: 'teacher.pt', data: 'pictures', attack: 'badnet_grid', target: 0 }, [])
    expect(call.mock.lastCall).toMatchObject([
      'model.evaluate',
      { file: resolve('teacher.pt'), data: { id: 'imageFolder', params: { folder: resolve('pictures') } } },
    ])
    // How far it is, and what the importer warned of.
    expect(vi.mocked(context.output.progress).mock.calls).toEqual([['evaluating, 50 %, 3 s left']])
    expect(vi.mocked(context.output.tell).mock.calls).toEqual([['warning: The file is odd.']])
  })

  it('chooses a member by --set before its own flags are read', async () => {
    const flags = {
      set: ['distillation.method.params.attention=3', 'distillation.method.id=zskt'],
      memberFlags: ['--method.pseudo-batches', '2'],
    }
    expect(await configurationOf(flags, fakeCatalogue, recognize)).toMatchObject({
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 2, attention: 3 } } },
    })
    expect(
      await configurationOf(
        { set: ['distillation.method.id=cmi'], memberFlags: ['--method.pool-capacity', '9'] },
        fakeCatalogue,
        recognize,
      ),
    ).toMatchObject({ distillation: { method: { id: 'cmi', params: { poolCapacity: 9 } } } })
  })

  it('takes named settings of methods and defenses after a slash', async () => {
    expect(await configurationOf({ method: 'zskt', defense: ['sr/cmi+sv'] }, fakeCatalogue, recognize)).toMatchObject({
      distillation: { method: { id: 'zskt' } },
      students: [{ defenses: [{ id: 'sr', params: { rounds: 9, portion: 0.1 } }, { id: 'sv' }] }],
    })
  })

  it('reach the configuration of a run absolute', async () => {
    const catalogue = {
      families: [],
      presets: [],
      sections: fakeCatalogue.sections,
      defaults: {
        data: { id: 'signs' },
        attack: { id: 'badnet_grid' },
        teacher: { architecture: { id: 'wrn' } },
        distillation: { method: { id: 'kd' }, architecture: { id: 'wrn' } },
      },
    } as unknown as Catalogue
    expect(await configurationOf({ data: 'pictures' }, catalogue, recognize)).toMatchObject({
      data: { params: { folder: resolve('pictures') } },
    })
  })

  it('reach it absolute from flags of members and from --set, where the parameter is a path', async () => {
    const config = await configurationOf(
      {
        method: 'ood',
        memberFlags: ['--method.picture', 'cat.png'],
        set: [
          'data={"id":"cifar10","params":{"path":"batches"}}',
          'teacher.file=teacher.pt',
          'name=cat.png',
          'note.path=cat.png',
        ],
      },
      fakeCatalogue,
      recognize,
    )
    expect(config).toMatchObject({
      name: 'cat.png',
      note: { path: 'cat.png' },
      data: { params: { path: resolve('batches') } },
      teacher: { file: resolve('teacher.pt') },
      distillation: { method: { params: { picture: resolve('cat.png') } } },
    })
  })

  it('stay as they are where they are absolute or empty', async () => {
    const config = await configurationOf(
      { method: 'ood', set: ['distillation.method.params.picture=', 'teacher.file=/models/teacher.pt'] },
      fakeCatalogue,
      recognize,
    )
    expect(config).toMatchObject({
      teacher: { file: '/models/teacher.pt' },
      distillation: { method: { params: { picture: '' } } },
    })
  })

  it('reach the engine absolute from the parameters of evaluate', async () => {
    const { context, call } = contextOfFake(fakeCatalogue)
    await evaluate.run(
      context,
      {
        model: 'teacher.pt',
        data: 'cifar10',
        dataParam: ['path=batches'],
        attack: 'badnet_grid',
        attackParam: ['patchSize=5'],
        target: 0,
      },
      [],
    )
    expect(call.mock.lastCall).toMatchObject([
      'model.evaluate',
      { data: { id: 'cifar10', params: { path: resolve('batches') } }, attack: { params: { patchSize: 5 } } },
    ])
  })
})
