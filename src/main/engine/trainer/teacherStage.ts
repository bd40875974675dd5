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
import { createSchedule, type Schedule } from '../families/schedules'
import { completeTraining, teacherTrainingSchema, type TeacherTrainingValues } from '../families/teacherTraining'
import type { Optimizer } from '../families/optimizers/types'
import type { NamedTensors } from '../maths/ops/tensors'
import { augmentedImages, normalizationTable } from '../images/batches'
import type { PreparedData } from './data'
import { createStageAnalyses, type Artifact, type WorkRemark } from './analyses'
import { createEvaluator } from './evaluation'
import { createImageModel } from './imageModel'
import { createBestTeacher, type BestTeacher } from './bestTeacher'
import type { PhaseClock } from './phaseClock'
import type { StageWork } from './stageWork'
import type { StateBundle } from '../families/distillation/state'

export interface TeacherStageInput {
  readonly teacher: Classifier
  readonly training: TeacherTraining
  readonly data: PreparedData
  readonly program: StepProgram
  readonly state: StateBundle
  readonly folder: string
  /** What analyses take counts for itself. */
  readonly clock: PhaseClock
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

/** The images of a step: the epoch's order cut into batches, cropped, flipped and normalised. */
interface TeacherBatches {
  readonly stepsPerEpoch: number
  /** What the captured step takes; the caller disposes it. */
  batch(index: number): { readonly size: number; readonly args: NamedTensors }
}

function createTeacherBatches(
  { data, state }: TeacherStageInput,
  { batchSize, keepLastBatch, crop, flip }: TeacherTrainingValues,
): TeacherBatches {
  const train = data.train()
  const { height, width, channels } = train
  const batches = train.count / batchSize
  // Fewer images than a batch has are one batch all the same.
  const stepsPerEpoch = Math.max(1, keepLastBatch ? Math.ceil(batches) : Math.floor(batches))
  const orderOf = createEpochOrder(state, train.count)
  const table = normalizationTable(data.normalization, channels)
  return {
    stepsPerEpoch,
    batch(index) {
      const first = (index % stepsPerEpoch) * batchSize
      const chosen = orderOf(Math.floor(index / stepsPerEpoch)).subarray(first, first + batchSize)
      const pixels = augmentedImages(train, chosen, table, { crop, flip }, state.stream('augmentation'))
      const labels = Int32Array.from(chosen, (row) => train.labels[row] ?? 0)
      return {
        size: chosen.length,
        args: {
          images: tf.tensor4d(pixels, [chosen.length, height, width, channels]),
          labels: tf.tensor1d(labels, 'int32'),
          dropoutSeed: tf.tensor1d(state.stream('dropout').integers(2, 2 ** 31 - 1), 'int32'),
        },
      }
    },
  }
}

/** One update per call; a graph for each size of batch. */
function createTeacherUpdate(program: StepProgram, teacher: Classifier, optimizer: Optimizer) {
  const runners = new Map<number, StepRunner>()
  return (size: number, args: NamedTensors): NamedTensors => {
    const runner =
      runners.get(size) ?? program.compile(`teacher-${size}`, (given) => teacherStep(teacher, optimizer, given))
    runners.set(size, runner)
    const outputs = runner.run(args)
    tf.dispose(args)
    return outputs
  }
}

/** Evaluation, analyses, and the teacher of the best epoch where that is the one handed on. */
function createTeacherJudge({ teacher, data, program, clock }: TeacherStageInput, best: BestTeacher | null) {
  const { normalization, test: sets } = data
  const evaluate = createEvaluator({ program, name: 'evaluateTeacher', classifier: teacher, normalization, sets })
  const model = createImageModel(program, 'analyseTeacher', teacher, normalization)
  const measured = createStageAnalyses({
    classNames: data.dataset.classNames,
    target: sets.target,
    materials: { model: () => model, testImages: () => sets },
  })
  const remarks: WorkRemark[] = []
  const currentWeights = (): WeightMap => {
    program.readState()
    return weightsOf(teacher)
  }
  const judge: Pick<StageWork, 'evaluate' | 'keptEvaluation' | 'conclude'> & Required<Pick<StageWork, 'remarks'>> = {
    evaluate() {
      const { evaluation, predictions } = evaluate()
      const found = clock.within('analyses', () => measured.measure('evaluation', { predictions: () => predictions }))
      remarks.push(...found)
      best?.offer(evaluation, currentWeights, artifactsIn(found))
      return evaluation
    },
    remarks: () => remarks.splice(0),
    conclude(outcome) {
      remarks.push(...(best?.artifacts() ?? []).map((artifact) => ({ type: 'artifact' as const, ...artifact })))
      if (outcome !== 'done') return
      const weights = best?.weights()
      if (weights) {
        loadWeights(teacher, weights, 'the teacher of the best epoch')
        program.writeState()
      }
      remarks.push(...measured.measure('end'))
    },
    keptEvaluation: () => best?.evaluation() ?? null,
  }
  return { judge, handedOn: (): WeightMap => best?.weights() ?? currentWeights() }
}

export function createTeacherStage(input: TeacherStageInput): StageWork {
  const { teacher, program, state } = input
  const training = completeTraining(input.training)
  const optimizer = createOptimizer(teacherTrainingSchema, training, teacher.parameters)
  // Registered in the order of every version's checkpoints.
  state.addNetwork('teacher', teacher)
  state.addVariables('optimizer', optimizer.slots)
  const best = training.keep === 'bestAccuracy' ? createBestTeacher(state) : null
  const { stepsPerEpoch, batch } = createTeacherBatches(input, training)
  const schedule = scheduleOf(training, stepsPerEpoch)
  const update = createTeacherUpdate(program, teacher, optimizer)
  const { judge, handedOn } = createTeacherJudge(input, best)
  return {
    ...judge,
    totalSteps: stepsPerEpoch * training.epochs,
    state,
    program,
    imagesPerStep: training.batchSize,
    stepsPerEpoch,
    measureEvery,
    evaluateAfter: (stepsDone) => stepsDone % stepsPerEpoch === 0,
    step(index, measure) {
      const { size, args } = batch(index)
      const learningRate = schedule(index)
      const outputs = update(size, { ...args, learningRate: tf.scalar(learningRate) })
      // Reading waits for the device; most steps are not read.
      const valueOf = (name: string): number => outputs[name]?.dataSync()[0] ?? NaN
      const metrics = measure ? { loss: valueOf('loss'), trainAccuracy: valueOf('accuracy'), learningRate } : {}
      tf.dispose(outputs)
      return metrics
    },
    async writeWeights() {
      const path = join(input.folder, 'weights.safetensors')
      await writeSafetensors(path, handedOn(), { format: 'pt' })
      return path
    },
    dispose() {
      optimizer.dispose()
      program.dispose()
      teacher.dispose()
    },
  }
}
