import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entropiesOf, predictionEntropy } from '../../examples/analysis/predictionEntropy'
import { syntheticClasses } from '../../examples/analysis/syntheticClasses'
import { readArtifact } from '../../src/main/engine/control/runs/artifacts'
import { analyses } from '../../src/main/engine/families/analyses'
import type { AnalysisMaterials } from '../../src/main/engine/families/analyses/types'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { createStageAnalyses } from '../../src/main/engine/trainer/analyses'
import { prepareData, type PreparedData } from '../../src/main/engine/trainer/data'
import { createImageModel } from '../../src/main/engine/trainer/imageModel'
import { createClassifier } from '../../src/main/engine/trainer/models'
import { createProgram } from '../../src/main/engine/trainer/stages'
import { createStateBundle } from '../../src/main/engine/trainer/state'
import type { HistogramArtifact, TableArtifact } from '../../src/shared/domain'
import { createRegistry } from '../../src/shared/schema'
import { testMember } from '../contract/memberSuite'
import { temporaryFolder, tinyExperiment } from '../contract/support'

/** The family with the examples' two lines. */
const family = createRegistry('analysis', analyses.title, [...analyses.members, predictionEntropy, syntheticClasses])

let data: PreparedData
let model: AnalysisMaterials['model']
let dispose: () => void
beforeAll(async () => {
  await startTensorFlow()
  const config = tinyExperiment()
  data = await prepareData(config, temporaryFolder('analysis-example'))
  const stream = createStateBundle(1, tf).stream('initialTeacher')
  const teacher = createClassifier(config.teacher.architecture, data.dataset, stream, 'teacher.architecture')
  const program = createProgram(config)
  model = createImageModel(program, 'analyse', teacher, data.normalization)
  model.logits(data.test.clean)
  dispose = () => {
    program.dispose()
    teacher.dispose()
  }
})
afterAll(() => dispose())

const measured = (more: { syntheticImages?: () => AnalysisMaterials['syntheticImages'] } = {}) =>
  createStageAnalyses({
    classNames: data.dataset.classNames,
    target: 0,
    materials: { model: () => model, testImages: () => data.test },
    // Those of the product are measured at the end of a stage too.
    members: [predictionEntropy, syntheticClasses],
  })
    .measure('end', more)
    .map((remark) => {
      if (remark.type !== 'artifact') throw new Error(JSON.stringify(remark))
      return readArtifact({ stageId: 'teacher', step: 1, ...remark }, family.members)
    })

describe('examples of analyses', () => {
  describe('prediction entropy', () => testMember(predictionEntropy, family))
  describe('synthetic classes', () => testMember(syntheticClasses, family))

  it('measure the entropy of every clean and triggered image, twice the same, and leave no tensor', () => {
    const before = tf.memory().numTensors
    const [found] = measured()
    expect(found).toMatchObject({ analysis: 'prediction-entropy', fault: null })
    const { layers, bins } = found?.artifact as HistogramArtifact
    expect(bins.to).toBeCloseTo(Math.log(10), 12)
    expect(layers.map(({ label, images }) => [label, images])).toEqual([
      ['Clean test images', 50],
      ['Triggered test images', 50],
    ])
    for (const { counts, images } of layers) expect(counts.reduce((sum, count) => sum + count, 0)).toBe(images)
    expect(measured()).toEqual([found])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are 0 nats for a certain prediction and ln C for none', () => {
    const [sure, unsure] = entropiesOf(Float32Array.from([100, 0, 0, 1, 1, 1]), 3)
    expect(sure).toBeCloseTo(0, 12)
    expect(unsure).toBeCloseTo(Math.log(3), 12)
  })

  it('count the classes of a student’s synthetic images', () => {
    const images = { ...data.test.clean, count: 4, labels: Int32Array.from([0, 0, 0, 2]) }
    const found = measured({ syntheticImages: () => images }).at(-1)
    expect(found).toMatchObject({ analysis: 'synthetic-classes', fault: null })
    const { rows } = found?.artifact as TableArtifact
    expect(rows.map(([, count]) => count)).toEqual([3, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    expect(rows[0]?.[2]).toBe(0.75)
  })
})
