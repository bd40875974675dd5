/** Weights that read well and yet need a word, or fit no network; numbers are those of the list of bad inputs. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { WeightMap, WeightTensor } from '../../../src/main/engine/weights/weightMap'
import { readSafetensors } from '../../../src/main/engine/weights/safetensors/read'
import { encodeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import { encodeTorch, writeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import {
  importCheckpoint,
  type ImportedCheckpoint,
  type ImportReport,
} from '../../../src/main/engine/families/importers'
import type { LoadedDataset } from '../../../src/main/engine/families/datasets/types'
import { openClassifier, refuseUnreadWarnings } from '../../../src/main/engine/trainer/models'
import { missingShared, requireShared } from '../../fixtures/shared'
import { entry, expectRefused, fourFloats, honest, importBytes, temporaryFolder, wideResNet } from './craft/files'
import { dictOf, pickled, tensor, text } from './craft/pickle'
import { zipOf } from './craft/zip'

const small = (): WeightMap => wideResNet(10, 1, 10)
const importMap = (weights: WeightMap): Promise<ImportedCheckpoint> => importBytes(Buffer.concat(encodeTorch(weights)))
const messages = (report: ImportReport): string =>
  report.findings.map(({ severity, message }) => `${severity}: ${message}`).join('\n')

function poked(name: string, change: (data: Float32Array) => void): WeightMap {
  const weights = small()
  const data = Float32Array.from(weights.get(name)?.data as Float32Array)
  change(data)
  weights.set(name, { ...(weights.get(name) as WeightTensor), data })
  return weights
}

describe('weights', () => {
  it.each([
    [10, 1, 10],
    [16, 2, 10],
    [28, 3, 43],
    [40, 2, 100],
  ])('a WRN-%i-%i with %i classes is recognized', async (depth, width, classes) => {
    const report = await importMap(wideResNet(depth, width, classes))
    expect(report.architecture).toEqual({
      id: 'wrn',
      title: `WRN-${depth}-${width}`,
      params: { depth, width, names: 'block', bias: false, classes },
    })
    expect(report.findings).toEqual([])
  })

  it('42: values that are no numbers, subnormal values, impossible statistics are named', async () => {
    expect(
      messages(
        await importMap(
          poked('fc.weight', (data) => {
            data[3] = Number.NaN
          }),
        ),
      ),
    ).toBe('warning: NaN or infinite values in "fc.weight".')
    expect(
      messages(
        await importMap(
          poked('fc.bias', (data) => {
            data[0] = -Infinity
          }),
        ),
      ),
    ).toBe('warning: NaN or infinite values in "fc.bias".')
    expect(
      messages(
        await importMap(
          poked('fc.bias', (data) => {
            data[0] = 1e-40
          }),
        ),
      ),
    ).toMatch(/Subnormal values .* in "fc\.bias"/)
    expect(
      messages(
        await importMap(
          poked('bn1.running_var', (data) => {
            data.fill(0)
          }),
        ),
      ),
    ).toBe('warning: Running variance all zero in "bn1.running_var".')
    expect(
      messages(
        await importMap(
          poked('bn1.running_var', (data) => {
            data[1] = -1
          }),
        ),
      ),
    ).toBe('warning: Negative running variance in "bn1.running_var".')
    expect(
      messages(
        await importMap(
          poked('bn1.running_mean', (data) => {
            data[1] = 1e9
          }),
        ),
      ),
    ).toMatch(/absurd size in "bn1\.running_mean"/)
    const untouched = poked('bn1.running_var', (data) => {
      data.fill(1)
    })
    untouched.set('bn1.running_mean', { dtype: 'float32', shape: [64], data: new Float32Array(64) })
    expect(messages(await importMap(untouched))).toMatch(/never updated .* in "bn1\.running_var"/)
  })

  it('43: missing, left-over and wrongly shaped tensors give a key diff', async () => {
    const missing = small()
    missing.delete('block2.layer.0.conv2.weight')
    await expectRefused(
      Buffer.concat(encodeTorch(missing)),
      /look like WRN-10-1 but do not fit.*missing block2\.layer\.0\.conv2\.weight \[32, 32, 3, 3\]/,
    )
    const extra = small()
    extra.set('fc2.bias', { dtype: 'float32', shape: [1], data: new Float32Array(1) })
    extra.delete('fc.bias')
    await expectRefused(Buffer.concat(encodeTorch(extra)), /missing fc\.bias \[10\]; unexpected "fc2\.bias"/)
    const mixed = wideResNet(16, 2, 10)
    for (const [name, tensor] of wideResNet(16, 1, 10)) if (name.startsWith('block3')) mixed.set(name, tensor)
    await expectRefused(
      Buffer.concat(encodeTorch(mixed)),
      /WRN-16-2 but do not fit it.*block3\.layer\.0\.conv1\.weight is \[64, 32, 3, 3\] instead of \[128, 64, 3, 3\].*more/,
    )
  })

  it('42: statistics that are no numbers or hardly any are named too', async () => {
    expect(
      messages(
        await importMap(
          poked('bn1.running_var', (data) => {
            data[0] = Number.NaN
          }),
        ),
      ),
    ).toBe('warning: NaN or infinite values in "bn1.running_var".')
    expect(
      messages(
        await importMap(
          poked('block1.layer.0.bn1.running_mean', (data) => {
            data[0] = Infinity
          }),
        ),
      ),
    ).toMatch(/NaN or infinite values in "block1\.layer\.0\.bn1\.running_mean"/)
    expect(
      messages(
        await importMap(
          poked('bn1.running_var', (data) => {
            data[0] = 1e-39
          }),
        ),
      ),
    ).toMatch(/Subnormal values .* in "bn1\.running_var"/)
  })

  it('43: the prefix module. goes with a word; absent counters are fine', async () => {
    const prefixed: WeightMap = new Map([...small()].map(([name, tensor]) => [`module.${name}`, tensor]))
    const report = await importMap(prefixed)
    expect(messages(report)).toBe('warning: The prefix "module." was removed from every name.')
    expect(report.weights.has('conv1.weight')).toBe(true)
    const old: WeightMap = new Map([...small()].filter(([name]) => !name.endsWith('num_batches_tracked')))
    expect(await importMap(old)).toMatchObject({ accepted: true, architecture: { title: 'WRN-10-1' } })
  })

  it('43: any prefix that all names share goes where the rest is a network', async () => {
    const under = (prefix: string, weights = small()): WeightMap =>
      new Map([...weights].map(([name, tensor]) => [`${prefix}${name}`, tensor]))
    const report = await importMap(under('model.'))
    expect(report).toMatchObject({ accepted: true, architecture: { title: 'WRN-10-1' } })
    expect(messages(report)).toBe('warning: The prefix "model." was removed from every name.')
    expect(report.weights.has('conv1.weight')).toBe(true)
    expect(messages(await importMap(under('module.net.backbone.')))).toBe(
      'warning: The prefix "module." was removed from every name.\nwarning: The prefix "net.backbone." was removed from every name.',
    )
    const missing = under('model.')
    missing.delete('model.fc.bias')
    await expectRefused(
      Buffer.concat(encodeTorch(missing)),
      /look like WRN-10-1 but do not fit it.*Got: missing fc\.bias \[10\]\./,
    )
  })

  it('44: a layout of another framework is told by its shapes', async () => {
    const transposed = small()
    transposed.set('conv1.weight', { dtype: 'float32', shape: [3, 3, 3, 16], data: new Float32Array(432) })
    await expectRefused(
      Buffer.concat(encodeTorch(transposed)),
      /conv1\.weight is \[3, 3, 3, 16\] instead of \[16, 3, 3, 3\] \(transposed/,
    )
    transposed.set('conv1.weight', { dtype: 'float32', shape: [16, 3, 3, 3], data: new Float32Array(432) })
    transposed.set('fc.weight', { dtype: 'float32', shape: [64, 10], data: new Float32Array(640) })
    await expectRefused(
      Buffer.concat(encodeTorch(transposed)),
      /fc\.weight is \[64, 10\] instead of \[10, 64\] \(transposed/,
    )
  })

  it('44: square filters the wrong way round have the right shape; only an evaluation tells', async () => {
    const swapped = small()
    const filters = swapped.get('block3.layer.0.conv2.weight') as WeightTensor
    const data = Float32Array.from(filters.data as Float32Array, (_, index) => index)
    const transposed = data.map(
      (_, index) => data[(Math.floor(index / 9) % 64) * 576 + Math.floor(index / 576) * 9 + (index % 9)] ?? 0,
    )
    swapped.set('block3.layer.0.conv2.weight', { ...filters, data: transposed })
    expect(await importMap(swapped)).toMatchObject({ accepted: true, architecture: { title: 'WRN-10-1' } })
    // One such layer is enough to refuse where any other of the file is not square.
    swapped.set('block3.layer.0.conv1.weight', {
      dtype: 'float32',
      shape: [32, 64, 3, 3],
      data: new Float32Array(18432),
    })
    await expectRefused(
      Buffer.concat(encodeTorch(swapped)),
      /block3\.layer\.0\.conv1\.weight is \[32, 64, 3, 3\] instead of \[64, 32, 3, 3\] \(transposed/,
    )
  })

  it('45 and 41: other element types are read, and said', async () => {
    const wide = small()
    wide.set('fc.bias', { dtype: 'float64', shape: [10], data: new Float64Array(10) })
    wide.set('fc.weight', { dtype: 'bfloat16', shape: [10, 64], data: new Uint16Array(640) })
    for (const bytes of [Buffer.concat(encodeTorch(wide)), Buffer.concat(encodeSafetensors(wide))]) {
      const report = await importBytes(bytes, bytes[0] === 0x50 ? 'model.pt' : 'model.safetensors')
      expect(messages(report).split('\n').sort()).toEqual([
        'warning: 1 tensor is stored as bfloat16 and computed as float32.',
        'warning: 1 tensor is stored as float64 and computed as float32, rounded.',
      ])
    }
    await expectRefused(
      zipOf([entry('a/data.pkl', honest), entry('a/byteorder', 'big'), entry('a/data/0', fourFloats)]),
      /big-endian machine/,
    )
  })

  it('46: the number of classes comes along, so that a data set can refuse it', async () => {
    expect((await importMap(wideResNet(10, 1, 43))).architecture?.params.classes).toBe(43)
  })

  it('48 and 49: TensorFlow.js models are refused unread', () =>
    expectRefused(
      Buffer.from(
        '{"weightsManifest":[{"paths":["../../secret"],"weights":[{"name":"w","shape":[9],"dtype":"float32","quantization":{"scale":"x"}}]}]}',
      ),
      /TensorFlow\.js models are not read/,
      'model.json',
    ))

  it('names of no network are refused', async () => {
    const report = await importMap(
      new Map([['<img src=x onerror=alert(1)>', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]]),
    )
    expect(report).toMatchObject({ accepted: false, architecture: null })
    expect(report.reason).toMatch(
      /of no network that is known here\..*Got: 1 tensor at the top; the first is "<img src=x onerror=alert\(1\)>" \[1\]\./,
    )
  })

  it('text from the file cannot disguise a message', async () => {
    const name = '\u202egnp.exe\u0007"\n'
    const bytes = zipOf([
      entry('a/data.pkl', pickled(dictOf(text(name), dictOf(text('w'), tensor())))),
      entry('a/data/0', fourFloats),
    ])
    expect((await importBytes(bytes)).reason).toContain(
      'Got: "\\u202egnp.exe\\u0007\\"\\u000a" (1 tensor); the first is "w" [4].',
    )
  })
})

describe('files that are no files', () => {
  const folder = temporaryFolder()

  it('46: a teacher of 43 classes is refused for a data set of 10', async () => {
    const path = join(folder, 'signs.pt')
    writeFileSync(path, Buffer.concat(encodeTorch(wideResNet(10, 1, 43))))
    const tenClasses = {
      title: 'CIFAR-10',
      train: { height: 32 },
      classNames: new Array<string>(10).fill(''),
    } as unknown as LoadedDataset
    await expect(openClassifier(path, tenClasses, { architecture: null })).rejects.toMatchObject({
      name: 'RefusedInputError',
      wanted: '10 classes (CIFAR-10)',
      got: '43 classes',
      where: path,
    })
  })

  it('a teacher of 3 channels is refused for grey images in words', async () => {
    const path = join(folder, 'colours.pt')
    writeFileSync(path, Buffer.concat(encodeTorch(small())))
    const grey = {
      title: 'MNIST',
      classNames: new Array<string>(10).fill(''),
      train: { height: 28, width: 28, channels: 1 },
    } as unknown as LoadedDataset
    await expect(openClassifier(path, grey, { architecture: null })).rejects.toMatchObject({
      name: 'RefusedInputError',
      message: 'The model and the data set have different numbers of channels.',
      wanted: '1 channel (MNIST)',
      got: '3 channels in conv1.weight',
      where: path,
    })
  })

  it('a teacher with warnings is refused until the beginning of its hash says that they were read', () => {
    const opened = { sha256: `ab12${'0'.repeat(60)}`, warnings: ['NaN or infinite values in "fc.weight".'] }
    const use =
      (acknowledged: string, change = {}) =>
      () =>
        refuseUnreadWarnings({ ...opened, ...change }, acknowledged, 'teacher.pt')
    expect(use('')).toThrow(
      expect.objectContaining({
        name: 'RefusedInputError',
        where: 'teacher.pt',
        got: expect.stringContaining('NaN or infinite') as unknown,
        action: expect.stringContaining('--set teacher.acknowledged=ab12000000000000, ') as unknown,
      }),
    )
    expect(use('ab12')).toThrow()
    expect(use('ab12000000000000')).not.toThrow()
    expect(use('', { warnings: [] })).not.toThrow()
    expect(use('', { sha256: '1'.repeat(64) })).toThrow(
      expect.objectContaining({
        action: expect.stringContaining(`teacher.acknowledged='"1111111111111111"', `) as unknown,
      }),
    )
  })

  it('64: folder, pipe, device, nothing', async () => {
    mkdirSync(join(folder, 'folder.pt'))
    execFileSync('mkfifo', [join(folder, 'pipe.pt')])
    for (const [path, reason] of [
      [join(folder, 'folder.pt'), /not a regular file/],
      [join(folder, 'pipe.pt'), /not a regular file/],
      ['/dev/zero', /not a regular file/],
      [join(folder, 'absent.pt'), /cannot be opened \(ENOENT\)/],
    ] as const) {
      expect(await importCheckpoint(path)).toMatchObject({
        accepted: false,
        reason: expect.stringMatching(reason) as unknown,
        sha256: '',
      })
    }
  })

  it('a sparse file of 9 GB is refused unread', async () => {
    const path = join(folder, 'huge.pt')
    writeFileSync(path, 'PK\x03\x04')
    truncateSync(path, 9 * 2 ** 30)
    expect(await importCheckpoint(path)).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/larger than any checkpoint/) as unknown,
    })
  })
})

describe.skipIf(missingShared('golden', 'g1_models'))('files written by PyTorch', () => {
  it('four files of one network give identical tensors', async () => {
    const { tensors } = await readSafetensors(requireShared('golden', 'g1_models', 'wrn16_1.safetensors'))
    for (const name of ['wrn16_1.pt', 'wrn16_1_legacy.pth', 'wrn16_1_traplike.pth', 'wrn16_1.safetensors']) {
      const report = await importCheckpoint(requireShared('golden', 'g1_models', name))
      expect(report).toMatchObject({
        accepted: true,
        architecture: { id: 'wrn', params: { depth: 16, width: 1, classes: 10 } },
        tensors: 82,
      })
      expect(Object.fromEntries(report.weights)).toEqual(Object.fromEntries(tensors))
    }
  })

  it('argparse.Namespace in a training checkpoint is ignored', async () => {
    const report = await importCheckpoint(requireShared('golden', 'g1_models', 'wrn16_1_traplike.pth'))
    expect(report.ignored).toContainEqual({
      path: 'args',
      beside: '',
      reason: 'an object of argparse.Namespace; kept as data, not built',
    })
  })

  const folder = temporaryFolder()

  it('a file that we export as PyTorch reads back the same', async () => {
    const { tensors } = await readSafetensors(requireShared('golden', 'g1_models', 'wrn16_1.safetensors'))
    const path = join(folder, 'student.pt')
    await writeTorch(path, tensors)
    const report = await importCheckpoint(path)
    expect([...report.weights]).toEqual([...tensors])
  })
})

describe.skipIf(missingShared('golden', 'teacher-badnet-grid'))('the poisoned teacher', () => {
  it.each(['best_clean_acc.pth', 'latest.pth'])('%s is a WRN-16-2 without findings on its weights', async (name) => {
    const report = await importCheckpoint(requireShared('golden', 'teacher-badnet-grid', name))
    expect(report).toMatchObject({
      accepted: true,
      architecture: { id: 'wrn', params: { depth: 16, width: 2, classes: 10 } },
      tensors: 83,
    })
    expect(report.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  })
})
