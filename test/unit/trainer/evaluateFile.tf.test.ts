import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { importCheckpoint } from '../../../src/main/engine/families/importers'
import { weightsOf } from '../../../src/main/engine/weights/network'
import { readSafetensors } from '../../../src/main/engine/weights/safetensors/read'
import { openClassifier } from '../../../src/main/engine/trainer/models'
import { fileNormalization, loadDataset, prepareData } from '../../../src/main/engine/trainer/data'
import { evaluateModelFile } from '../../../src/main/engine/trainer/evaluateFile'
import { findPixels } from '../../../src/main/engine/trainer/findPixels'
import type { TrainerReport } from '../../../src/main/engine/protocol/messages'
import { RefusedInputError } from '../../../src/shared/errors'
import { acknowledgementOf, knownPixelValues, type ExperimentConfig } from '../../../src/shared/domain'
import { temporaryFolder, tinyExperiment } from '../../contract/support'
import { wideResNet } from '../importers/craft/files'
import { onnxFile, waves } from '../importers/craft/onnx'

const folder = temporaryFolder('teacherFile')
const file = join(folder, 'teacher.pt')
/** Where a run keeps the weights of its imported teacher. */
const kept = join(folder, 'weights.safetensors')

beforeAll(async () => {
  await startTensorFlow()
  writeFileSync(
    file,
    Buffer.concat(encodeTorch(new Map([...wideResNet(10, 1, 10)].map(([name, tensor]) => [`module.${name}`, tensor])))),
  )
})

/** As a run evaluates its teacher, or (null) as somebody asks for it. */
async function evaluated(acknowledged: string | null, path = file) {
  const {
    data,
    attack,
    poisoning,
    execution,
    teacher: { architecture },
  } = tinyExperiment()
  const reports: TrainerReport[] = []
  const outcome = evaluateModelFile(
    {
      kind: 'evaluate',
      file: path,
      data,
      attack,
      target: poisoning.target,
      execution,
      cacheFolder: folder,
      normalization: 'dataset',
      ...(acknowledged === null ? { architecture: null } : { architecture, teacher: { acknowledged, weights: kept } }),
    },
    () => undefined,
    { report: (report) => void reports.push(report) },
  )
  const evaluation = await outcome.catch((error: unknown) => error)
  return {
    evaluation,
    warnings: reports.flatMap((report) => (report.type === 'warning' ? [report.message] : [])),
    evaluations: reports.filter(({ type }) => type === 'evaluation').length,
  }
}

describe('the pixel values that a network in a file takes', () => {
  it('are those of the data set, or what its makers trained it on, for a whole run with it', async () => {
    const experiment = tinyExperiment()
    const normalizationOf = async (teacher: Partial<ExperimentConfig['teacher']>) =>
      (await prepareData({ ...experiment, teacher: { ...experiment.teacher, ...teacher } }, folder)).normalization
    const own = await normalizationOf({ source: 'file' })
    expect(await normalizationOf({ source: 'train', normalization: 'unit' })).toEqual(own)
    expect(await normalizationOf({ source: 'file', normalization: 'unit' })).toEqual({
      mean: [0, 0, 0],
      standardDeviation: [1, 1, 1],
    })
    const rgb = { normalization: own, train: { channels: 3 } }
    for (const kind of knownPixelValues) expect(fileNormalization(kind, rgb).mean).toHaveLength(3)
    expect(
      await normalizationOf({
        source: 'file',
        normalization: 'own',
        normalizationValues: '0.4914, 0.4822, 0.4465 / 0.247 0.2435 0.2616',
      }),
    ).toEqual({ mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.247, 0.2435, 0.2616] })
    expect(fileNormalization('.5 / .25', rgb)).toEqual({ mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] })
    for (const wrong of ['own', '0.5', '0.5 / 0', '0.5 0.5 / 0.25', '1 / x', '0.5 / -1'])
      expect(() => fileNormalization(wrong, rgb)).toThrow(RefusedInputError)
  })
})

describe('finding out the pixel values', () => {
  it('scores the file in each of the known ones, the best first, without a trigger', async () => {
    const { data, execution } = tinyExperiment()
    const progress: number[] = []
    const trials = await findPixels(
      { kind: 'findPixels', file, data, execution, cacheFolder: folder, architecture: null },
      () => undefined,
      (report) => {
        if (report.type === 'progress') progress.push(report.step)
      },
    )
    expect(trials.map(({ pixels }) => pixels).sort()).toEqual([...knownPixelValues].sort())
    expect(progress).toEqual(trials.map((_, index) => index + 1))
    const accuracies = trials.map(({ evaluation }) => evaluation.accuracy)
    expect(accuracies).toEqual([...accuracies].sort((left, right) => right - left))
    for (const { pixels, evaluation } of trials) {
      expect(evaluation.asr).toBeNull()
      // The test set is small: all of it is tried, so that the numbers are those of an evaluation.
      if (pixels === 'dataset')
        expect(await evaluated(null)).toMatchObject({ evaluation: { accuracy: evaluation.accuracy } })
    }
  })
})

