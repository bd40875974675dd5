/** Every architecture is recognized from the names and shapes of its weights, whatever its parameters. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { WeightMap, WeightTensor } from '../../../src/main/engine/weights/weightMap'
import { encodeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import {
  architectures,
  trainableArchitectures,
  type ImageProblem,
} from '../../../src/main/engine/families/architectures'
import { importCheckpoint, type ImportReport } from '../../../src/main/engine/families/importers'
import { recognizeArchitecture, type Recognition } from '../../../src/main/engine/families/importers/recognition'
import { defaultsOf } from '../../../src/shared/schema'
import { missingShared, requireShared } from '../../fixtures/shared'
import { architectureCases, networkCases } from '../../parity/cases'
import { importBytes, temporaryFolder } from './craft/files'
import { withinBound } from './craft/limits'

type Params = Record<string, number | string | boolean>
type Shapes = Map<string, readonly number[]>

const problem: ImageProblem = { classes: 43, channels: 3, height: 32, width: 32 }
const withDefaults = (id: string, params: Params): never =>
  ({ ...defaultsOf(architectures.get(id).params), ...params }) as never
const shapesOf = (id: string, params: Params, change: Partial<ImageProblem> = {}): Shapes =>
  new Map(architectures.get(id).outline(withDefaults(id, params), { ...problem, ...change }).shapes)
const weightsOf = (shapes: Shapes): WeightMap =>
  new Map(
    [...shapes].map(([name, shape]): [string, WeightTensor] => {
      const count = shape.reduce((product, extent) => product * extent, 1)
      return [
        name,
        name.endsWith('num_batches_tracked')
          ? { dtype: 'int64', shape, data: BigInt64Array.of(3n) }
          : { dtype: 'float32', shape, data: new Float32Array(count).fill(0.5) },
      ]
    }),
  )
const recognized = (recognition: Recognition | null): Params | string | undefined =>
  recognition?.kind === 'recognized' ? recognition.architecture.params : recognition?.differences.join('; ')
const messages = (report: ImportReport): string =>
  report.findings.map(({ severity, message }) => `${severity}: ${message}`).join('\n')

const variants: [string, Params][] = [
  ...[
    [10, 1],
    [16, 2],
    [40, 2],
    [28, 10],
  ].map(([depth, width]): [string, Params] => ['wrn', { depth: depth ?? 0, width: width ?? 0 }]),
  ...['18', '34', '50', '101', '152'].flatMap((depth): [string, Params][] =>
    ['small', 'large', 'smallTorchvision'].map((stem): [string, Params] => ['resnet', { depth, stem }]),
  ),
  ...[8, 14, 20, 110].flatMap((depth) =>
    ['1', '4'].flatMap((width) =>
      ['projection', 'padding'].map((shortcut): [string, Params] => ['cifar_resnet', { depth, width, shortcut }]),
    ),
  ),
  ['wrn', { depth: 10, width: 1, names: 'block', bias: true }],
  ['wrn', { depth: 16, width: 2, names: 'layer', bias: false }],
  ['wrn', { depth: 28, width: 10, names: 'layer', bias: true }],
  ...['18', '34', '50'].map((depth): [string, Params] => ['resnet', { depth, stem: 'smallSequence', inside: 'plain' }]),
  ...['double', 'groups32x4', 'groups32x8'].map((inside): [string, Params] => [
    'resnet',
    { depth: inside === 'groups32x8' ? '101' : '50', stem: 'large', inside },
  ]),
  ...['18', '34', '50', '101'].flatMap((depth) =>
    ['plain', 'normed', 'residual'].map((layout): [string, Params] => ['preact_resnet', { depth, layout }]),
  ),
  ['senet', { depth: '18' }],
  ['senet', { depth: '34' }],
  ...['2x64d', '4x64d', '8x64d', '16x64d', '32x4d'].flatMap((groups) =>
    ['pytorchCifar', 'stages'].map((layout): [string, Params] => ['cifar_resnext', { groups, layout }]),
  ),
  ['cifar_resnet', { depth: 20, width: '1', shortcut: 'padding', names: 'linear' }],
  ['cifar_resnet', { depth: 56, width: '1', shortcut: 'projection', names: 'linear' }],
  ...['8', '11', '13', '16', '19'].flatMap((depth) =>
    [true, false].map((batchNorm): [string, Params] => ['vgg', { depth, batchNorm }]),
  ),
  ['small_vgg', {}],
  ...[0.1, 0.25, 0.5, 0.75, 1, 1.4, 4].map((width): [string, Params] => [
    'mobilenet_v2',
    { width, smallImages: false },
  ]),
  ...['0.2', '0.3', '0.5', '1', '1.5', '2'].flatMap((size) =>
    ['small', 'large'].map((stem): [string, Params] => ['shufflenet_v2', { size, stem }]),
  ),
  ...['11', '13', '16', '19'].flatMap((depth) =>
    (
      [
        { head: 'linear' },
        { head: 'hidden', hidden: 512 },
        { head: 'hidden', hidden: 4096 },
        { head: 'dropoutFirst', hidden: 512 },
        { head: 'pooled', hidden: 4096 },
      ] as Params[]
    ).flatMap((head) =>
      [true, false].map((batchNorm): [string, Params] => ['vgg_torchvision', { depth, batchNorm, ...head }]),
    ),
  ),
  ...['large', 'small'].map((size): [string, Params] => ['mobilenet_v3', { size, smallImages: false }]),
  ...['b0', 'b1', 'b2', 'b3', 'b4'].map((size): [string, Params] => ['efficientnet', { size, layout: 'large' }]),
  ['efficientnet', { size: 'b0', layout: 'small' }],
  ...[
    ['fourBlocks', 121, 12],
    ['fourBlocks', 169, 32],
    ['threeBlocks', 100, 12],
    ['threeBlockLayers', 190, 40],
    ['large', 121, 32],
    ['large', 161, 48],
    ['smallTorchvision', 201, 32],
  ].map(([layout = '', depth = 0, growth = 0]): [string, Params] => ['densenet', { depth, growth, layout }]),
  ...['small', 'large', 'smallTorchvision'].map((layout): [string, Params] => ['googlenet', { layout }]),
  ...[
    { patch: 4, width: 192, depth: 6, heads: 3, expansion: 4, names: 'timm' },
    { patch: 8, width: 384, depth: 7, heads: 6, expansion: 1.5, names: 'torchvision' },
  ].map((params): [string, Params] => ['vit', params]),
  ['lenet', { half: false }],
  ['lenet', { half: true }],
]

/** Whose strides, pooling or shortcuts no file tells. */
const ambiguous = new Set([
  'mobilenet_v2 undefined',
  'mobilenet_v3 undefined',
  'efficientnet large',
  'vit undefined',
  'densenet smallTorchvision',
  'shufflenet_v2 large',
  'resnet smallTorchvision',
  'preact_resnet normed',
])

