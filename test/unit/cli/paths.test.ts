import { resolve } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { evaluate, importFile, type CommandContext } from '../../../src/main/cli/commands'
import { configurationOf } from '../../../src/main/cli/configuration'
import type { Catalogue } from '../../../src/shared/contract'
import type { EngineClient } from '../../../src/shared/rpc'
import { fakeCatalogue } from '../../fakes/catalogue'

const answers: Record<string, unknown> = {
  'engine.catalogue': { families: [], presets: [] },
  'model.inspect': { accepted: true, reason: null, architecture: null, tensors: 1, sha256: null, findings: [] },
  'model.evaluate': { evaluation: { accuracy: 1, asr: 1, images: 1, nonTarget: 1 }, warnings: ['The file is odd.'], device: null },
}

function contextOfFake() {
  const call = vi.fn<(name: string, parameters: unknown) => Promise<unknown>>((name) => Promise.resolve(answers[name]))
  const context: CommandContext = {
    client: { call, subscribe: (_name: string, _filter: unknown, listener: (progress: unknown) => void) => {
      for (const file of [resolve('teacher.pt'), '/other.pt']) listener({ file, message: null, fraction: 0.5, secondsLeft: 3, evaluation: null })
      return () => undefined
    } } as unknown as EngineClient, json: true,
    output: { result: vi.fn(), tell: vi.fn(), progress: vi.fn(), endProgress: vi.fn() } as unknown as CommandContext['output'],
  }
  return { context, call }
}
const recognize = (path: string) => Promise.resolve({ id: 'imageFolder', params: { folder: path } })

describe('paths typed at the command line', () => {
  it('reach the engine absolute from import', async () => {
    const { context, call } = contextOfFake()
    await importFile(context, 'models/teacher.pt')
    expect(call).toHaveBeenCalledWith('model.inspect', { file: resolve('models/teacher.pt') })
  })

  it('reach the engine absolute from evaluate, model and data alike', async () => {
    const { context, call } = contextOfFake()
    await evaluate(context, { model: 'teacher.pt', data: 'pictures', attack: 'badnet_grid', target: 0 }, recognize)
    expect(call.mock.lastCall).toMatchObject(['model.evaluate', { file: resolve('teacher.pt'), data: { id: 'imageFolder', params: { folder: resolve('pictures') } } }])
    // How far it is, and what the importer warned of.
    expect(vi.mocked(context.output.progress).mock.calls).toEqual([['evaluating, 50 %, 3 s left']])
    expect(vi.mocked(context.output.tell).mock.calls).toEqual([['warning: The file is odd.']])
  })

  it('takes named settings of methods and defenses after a slash', async () => {
    expect(await configurationOf({ method: 'zskt', defense: ['sr/cmi+sv'] }, fakeCatalogue, recognize)).toMatchObject({
      distillation: { method: { id: 'zskt' } }, students: [{ defenses: [{ id: 'sr', params: { rounds: 9, portion: 0.1 } }, { id: 'sv' }] }],
    })
  })

  it('reach the configuration of a run absolute', async () => {
    const catalogue = { families: [], presets: [], defaults: { data: { id: 'signs' }, attack: { id: 'badnet_grid' }, teacher: { architecture: { id: 'wrn' } }, distillation: { method: { id: 'kd' }, architecture: { id: 'wrn' } } } } as unknown as Catalogue
    expect(await configurationOf({ data: 'pictures' }, catalogue, recognize)).toMatchObject({ data: { params: { folder: resolve('pictures') } } })
  })
})
