/** Distillation of one student: synthesizer, student trainer and defenses in one loop over pseudo batches. */
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { Recording, SyntheticImages } from '../../../shared/domain'
import type {
  ActiveDefense,
  DistillationContext,
  Position,
  PseudoBatch,
  StageRemark,
  StepMetrics,
  StudentTrainer,
  Synthesizer,
} from '../families/distillation/types'
import { disposePseudoBatch } from '../families/distillation/stepOutputs'
import { writeSafetensors } from '../weights/safetensors/write'
import { weightsOf } from '../weights/network'
import type { ImageSet, Normalization } from '../images/types'
import { toBytes } from '../images/batches'
import { createAfterwards } from './afterwards'
import type { KeepCheckpoint } from './checkpoints'
import { createStageAnalyses, type StageAnalyses, type WorkRemark } from './analyses'
import { createEvaluator } from './evaluation'
import type { TestSets } from './evaluation'
import { createImageModel } from './imageModel'
import type { StageWork } from './stageWork'

export interface StudentStageInput {
  readonly context: DistillationContext
  readonly synthesizer: Synthesizer
  readonly trainer: StudentTrainer
  readonly defenses: readonly ActiveDefense[]
  /** What the defenses have told and nobody has read; emptied by reading. */
  readonly remarks: StageRemark[]
  readonly totalPseudoBatches: number
  readonly recording: Recording
  readonly test: TestSets
  readonly classNames: readonly string[]
  readonly folder: string
  /** Steps at which a later student goes on from this one. */
  readonly branchesAt: ReadonlySet<number>
}

/**
 * Which checkpoints stay: where later students branch off, and the last `keptCheckpoints` evaluation points.
 * Reference: ABD zskt/solver.py run, save_n_checkpoints.
 */
export function keptCheckpoints(
  { evaluateEvery, keptCheckpoints: count }: Pick<Recording, 'evaluateEvery' | 'keptCheckpoints'>,
  total: number,
  branchesAt: ReadonlySet<number>,
): KeepCheckpoint {
  const first = Math.floor(total / evaluateEvery) - count
  return (step) => branchesAt.has(step) || (step % evaluateEvery === 0 && step / evaluateEvery > first)
}

interface Predictions {
  classes: number[]
  confidences: number[]
}

/** Arg max and its softmax probability per row. */
function predictionsOf(logits: tf.Tensor2D): Predictions {
  return tf.tidy(() => {
    const probabilities = tf.softmax(logits)
    return {
      classes: [...tf.argMax(probabilities, 1).dataSync()],
      confidences: [...tf.max(probabilities, 1).dataSync()],
    }
  })
}

/** The first images of a pseudo batch as bytes with what teacher, student and defenses say of them. */
function keptImages(
  batch: PseudoBatch,
  step: number,
  limit: number,
  studentLogits: tf.Tensor2D,
  normalization: Normalization,
  defenses: readonly ActiveDefense[],
): SyntheticImages {
  const [total, height, width, channels] = batch.images.shape
  const count = Math.min(limit, total)
  const values = tf.tidy(() =>
    batch.images.slice([0, 0, 0, 0], [count, height, width, channels]).dataSync(),
  ) as Float32Array
  const teacher = predictionsOf(batch.teacherLogits)
  const student = predictionsOf(studentLogits)
  const suspected = defenses.map((defense) => defense.suspects?.(batch)).find((marks) => marks !== undefined)
  return {
    step,
    count,
    height,
    width,
    channels: channels === 1 ? 1 : 3,
    pixels: toBytes(values, normalization, channels),
    teacherClass: teacher.classes.slice(0, count),
    teacherConfidence: teacher.confidences.slice(0, count),
    studentClass: student.classes.slice(0, count),
    studentConfidence: student.confidences.slice(0, count),
    ...(suspected ? { suspected: suspected.slice(0, count) } : {}),
  }
}

/** How many classes the teacher sees; the collapse of a generator shows here first. */
const classesSeen = (logits: tf.Tensor2D): number => new Set(tf.tidy(() => tf.argMax(logits, 1).dataSync())).size

/** The pseudo batch as bytes with the teacher's classes. */
function imageSetOf({ images, teacherLogits }: PseudoBatch, normalization: Normalization): ImageSet {
  const [count, height, width, channels] = images.shape
  return {
    count,
    height,
    width,
    channels: channels === 1 ? 1 : 3,
    pixels: toBytes(images.dataSync() as Float32Array, normalization, channels),
    labels: tf.tidy(() => Int32Array.from(tf.argMax(teacherLogits, 1).dataSync())),
  }
}