describe('logits that are no numbers', () => {
  /** A network whose last layer has `value` in the row of one class, and .5 elsewhere. */
  async function withRow(row: number, value: number) {
    const weights = wideResNet(10, 1, 10)
    const data = new Float32Array(640).fill(0.5)
    data.fill(value, 64 * row, 64 * row + 64)
    weights.set('fc.weight', { dtype: 'float32', shape: [10, 64], data })
    const path = join(folder, `row${row}${value}.pt`)
    writeFileSync(path, Buffer.concat(encodeTorch(weights)))
    return evaluated(null, path)
  }

  it.each([
    [0, NaN],
    [9, NaN],
    [4, Infinity],
  ])('class %i at %d: no image counts as right or as the target, and a warning says so', async (row, value) => {
    const { evaluation, warnings } = await withRow(row, value)
    expect(evaluation).toMatchObject({
      accuracy: 0,
      asr: 0,
      asrAll: 0,
      robustAccuracy: 0,
      images: 50,
    })
    expect(warnings).toEqual([
      expect.stringContaining('NaN or infinite values in "fc.weight"'),
      expect.stringMatching(
        /^The logits of 50 of 50 test images and of 50 with the trigger are not all finite \(NaN or infinite\)\./,
      ),
    ])
  })

  it('a class that is large and finite is taken', async () => {
    expect(await withRow(0, 0.75)).toMatchObject({ evaluation: { asr: 1, asrAll: 1 }, warnings: [] })
  })
})

describe('a weights file with warnings', () => {
  const warnings = ['The prefix "module." was removed from every name.']

  it('is evaluated on request, and its warnings come along', async () => {
    expect(await evaluated(null)).toMatchObject({ evaluation: { images: 50 }, warnings })
  })

  it('is no teacher of a run before its warnings were read: refused before anything is evaluated', async () => {
    expect(await evaluated('')).toMatchObject({
      evaluation: { name: 'RefusedInputError', where: file },
      warnings,
      evaluations: 0,
    })
    expect(existsSync(kept)).toBe(false)
    expect(
      await evaluated(acknowledgementOf(createHash('sha256').update(readFileSync(file)).digest('hex'))),
    ).toMatchObject({ evaluation: { images: 50 }, warnings })
  })
  it('leaves a run the weights as they were read: later stages take them as they would take the original', async () => {
    await evaluated(acknowledgementOf(createHash('sha256').update(readFileSync(file)).digest('hex')))
    expect((await readSafetensors(kept)).tensors).toEqual((await importCheckpoint(file)).weights)
    const { data, teacher } = tinyExperiment()
    const dataset = await loadDataset({ data, cacheFolder: folder })
    const [before, after] = await Promise.all(
      [file, kept].map(async (path) =>
        weightsOf((await openClassifier(path, dataset, { architecture: teacher.architecture })).classifier),
      ),
    )
    expect(after).toEqual(before)
  })
})

describe('an ONNX file as a teacher', () => {
  it('is evaluated, and its kept weights are that network again, in every later stage', async () => {
    const path = join(folder, 'teacher.onnx')
    const values = (count: number): number[] => waves(count, 0.3)
    writeFileSync(
      path,
      onnxFile({
        input: ['N', 3, 32, 32],
        nodes: [
          {
            op: 'Conv',
            inputs: ['x', 'conv1.weight'],
            outputs: ['c'],
            attributes: { pads: [1, 1, 1, 1], strides: [4, 4] },
          },
          {
            op: 'BatchNormalization',
            inputs: ['c', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var'],
            outputs: ['n'],
          },
          { op: 'Relu', inputs: ['n'], outputs: ['r'] },
          { op: 'GlobalAveragePool', inputs: ['r'], outputs: ['p'] },
          { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
          { op: 'Gemm', inputs: ['f', 'fc.weight', 'fc.bias'], attributes: { transB: 1 } },
        ],
        tensors: [
          { name: 'conv1.weight', shape: [8, 3, 3, 3], values: values(216) },
          ...['weight', 'bias', 'running_mean'].map((part) => ({ name: `bn1.${part}`, shape: [8], values: values(8) })),
          { name: 'bn1.running_var', shape: [8], values: values(8).map((value) => value + 1) },
          { name: 'fc.weight', shape: [10, 8], values: values(80) },
          { name: 'fc.bias', shape: [10], values: values(10) },
        ],
      }),
    )
    expect(await evaluated('', path)).toMatchObject({ evaluation: { images: 50 }, warnings: [] })
    const { data } = tinyExperiment()
    const dataset = await loadDataset({ data, cacheFolder: folder })
    const [original, later] = [
      await openClassifier(path, dataset, { architecture: null }),
      await openClassifier(kept, dataset, { architecture: { id: 'onnx_graph', params: {} } }),
    ]
    const images = tf.randomNormal([2, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D
    const logitsOf = ({ classifier }: typeof later) => classifier.forward(images, { training: false }).logits.dataSync()
    expect(logitsOf(later)).toEqual(logitsOf(original))
    expect(later.classifier.buffers.map(({ name }) => name)).toContain('bn1.running_mean')
    expect(later.graph).toEqual(original.graph)
  })
})
