/** Teacher training: cross entropy over the poisoned training set (the reference's normal training). */
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { TeacherTraining } from '../../../shared/domain'
import { writeSafetensors } from '../weights/safetensors/write'
import type { StepProgram, StepRunner } from '../graph/types'
import type { WeightMap } from '../weights/weightMap'
import { teacherStep } from './teacherStep'
import type { Classifier } from '../maths/nn/types'
import { loadWeights, weightsOf } from '../weights/network'
import { createOptimizer } from '../families/optimizers'
import { createSchedule } from '../families/schedules'
import type { Schedule } from '../families/schedules'
import { completeTraining, teacherTrainingSchema } from '../families/teacherTraining'
import type { TeacherTrainingValues } from '../families/teacherTraining'
import { augmentedImages, normalizationTable } from '../images/batches'
import type { PreparedData } from './data'
import { createStageAnalyses, type Artifact, type WorkRemark } from './analyses'
import { createEvaluator } from './evaluation'
import { createImageModel } from './imageModel'
import { createBestTeacher } from './bestTeacher'
import type { StageWork } from './stageWork'
import type { StateBundle } from '../families/distillation/state'

export interface TeacherStageInput {
  readonly teacher: Classifier
  readonly training: TeacherTraining
  readonly data: PreparedData
  readonly program: StepProgram
  readonly state: StateBundle
  readonly folder: string
}

/** Metrics of a teacher leave the device every so many steps. */
const measureEvery = 2

/** The rate at each step: the schedule over all steps, or over the epochs. */
function scheduleOf(training: TeacherTrainingValues, stepsPerEpoch: number): Schedule {
  const stepsPerMove = training.scheduleStep === 'epoch' ? stepsPerEpoch : 1
  const total = (training.epochs * stepsPerEpoch) / stepsPerMove
  const rate = createSchedule(teacherTrainingSchema, training, { peak: training.learningRate, total })
  return (step) => rate(Math.floor(step / stepsPerMove))
}

/** The order of an epoch: drawn when its first step comes, kept in the checkpoint's plain state. */
function createEpochOrder(state: StateBundle, count: number): (epoch: number) => Uint32Array | Int32Array {
  let drawnFor = -1
  let order: Uint32Array | Int32Array = new Uint32Array(0)
  state.addPlain('epochOrder', {
    read: () => ({ epoch: drawnFor, order: [...order] }),
    write: (values) => {
      drawnFor = Number(values.epoch ?? -1)
      order = Uint32Array.from(Array.isArray(values.order) ? values.order.map(Number) : [])
    },
  })
  return (epoch) => {
    if (epoch !== drawnFor) {
      order = state.stream('dataOrder').permutation(count)
      drawnFor = epoch
    }
    return order
  }
}

const artifactsIn = (remarks: readonly WorkRemark[]): Artifact[] =>
  remarks.flatMap((remark) =>
    remark.type === 'artifact' ? [{ analysis: remark.analysis, artifact: remark.artifact }] : [],
  )

export function createTeacherStage(input: TeacherStageInput): StageWork {
  const { teacher, data, program, state } = input
  const training = completeTraining(input.training)
  const train = data.train()
  const batches = train.count / training.batchSize
  // Fewer images than a batch has are one batch all the same.
  const stepsPerEpoch = Math.max(1, training.keepLastBatch ? Math.ceil(batches) : Math.floor(batches))
  const totalSteps = stepsPerEpoch * training.epochs
  const schedule = scheduleOf(training, stepsPerEpoch)
  const optimizer = createOptimizer(teacherTrainingSchema, training, teacher.parameters)
  state.addNetwork('teacher', teacher)
  state.addVariables('optimizer', optimizer.slots)
  const bestTeacher = training.keep === 'bestAccuracy' ? createBestTeacher(state) : null
  const orderOf = createEpochOrder(state, train.count)
  const table = normalizationTable(data.normalization, train.channels)
  const runners = new Map<number, StepRunner>()
  const runnerFor = (batch: number): StepRunner => {
    const known = runners.get(batch)
    if (known) return known
    const made = program.compile(`teacher-${batch}`, (args) => teacherStep(teacher, optimizer, args))
    runners.set(batch, made)
    return made
  }
  const evaluate = createEvaluator({
    program,
    name: 'evaluateTeacher',
    classifier: teacher,
    normalization: data.normalization,
    sets: data.test,
  })
  const model = createImageModel(program, 'analyseTeacher', teacher, data.normalization)
  const measured = createStageAnalyses({
    classNames: data.dataset.classNames,
    target: data.test.target,
    materials: { model: () => model, testImages: () => data.test },
  })
  const remarks: WorkRemark[] = []

  const currentWeights = (): WeightMap => {
    program.readState()
    return weightsOf(teacher)
  }

  return {
    totalSteps,
    state,
    program,
    imagesPerStep: training.batchSize,
    measureEvery,
    evaluate() {
      const { evaluation, predictions } = evaluate()
      const found = measured.measure('evaluation', { predictions: () => predictions })
      remarks.push(...found)
      bestTeacher?.offer(evaluation, currentWeights, artifactsIn(found))
      return evaluation
    },
    remarks: () => remarks.splice(0),
    conclude(outcome) {
      remarks.push(...(bestTeacher?.artifacts() ?? []).map((artifact) => ({ type: 'artifact' as const, ...artifact })))
      if (outcome !== 'done') return
      const best = bestTeacher?.weights()
      if (best) {
        loadWeights(teacher, best, 'the teacher of the best epoch')
        program.writeState()
      }
      remarks.push(...measured.measure('end'))
    },
    keptEvaluation: () => bestTeacher?.evaluation() ?? null,
    evaluateAfter: (stepsDone) => stepsDone % stepsPerEpoch === 0,
    step(index, measure) {
      const order = orderOf(Math.floor(index / stepsPerEpoch))
      const first = (index % stepsPerEpoch) * training.batchSize
      const chosen = order.subarray(first, first + training.batchSize)
      const pixels = augmentedImages(
        train,
        chosen,
        table,
        { crop: training.crop, flip: training.flip },
        state.stream('augmentation'),
      )
      const learningRate = schedule(index)
      const args = {
        images: tf.tensor4d(pixels, [chosen.length, train.height, train.width, train.channels]),
        labels: tf.tensor1d(
          Int32Array.from(chosen, (row) => train.labels[row] ?? 0),
          'int32',
        ),
        learningRate: tf.scalar(learningRate),
        dropoutSeed: tf.tensor1d(state.stream('dropout').integers(2, 2 ** 31 - 1), 'int32'),
      }
      const outputs = runnerFor(chosen.length).run(args)
      tf.dispose(args)
      const metrics = measure
        ? {
            loss: outputs.loss?.dataSync()[0] ?? NaN,
            trainAccuracy: outputs.accuracy?.dataSync()[0] ?? NaN,
            learningRate,
          }
        : {}
      tf.dispose(outputs)
      return metrics
    },
    async writeWeights() {
      const path = join(input.folder, 'weights.safetensors')
      await writeSafetensors(path, bestTeacher?.weights() ?? currentWeights(), { format: 'pt' })
      return path
    },
    dispose() {
      optimizer.dispose()
      program.dispose()
      teacher.dispose()
    },
  }
}