function analysesOf({ context, test, classNames }: StudentStageInput): StageAnalyses {
  const { program, normalization } = context
  const model = createImageModel(program, 'analyseStudent', context.student, normalization)
  const teacher = createImageModel(program, 'analyseTeacher', context.teacher, normalization)
  return createStageAnalyses({
    classNames,
    target: test.target,
    materials: {
      model: () => model,
      teacher: () => teacher,
      testImages: () => test,
    },
  })
}

export function createStudentStage(input: StudentStageInput): StageWork {
  const { context, synthesizer, trainer, defenses, recording, totalPseudoBatches } = input
  const { program, state, student } = context
  const afterwards = createAfterwards(input)
  const evaluate = createEvaluator(program, 'evaluateStudent', student, context.normalization, input.test)
  const view = program.compile('viewStudent', ({ images }) => ({
    logits: student.forward(images as tf.Tensor4D, { training: false }).logits,
  }))
  let latest: PseudoBatch | null = null
  const measured = analysesOf(input)
  const own: WorkRemark[] = []
  /** A batch whose updates are given up belongs to nobody. */
  const learn = async (batch: PseudoBatch, position: Position): Promise<StepMetrics> => {
    try {
      return await trainer.step(batch, position)
    } catch (error) {
      disposePseudoBatch(batch)
      throw error
    }
  }
  const keep = (stepsDone: number): boolean =>
    stepsDone > 0 &&
    stepsDone <= totalPseudoBatches &&
    (stepsDone % recording.imagesEvery === 0 || stepsDone === 1 || stepsDone === totalPseudoBatches)
  /** The student as the distillation leaves it is worth a look where a defense goes on with it. */
  const endsDistillation = (stepsDone: number): boolean => afterwards.steps > 0 && stepsDone === totalPseudoBatches

  return {
    totalSteps: totalPseudoBatches + afterwards.steps,
    state,
    program,
    measureEvery: recording.metricsEvery,
    imagesPerStep: trainer.imagesPerStep,
    evaluate() {
      const { evaluation, predictions } = evaluate()
      own.push(...measured.measure('evaluation', { predictions: () => predictions }))
      return evaluation
    },
    evaluateAfter: (stepsDone) => stepsDone % recording.evaluateEvery === 0 || endsDistillation(stepsDone),
    imagesAfter: keep,
    remarks: () => [...input.remarks.splice(0).flatMap((remark) => measured.told(remark)), ...own.splice(0)],
    conclude(outcome) {
      if (outcome !== 'done') return
      // There is none where the stage was resumed at its end.
      const batch = latest
      const more = batch ? { syntheticImages: () => imageSetOf(batch, context.normalization) } : {}
      own.push(...measured.measure('end', more))
    },
    keepsCheckpoint: keptCheckpoints(recording, totalPseudoBatches, input.branchesAt),
    async step(index, measure, innerStep) {
      if (index >= totalPseudoBatches) return afterwards.step(index - totalPseudoBatches, measure, innerStep)
      const position = { index, total: totalPseudoBatches, measure, ...(innerStep ? { innerStep } : {}) }
      if (defenses.some((defense) => defense.forgetsBefore === index)) {
        synthesizer.forget?.()
        trainer.forget?.()
      }
      const synthesis = await synthesizer.step(position)
      const batch = synthesizer.sample(position)
      const learning = await learn(batch, position)
      const checks = defenses.map((defense) => defense.afterPseudoBatch?.(batch, position) ?? {})
      const seen = measure ? { classesSeen: classesSeen(batch.teacherLogits) } : {}
      if (latest) disposePseudoBatch(latest)
      latest = batch
      return Object.assign({}, synthesis, learning, seen, ...checks) as StepMetrics
    },
    images(stepsDone) {
      if (!latest) throw new Error('Images were asked for before the first pseudo batch.')
      const { logits } = view.run({ images: latest.images })
      if (!logits) throw new Error('The student gave no logits for the view.')
      const images = keptImages(
        latest,
        stepsDone,
        recording.imagesPerStep,
        logits as tf.Tensor2D,
        context.normalization,
        defenses,
      )
      logits.dispose()
      return images
    },
    async writeWeights() {
      program.readState()
      const path = join(input.folder, 'weights.safetensors')
      await writeSafetensors(path, weightsOf(student), { format: 'pt' })
      return path
    },
    dispose() {
      if (latest) disposePseudoBatch(latest)
      latest = null
      program.dispose()
    },
  }
}
