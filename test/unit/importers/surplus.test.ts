/** Wrappers' prefixes and tensors beside a network's own: what goes with a word, and what stays a refusal. */
import { describe, expect, it } from 'vitest'
import { architectures } from '../../../src/main/engine/families/architectures'
import { encodeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import type { ImportReport } from '../../../src/main/engine/families/importers'
import { networksWithin } from '../../../src/main/engine/families/importers/naming'
import type { StoredMap } from '../../../src/main/engine/weights/stored'
import type { WeightMap, WeightTensor } from '../../../src/main/engine/weights/weightMap'
import { defaultsOf } from '../../../src/shared/schema'
import { importBytes, wideResNet } from './craft/files'
import { withinBound } from './craft/limits'

const small = (): WeightMap => wideResNet(10, 1, 10)
const numbers = (...shape: number[]): WeightTensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(0.5),
})
const renamed = (weights: WeightMap, nameOf: (name: string) => string): WeightMap =>
  new Map([...weights].map(([name, tensor]) => [nameOf(name), tensor]))
const importMap = (...maps: WeightMap[]): Promise<ImportReport> =>
  importBytes(Buffer.concat(encodeTorch(new Map(maps.flatMap((map) => [...map])))))
const warnings = ({ findings }: ImportReport): string[] =>
  findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message)
const unused = (list: string): string => `Not used, because the network has no such tensors: ${list}.`
const wrn = { accepted: true, reason: null, architecture: { title: 'WRN-10-1' }, tensors: 46 }

describe('prefixes of wrappers', () => {
  it('of averaged models go, their counter stays behind', async () => {
    const report = await importMap(
      renamed(small(), (name) => `module.${name}`),
      new Map([['n_averaged', numbers()]]),
    )
    expect(report).toMatchObject(wrn)
    expect(warnings(report)).toEqual(['The prefix "module." was removed from 46 of 47 names.', unused('"n_averaged"')])
  })

  it.each([
    ['block1.module.', (name: string) => name.replace(/^block1\./, 'block1.module.')],
    ['_orig_mod inside', (name: string) => name.replace(/^(block\d)\.layer/, '$1.layer._orig_mod')],
    ['_orig_mod.module.', (name: string) => `_orig_mod.module.${name}`],
    ['module.model.', (name: string) => `module.model.${name}`],
    ['model.net.backbone.', (name: string) => `model.net.backbone.${name}`],
    ['encoder.', (name: string) => `encoder.${name}`],
  ])('%s', async (_, nameOf) => {
    expect(await importMap(renamed(small(), nameOf))).toMatchObject(wrn)
  })

  it.each(['model', 'net', 'backbone', 'classifier', 'student', 'anything'])(
    '%s. beside a loss of its own',
    async (part) => {
      const report = await importMap(
        renamed(small(), (name) => `${part}.${name}`),
        new Map([['criterion.weight', numbers(10)]]),
      )
      expect(report).toMatchObject(wrn)
      expect(warnings(report)).toEqual([`The prefix "${part}." was removed from 46 of 47 names.`])
    },
  )

  it('two networks in one dictionary are asked for', async () => {
    const both = await importMap(
      renamed(wideResNet(10, 2, 10), (name) => `teacher.${name}`),
      renamed(small(), (name) => `student.${name}`),
    )
    expect(both).toMatchObject({
      accepted: false,
      candidates: [
        { key: 'teacher', title: 'WRN-10-2' },
        { key: 'student', title: 'WRN-10-1' },
      ],
    })
    const shadow = await importMap(
      small(),
      renamed(small(), (name) => `ema.${name}`),
    )
    expect(shadow.candidates.map(({ key }) => key)).toEqual(['.', 'ema'])
  })

  it('names that would become one stay as they are', async () => {
    const report = await importMap(small(), new Map([['module.conv1.weight', numbers(16, 3, 3, 3)]]))
    expect(report).toMatchObject(wrn)
    expect(warnings(report)).toEqual([unused('"module.conv1.weight" [16, 3, 3, 3]')])
  })
})