describe('recognition', () => {
  it.each(variants)('%s %j comes back with its 43 classes', (id, params) => {
    const recognition = recognizeArchitecture(shapesOf(id, params))
    expect(recognition).toMatchObject({
      kind: 'recognized',
      architecture: {
        id,
        title: architectures.get(id).label(withDefaults(id, params)),
        params: { ...params, classes: 43 },
      },
    })
    expect(recognition?.kind === 'recognized' && recognition.findings.length).toBe(
      ambiguous.has(`${id} ${String(params.stem ?? params.layout)}`) ? 1 : 0,
    )
  })

  it('every member of the family is among them', () => {
    expect(new Set(variants.map(([id]) => id))).toEqual(new Set(trainableArchitectures.map(({ id }) => id)))
  })

  it.each(trainableArchitectures.map((member) => [member.id, member] as const))(
    '%s: the outline has the names that PyTorch gives',
    (id, member) => {
      for (const {
        architecture,
        params,
        shape: [, channels, height, width],
        classes,
        gradients,
        buffers,
      } of Object.values({ ...architectureCases(), ...networkCases() })) {
        if (architecture !== id) continue
        const names = [
          ...member
            .outline({ ...defaultsOf(member.params), ...params }, { classes, channels, height, width })
            .shapes.keys(),
        ]
        expect(names.filter((name) => !/running_|num_batches/.test(name))).toEqual(Object.keys(gradients))
        expect(names.filter((name) => /running_|num_batches/.test(name)).sort()).toEqual(Object.keys(buffers).sort())
      }
    },
  )

  it.each(trainableArchitectures.map((member) => [member.id, member] as const))(
    '%s: a missing, a wrong and an extra tensor give a key diff',
    (id, member) => {
      const params = defaultsOf(member.params)
      const shapes = shapesOf(id, params as Params)
      const [, missing = '', wrong = ''] = [...shapes.keys()].filter((name) => !name.includes('num_batches'))
      const wanted = shapes.get(wrong) ?? []
      shapes.delete(missing)
      shapes.set(wrong, [...wanted, 5])
      shapes.set('extra.weight', [1])
      expect(recognizeArchitecture(shapes)).toEqual({
        kind: 'mismatch',
        chosen: false,
        shared: expect.any(Number) as number,
        nearest: expect.any(Array) as unknown[],
        title: member.label(params),
        differences: [
          expect.stringContaining(`missing ${missing} [`),
          `${wrong} is [${[...wanted, 5].join(', ')}] instead of [${wanted.join(', ')}]`,
          'unexpected "extra.weight"',
        ],
      })
    },
  )

  it('names of the file enter the sentence quoted', async () => {
    const shapes = shapesOf('lenet', { half: true })
    shapes.set('\u202egnp.\n', [1])
    expect(messages(await importBytes(Buffer.concat(encodeTorch(weightsOf(shapes)))))).toContain(
      'warning: Not used, because the network has no such tensors: "\\u202egnp.\\u000a" [1].',
    )
    shapes.delete([...shapes.keys()][0] ?? '')
    expect((await importBytes(Buffer.concat(encodeTorch(weightsOf(shapes))))).reason).toMatch(
      /^The weights look like LeNet-5 \(half\) but do not fit it\..*unexpected "\\u202egnp\.\\u000a"\./,
    )
  })

  it('input channels, absent counters and the size of the images are said', () => {
    expect(recognizeArchitecture(shapesOf('lenet', { half: false }, { channels: 1 }))).toMatchObject({
      kind: 'recognized',
      findings: [{ severity: 'info', message: 'The first layer takes 1 channel.' }],
    })
    for (const side of [64, 224, 256]) {
      expect(recognizeArchitecture(shapesOf('small_vgg', {}, { height: side, width: side }))).toMatchObject({
        kind: 'recognized',
        findings: [{ message: `The last layer takes images of ${side} × ${side} pixels.` }],
      })
    }
    const old = new Map(
      [...shapesOf('vgg', { depth: '8', batchNorm: true })].filter(([name]) => !name.endsWith('num_batches_tracked')),
    )
    const uncommon = shapesOf('small_vgg', {}, { height: 40, width: 40 })
    expect(recognizeArchitecture(uncommon)).toMatchObject({ kind: 'mismatch' })
    expect(recognizeArchitecture(uncommon, { side: 40 })).toMatchObject({
      kind: 'recognized',
      findings: [{ message: 'The last layer takes images of 40 × 40 pixels.' }],
    })
    expect(recognizeArchitecture(old)).toMatchObject({
      kind: 'recognized',
      findings: [{ severity: 'info', message: expect.stringContaining('num_batches_tracked is absent') as unknown }],
    })
  })

  it('where two networks fit alike, the declared default is taken and a warning names the other', () => {
    const shapes = shapesOf('mobilenet_v2', { width: 1, smallImages: true })
    const guess = recognizeArchitecture(shapes)
    expect(guess).toMatchObject({
      kind: 'recognized',
      ambiguous: true,
      architecture: { params: { width: 1, smallImages: false, classes: 43 } },
    })
    expect(guess).toMatchObject({
      findings: [
        {
          severity: 'warning',
          message: expect.stringMatching(
            /fit MobileNetV2 \(small images\) as well; it is taken for MobileNetV2\. .*in the form, .*abd evaluate --architecture mobilenet_v2 --architecture-param width=1 --architecture-param smallImages=true\.$/,
          ) as unknown,
        },
      ],
    })
    const named = recognizeArchitecture(shapes, { chosen: { id: 'mobilenet_v2', params: { smallImages: true } } })
    expect(named).toMatchObject({
      kind: 'recognized',
      ambiguous: false,
      architecture: { params: { width: 1, smallImages: true, classes: 43 } },
      findings: [],
    })
  })

  it('an odd width that no step of the form gives is found from its channels', () => {
    expect(
      recognized(recognizeArchitecture(shapesOf('mobilenet_v2', { width: 2.2, smallImages: false }))),
    ).toMatchObject({ width: 2.2 })
  })

  it('names of other networks are not taken for damaged ones of ours', () => {
    const convNeXt = new Map<string, readonly number[]>([
      ['downsample_layers.0.0.weight', [96, 3, 4, 4]],
      ['downsample_layers.0.0.bias', [96]],
      ['stages.0.0.gamma', [96]],
      ['stages.0.0.dwconv.weight', [96, 1, 7, 7]],
      ['stages.0.0.dwconv.bias', [96]],
      ['head.weight', [10, 768]],
      ['head.bias', [10]],
    ])
    expect(recognizeArchitecture(convNeXt)).toBeNull()
    expect(recognizeArchitecture(new Map([['w', [1]]]))).toBeNull()
    expect(recognizeArchitecture(new Map())).toBeNull()
  })

  it('names that only look like a network cost nothing', async () => {
    const hostile = new Map(
      Array.from({ length: 65_536 }, (_, index): [string, number[]] => [
        `block1.layer.${index}.conv1.weight`,
        [2 ** 50, 2 ** 50, 3, 3],
      ]),
    )
    for (let index = 0; index < 999; index++) hostile.set(`layer1.${index}.x`, [0])
    hostile.set('fc.bias', [2 ** 52]).set('features.17.conv.3.weight', [2 ** 52])
    expect(await withinBound(() => recognizeArchitecture(hostile))).toBeNull()
  })
})

