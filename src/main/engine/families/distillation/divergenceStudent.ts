/** A student that learns the teacher's answers by one distance alone, from whatever batches its method gives. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../maths/ops/tensors'
import { logitDistances } from '../../maths/losses/disagreement'
import { elementwiseKl, type DivergenceReduction } from '../../maths/losses/divergence'
import type { ClassifierOutput } from '../../maths/nn/types'
import { mean, sum } from '../../maths/ops'
import type { Schedule } from '../schedules'
import type { Optimizer } from '../optimizers/types'
import { updateStep } from '../optimizers/update'
import { scalarOf } from './stepOutputs'
import type { DistillationContext, StepMetrics, StudentTrainer } from './types'

export interface DivergenceStudentOptions {
  /** Updates per pseudo batch, and images of one. */
  readonly updates: number
  readonly batchSize: number
  /**
   * 'kl', or 'l1' between the logits themselves, for which temperature, T² and reduction have no meaning. Default 'kl'.
   */
  readonly distance?: 'kl' | 'l1'
  readonly temperature: number
  readonly reduction: DivergenceReduction
  /** T² keeps the gradient's size when the temperature changes. */
  readonly squaredTemperature: boolean
  readonly optimizer: Optimizer
  /** Learning rate after so many pseudo batches. */
  readonly schedule: Schedule
}

/**
 * L = s · mean_i l_i, l_i = Σ_c p_T (log p_T − log p_S) at temperature T ('mean': divided by the classes), s = T² or 1;
 * with the distance 'l1' l_i = mean_c |S − T|, s = 1.
 * With imageWeights w [N] in the arguments the mean gives way to Σ_i w_i l_i: how a defense silences or turns images.
 * Reference: Hinton et al. 2015, arXiv:1503.02531; ABD cmi/datafree/criterions.py KLDiv ('batchMean', T²),
 * cmi/vanilla_kd_ood.py KDLoss ('mean', no T²),
 * cmi/datafree_kd.py main_worker (L1Loss for DFAD).
 */
export function divergenceLoss(
  output: ClassifierOutput,
  args: NamedTensors,
  options: Pick<DivergenceStudentOptions, 'distance' | 'temperature' | 'reduction' | 'squaredTemperature'>,
): { loss: tf.Scalar; outputs: NamedTensors } {
  const { distance = 'kl', temperature, reduction, squaredTemperature } = options
  const factor =
    (squaredTemperature ? temperature * temperature : 1) / (reduction === 'mean' ? output.logits.shape[1] : 1)
  const [loss, divergence] = tf.tidy(() => {
    const teacherLogits = args.teacherLogits as tf.Tensor2D
    const perImage =
      distance === 'l1'
        ? logitDistances(output.logits, teacherLogits)
        : (tf.mul(
            sum<tf.Tensor1D>(elementwiseKl(output.logits, teacherLogits, temperature), [1]),
            factor,
          ) as tf.Tensor1D)
    const average = mean<tf.Scalar>(perImage)
    return [args.imageWeights ? sum<tf.Scalar>(tf.mul(perImage, args.imageWeights)) : average, average]
  }) as [tf.Scalar, tf.Scalar]
  return { loss, outputs: { divergence } }
}

/** @param batches takes over a pseudo batch; each call of the result gives the batch of one update */
export function createDivergenceStudent(
  options: DivergenceStudentOptions,
  context: DistillationContext,
  batches: StudentTrainer['batches'],
): StudentTrainer {
  const { program, student, state } = context
  const { optimizer } = options
  state.addNetwork('student', student)
  state.addVariables('studentOptimizer', optimizer.slots)
  const update = { parameters: student.parameters, optimizer, gradientClip: 0 }
  const runner = program.compile('student', (args) =>
    updateStep(update, args.learningRate as tf.Scalar, (updates) =>
      divergenceLoss(student.forward(args.images as tf.Tensor4D, { training: true, updates }), args, options),
    ),
  )

  return {
    imagesPerStep: options.batchSize * options.updates,
    updates: options.updates,
    batches,
    loss: (output, args) => divergenceLoss(output, args, options),
    async step(batch, position) {
      const rate = options.schedule(position.index)
      const learningRate = tf.scalar(rate)
      const next = batches(batch)
      const metrics: StepMetrics = position.measure ? { learningRate: rate } : {}
      try {
        for (let repeat = 0; repeat < options.updates; repeat++) {
          const { args, own } = next()
          const outputs = runner.run({ ...args, learningRate })
          if (position.measure) {
            metrics.studentLoss = (metrics.studentLoss ?? 0) + scalarOf(outputs, 'loss') / options.updates
            metrics.divergence = (metrics.divergence ?? 0) + scalarOf(outputs, 'divergence') / options.updates
            metrics.gradientNorm = (metrics.gradientNorm ?? 0) + scalarOf(outputs, 'gradientNorm') / options.updates
          }
          tf.dispose([outputs, [...own]])
          const waiting = position.innerStep?.('Student updates', repeat + 1, options.updates)
          if (waiting) await waiting
        }
      } finally {
        learningRate.dispose()
      }
      return metrics
    },
  }
}