describe('surplus tensors', () => {
  it.each([
    ['a block that is never used', 'sub_block1.layer.0.conv1.weight', [16, 16, 3, 3]],
    ['a projection head', 'head_proj.0.weight', [32, 64]],
    ['a second head', 'fc2.weight', [10, 64]],
    ['a buffer of a loss', 'criterion.centers', [10, 64]],
    ['what a profiler counted', 'total_ops', []],
  ])('%s is named and not used', async (_, name, shape) => {
    const report = await importMap(small(), new Map([[name, numbers(...shape)]]))
    expect(report).toMatchObject(wrn)
    expect(warnings(report)).toHaveLength(1)
    expect(warnings(report)[0]).toContain(`"${name}"`)
  })

  it('a network’s own normalisation has consequences', async () => {
    const report = await importMap(
      renamed(small(), (name) => `model.${name}`),
      small(),
      new Map([
        ['normalize.mean', numbers(1, 3, 1, 1)],
        ['normalize.std', numbers(1, 3, 1, 1)],
      ]),
    )
    expect(report.accepted).toBe(false)
    const alone = await importMap(
      small(),
      new Map([
        ['normalize.mean', numbers(3)],
        ['normalize.std', numbers(3)],
      ]),
    )
    expect(alone).toMatchObject(wrn)
    expect(warnings(alone)).toEqual([
      unused('"normalize.mean" [3], "normalize.std" [3]'),
      'The network normalised its images itself, with values of its own: choose the pixel values that it takes.',
    ])
  })

  it('counters of a profiler, however many', async () => {
    const modules = new Set(
      [...small().keys()].flatMap((name) => [name.replace(/\.[^.]+$/, ''), name.split('.')[0] ?? '']),
    )
    const counters: WeightMap = new Map(
      [...modules].flatMap((name) => [
        [`${name}.total_ops`, numbers(1)],
        [`${name}.total_params`, numbers(1)],
        [`${name}.relu.total_ops`, numbers(1)],
      ]),
    )
    expect(counters.size).toBeGreaterThan(40)
    expect(await importMap(small(), counters)).toMatchObject(wrn)
  })

  it('that are named like its own layers are told apart', async () => {
    const report = await importMap(small(), new Map([['block4.layer.0.conv1.weight', numbers(64, 64, 3, 3)]]))
    expect(report).toMatchObject(wrn)
    expect(warnings(report)[0]).toMatch(
      /^Not used, though named like the network’s own layers: "block4\.layer\.0.*may be of another network/,
    )
  })

  it('a deeper network with a part missing is not taken for the smaller one', async () => {
    const deeper = wideResNet(16, 1, 10)
    deeper.delete('block2.layer.1.conv2.weight')
    const report = await importMap(deeper)
    expect(report).toMatchObject({ accepted: false })
    expect(report.reason).toMatch(
      /^The weights look like WRN-16-1 but do not fit it\..*missing block2\.layer\.1\.conv2\.weight \[32, 32, 3, 3\]\. Nearest: WRN-16-1 \(98 % of the names, 98 % with their shapes\), /,
    )
  })

  it('that are most of the file make it another network', async () => {
    const report = await importMap(
      small(),
      new Map(Array.from({ length: 47 }, (_, index) => [`decoder.up.${index}.weight`, numbers(4, 4)])),
    )
    expect(report).toMatchObject({ accepted: false })
  })

  it('never replace what is missing', async () => {
    const weights = small()
    weights.delete('fc.bias')
    weights.set('n_averaged', numbers())
    expect((await importMap(weights)).reason).toMatch(
      /look like WRN-10-1.*missing fc\.bias \[10\]; unexpected "n_averaged"/,
    )
  })
})

describe('every architecture', () => {
  /** A network that an ONNX file describes has no names but its file's. */
  const recognised = architectures.members.filter(({ id }) => id !== 'onnx_graph')
  it.each(recognised.map((member) => [member.id, member] as const))(
    '%s is itself behind a wrapper, with a stray tensor',
    async (id, member) => {
      const params = defaultsOf(member.params)
      const { shapes } = member.outline(params as never, { classes: 10, channels: 3, height: 32, width: 32 })
      const tensors: StoredMap = new Map(
        [...shapes].map(([name, shape]) => [`module.net.${name}`, { dtype: 'float32', shape, strides: [], at: 0 }]),
      )
      tensors.set('n_averaged', { dtype: 'int64', shape: [], strides: [], at: 0 })
      const found = await withinBound(() => networksWithin(tensors, {}))
      expect(found.map(({ prefix, recognition }) => [prefix, recognition.architecture.id])).toEqual([['net', id]])
      expect(found[0]?.tensors.size).toBe(shapes.size)
    },
  )
})
