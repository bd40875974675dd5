/** Which of the networks in a file is taken, and what is said where that is open. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importCheckpoint, type ImportReport } from '../../../src/main/engine/families/importers'
import { importBytes, networkProgram, temporaryFolder, torchZip, wideResNet } from './craft/files'
import {
  dictOf,
  get,
  globalName,
  integer,
  pickled,
  program,
  put,
  setItems,
  tensor,
  text,
  tupleOf,
} from './craft/pickle'

const classifier = networkProgram(wideResNet(10, 1, 10))
const other = networkProgram(wideResNet(10, 2, 10))
const values = Buffer.alloc(4 * 200_000)
/** A second one where the parts refer to it. */
const storagesOf = (...parts: (Buffer | string)[]): Record<string, Buffer> =>
  program(...parts).includes(text('1')) ? { 0: values, 1: values } : { 0: values }
const fileOf = (...parts: (Buffer | string)[]): Buffer => torchZip(pickled(dictOf(...parts)), storagesOf(...parts))
const import_ = (...parts: (Buffer | string)[]): Promise<ImportReport> => importBytes(fileOf(...parts))
const listOf = (...items: (Buffer | string)[]): Buffer => program(']', '(', ...items, 'e')
const grid = tensor({ from: classifier.storage })
const infos = ({ findings }: ImportReport): string[] =>
  findings.filter(({ severity }) => severity === 'info').map(({ message }) => message)

describe('a last layer of another name', () => {
  const wide = wideResNet(10, 1, 10)
  const renamed = (rename: (name: string) => string, more: Readonly<Record<string, number[]>> = {}): Buffer => {
    const weights = new Map([...wide].map(([name, weight]) => [rename(name), weight]))
    for (const [name, shape] of Object.entries(more))
      weights.set(name, {
        dtype: 'float32',
        shape,
        data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)),
      })
    return torchZip(pickled(networkProgram(weights).dict()), { 0: values })
  }
  const headed = (body: string, head: string) => (name: string) =>
    name.startsWith('fc.') ? head + name.slice(2) : body + name

  it.each([
    ['features.', 'classifier.fc'],
    ['encoder.', 'head'],
    ['backbone.', 'linear'],
    ['', 'fc.1'],
    ['', 'last'],
    ['module.features.', 'module.classifier.fc'],
    ['model.body.', 'model.out'],
  ])('is found by its place and said: %s and %s', async (body, head) => {
    const report = await importBytes(renamed(headed(body, head)))
    expect(report).toMatchObject({ accepted: true, architecture: { title: 'WRN-10-1', params: { classes: 10 } } })
    const last = head.replace(/^module\./, '').replace(/^model\./, '')
    expect(report.findings.map(({ message }) => message).join('\n')).toContain(
      `${last}" was taken for the last layer, fc: the only linear layer`,
    )
  })

  it.each([
    ['two linear layers', headed('encoder.', 'head.2'), { 'head.0.weight': [64, 64], 'head.0.bias': [64] }],
    ['none of its width', headed('encoder.', 'head'), { 'head.weight': [10, 65] }],
    ['a body of which a part is missing', (name: string) => headed('', 'head')(name).replace('bn1', 'norm1'), {}],
  ])('is not guessed: %s', async (_what, rename, more) => {
    const report = await importBytes(renamed(rename, more))
    expect(report).toMatchObject({ accepted: false, architecture: null })
  })
})