describe('an architecture that somebody named', () => {
  const folder = temporaryFolder()
  const importAs = async (shapes: Shapes, architecture: { id: string; params: Params }): Promise<ImportReport> => {
    const path = join(folder, 'model.pt')
    writeFileSync(path, Buffer.concat(encodeTorch(weightsOf(shapes))))
    return importCheckpoint(path, { architecture })
  }
  const wrn10 = { id: 'wrn', params: { depth: 10, width: 1 } }

  it('is what a file that fits nothing is compared with', async () => {
    const report = await importAs(
      new Map([
        ['w', [1]],
        ['conv1.weight', [16, 3, 3, 3]],
      ]),
      wrn10,
    )
    expect(report).toMatchObject({ accepted: false, architecture: null })
    expect(report.reason).toMatch(
      /^The weights are not those of WRN-10-1, the chosen architecture\. Wanted: the names and shapes of WRN-10-1\. Got: missing block1.*and \d+ more.*Choose the architecture/,
    )
  })

  it('gives way to one that fits, and says so', async () => {
    const report = await importAs(shapesOf('lenet', { half: true }), wrn10)
    expect(report.architecture).toEqual({ id: 'lenet', title: 'LeNet-5 (half)', params: { half: true, classes: 43 } })
    expect(messages(report)).toBe(
      'info: The names and shapes are those of LeNet-5 (half), not of WRN-10-1, which was asked for.',
    )
  })

  it('is refused in words where it does not exist', async () => {
    const shapes = shapesOf('lenet', { half: true })
    expect((await importAs(shapes, { id: 'nothing', params: {} })).reason).toMatch(
      /There is no architecture called "nothing"/,
    )
    expect((await importAs(shapes, { id: 'wrn', params: { depth: 11, width: 1 } })).reason).toMatch(
      /depth is not one of a wide residual network/,
    )
    expect((await importAs(shapes, { id: 'wrn', params: { depth: 'x' } })).reason).toMatch(
      /value of "depth" is not accepted by Wide ResNet.*whole number/,
    )
  })
})

describe.skipIf(missingShared('golden', 'g1_models_cmi'))('networks of the CMI side', () => {
  it('the golden ResNet-8 is recognized', async () => {
    const report = await importCheckpoint(
      requireShared('golden', 'g1_models_cmi', 'cmi_resnet8_after_train_fwd.safetensors'),
    )
    expect(report).toMatchObject({
      accepted: true,
      architecture: {
        id: 'cifar_resnet',
        title: 'ResNet-8',
        params: { depth: 8, width: '1', shortcut: 'projection', classes: 10 },
      },
    })
  })
})