describe('several dictionaries of tensors in a file', () => {
  const folder = temporaryFolder()

  it.each([
    'netC',
    'teacher',
    'best_model',
    'model_state',
    'classifier',
    'state',
    'ema',
    'net_state_dict',
    'any.thing',
  ])('the only known network is taken wherever it lies: %s', async (key) => {
    const report = await import_(text(key), classifier.dict(), text('epoch'), integer(3), text('centre'), grid)
    expect(report).toMatchObject({ accepted: true, key, architecture: { title: 'WRN-10-1' }, candidates: [] })
    expect(infos(report)).toEqual([
      `The weights lie under "${key}".`,
      'Left out: 1 tensor at the top.',
      'Ignored "epoch": a plain value beside the weights.',
    ])
  })

  it('a generator and its grids lie beside the classifier', async () => {
    const generator = dictOf(text('conv.weight'), grid)
    const report = await import_(
      text('netG'),
      generator,
      text('netC'),
      classifier.dict(),
      text('identity_grid'),
      grid,
      text('optimizerC'),
      dictOf(text('state'), dictOf(integer(0), dictOf(text('momentum_buffer'), grid)), text('param_groups'), ']'),
    )
    expect(report).toMatchObject({ accepted: true, key: 'netC', architecture: { title: 'WRN-10-1' } })
    expect(infos(report).join('\n')).toMatch(
      /1 tensor at the top, "netG" \(1 tensor\), "optimizerC\.state\.0" \(1 tensor\)\./,
    )
  })

  it.each([
    ['a tuple (weights, epoch)', '0', tupleOf(classifier.dict(), integer(3))],
    ['a tuple (epoch, weights)', '1', tupleOf(integer(3), classifier.dict())],
    ['a list of weights and an optimizer', '0', listOf(classifier.dict(), dictOf(text('state'), grid))],
    ['a list under a key', 'models.0', dictOf(text('models'), listOf(classifier.dict()))],
    ['a tuple in a tuple', '1.0', tupleOf(integer(3), tupleOf(classifier.dict(), ']'))],
  ])('%s names them by their places', async (_what, key, value) => {
    const report = await importBytes(torchZip(pickled(value), { 0: values }))
    expect(report).toMatchObject({ accepted: true, key, architecture: { title: 'WRN-10-1' }, candidates: [] })
    expect(infos(report)).toContain(`The weights lie under "${key}".`)
  })

  it('networks of an ensemble in a list are asked for by their places', async () => {
    const list = listOf(classifier.dict(), classifier.dict(text('1')))
    const report = await importBytes(torchZip(pickled(list), { 0: values, 1: values }))
    expect(report).toMatchObject({ accepted: false, candidates: [{ key: '0' }, { key: '1' }] })
    expect(report.reason).toContain('--weights 0')
  })

  it('a list without a dictionary of tensors is refused with what it is', async () => {
    const report = await importBytes(torchZip(pickled(listOf(grid, grid, integer(3))), { 0: values }))
    expect(report.reason).toMatch(/no state_dict.*a list of 3/)
  })

  it('a model as an object in a list is told with its place', async () => {
    const model = program(
      globalName('models', 'Net'),
      tupleOf(),
      '\x81',
      dictOf(text('_parameters'), dictOf(text('w'), grid), text('_modules'), dictOf()),
      'b',
    )
    const report = await importBytes(torchZip(pickled(listOf(integer(1), model)), { 0: values }))
    expect(report.reason).toMatch(/Under "1" the file has a whole model object/)
    expect(report.reason).toContain('torch.save(checkpoint[1].state_dict(), path)')
  })

  it('two known ones are shown and asked for; the key decides', async () => {
    const bytes = fileOf(text('teacher'), other.dict(), text('student'), classifier.dict(text('1')))
    const path = join(folder, 'both.pt')
    writeFileSync(path, bytes)
    const asked = await importCheckpoint(path)
    const candidates = [
      { key: 'teacher', title: 'WRN-10-2', tensors: 47 },
      { key: 'student', title: 'WRN-10-1', tensors: 46 },
    ]
    expect(asked).toMatchObject({ accepted: false, architecture: null, candidates })
    expect(asked.reason).toMatch(
      /holds 2 networks that are known here.*"teacher" \(WRN-10-2, 47 tensors\).*--weights teacher/,
    )
    const chosen = await importCheckpoint(path, { weights: 'student' })
    expect(chosen).toMatchObject({ accepted: true, key: 'student', architecture: { title: 'WRN-10-1' }, candidates })
    expect(await importCheckpoint(path, { weights: 'netC' })).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(
        /no weights under "netC".*"teacher" \(47 tensors\), "student" \(46 tensors\)/,
      ) as unknown,
    })
  })

  it('one network under two keys is asked for, unless both lead to the same values', async () => {
    const twice = [text('state_dict'), classifier.dict(), text('ema'), classifier.dict(text('1'))]
    expect(await import_(...twice)).toMatchObject({
      accepted: false,
      candidates: [{ key: 'state_dict' }, { key: 'ema' }],
    })
    expect(await import_(text('model'), classifier.dict(), text('best'), classifier.dict())).toMatchObject({
      accepted: true,
      key: 'model',
    })
    const memo = program('}', '(', text('model'), classifier.dict(), put(250), text('best'), get(250), setItems)
    const same = await importBytes(torchZip(pickled(memo), { 0: values }))
    expect(same).toMatchObject({ accepted: true, key: 'model' })
    expect(infos(same)).toContain('Ignored "best": the same dictionary as "model".')
  })

  it('a bare network beside another is named by a dot', async () => {
    const path = join(folder, 'bare.pt')
    writeFileSync(
      path,
      torchZip(pickled(program(classifier.dict(), '(', text('ema'), other.dict(), setItems)), { 0: values }),
    )
    expect((await importCheckpoint(path)).candidates.map(({ key }) => key)).toEqual(['.', 'ema'])
    expect(await importCheckpoint(path, { weights: '.' })).toMatchObject({ accepted: true, key: '' })
  })

  it('none known: the keys that hold tensors are named', async () => {
    const report = await import_(text('netG'), dictOf(text('a'), grid, text('b'), grid), text('noise'), grid)
    expect(report).toMatchObject({ accepted: false, architecture: null, candidates: [] })
    expect(report.reason).toMatch(
      /of no network that is known here.*Got: 1 tensor at the top, "netG" \(2 tensors\); the first are "a" \[4\], "b" \[4\]\./,
    )
  })
})
