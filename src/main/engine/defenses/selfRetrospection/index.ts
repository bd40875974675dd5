import * as tf from '@tensorflow/tfjs-core'
import type { ActiveDefense, DistillationContext, Position, StepMetrics, StudentTrainer } from '../../distillation/types'
import { scalarOf } from '../../distillation/stepOutputs'
import type { NamedTensors, StepRunner } from '../../graph/types'
import { applyUpdates, differentiate } from '../../nn/differentiate'
import type { StateUpdate } from '../../nn/types'
import { createAdam } from '../../optimizers/adam'
import { clipByGlobalNorm, globalNorm } from '../../optimizers/flat'
import { cosineSchedule } from '../../optimizers/schedules'
import { defineDefense } from '../types'
import type { DefenseContext } from '../types'
import { selfRetrospectionParameters } from './parameters'
import type { SelfRetrospectionParameters } from './parameters'
import { createUniversalPerturbation } from './perturbation'

const phaseOf = (values: SelfRetrospectionParameters, methodTotal: number): { start: number; total: number } =>
  ({ start: Math.max(0, methodTotal - values.takeover), total: methodTotal + values.extra })

/** 1 for the first images of a batch, which carry the perturbation, else 0: [N, 1, 1, 1]. */
const perturbedMask = (count: number, portion: number): tf.Tensor4D =>
  tf.tensor4d(Float32Array.from({ length: count }, (_unused, index) => (index < Math.max(1, Math.round(count * portion)) ? 1 : 0)), [count, 1, 1, 1])

/** One pass in training mode for the running statistics' sake. */
function createSettler(context: DistillationContext): (images: tf.Tensor4D) => void {
  const { student, program } = context
  const runner = program.compile('settle', ({ images }) => tf.tidy(() => {
    const updates: StateUpdate[] = []
    student.forward(images as tf.Tensor4D, { training: true, updates })
    applyUpdates(updates)
    return {}
  }))
  return (images) => tf.dispose(runner.run({ images }))
}

function wrap(values: SelfRetrospectionParameters, phase: { start: number; total: number }, perturbation: ReturnType<typeof createUniversalPerturbation>, plain: StudentTrainer, context: DistillationContext): StudentTrainer {
  const { student, program } = context
  const optimizer = createAdam(student.parameters)
  context.state.addVariables('selfRetrospectionOptimizer', optimizer.slots)
  const schedule = cosineSchedule(values.learningRate, phase.total - phase.start)
  const settle = createSettler(context)
  const update: StepRunner = program.compile('unlearn', (args) => tf.tidy(() => {
    const result = differentiate(student.parameters, (updates) => {
      const images = tf.add(args.images as tf.Tensor4D, tf.mul(perturbation.variable, args.perturbed as tf.Tensor4D)) as tf.Tensor4D
      const { loss, outputs } = plain.loss(student.forward(images, { training: true, updates }), args)
      return { loss: tf.mul(loss, values.distillationWeight) as tf.Scalar, outputs }
    })
    const { gradients, norm } = values.gradientClip > 0 ? clipByGlobalNorm(result.gradients, values.gradientClip) : { gradients: result.gradients, norm: globalNorm(result.gradients) }
    optimizer.apply(gradients, args.learningRate as tf.Scalar)
    applyUpdates(result.updates)
    return { loss: result.loss, gradientNorm: norm, perturbationNorm: tf.norm(perturbation.variable) }
  }))

  const unlearn = (args: NamedTensors, learningRate: tf.Scalar, perturbed: tf.Tensor4D): NamedTensors => {
    const { images, teacherLogits } = args
    if (!images || !teacherLogits) throw new Error('A student batch came without images or the teacher’s answers.')
    perturbation.find(images as tf.Tensor4D, teacherLogits as tf.Tensor2D)
    return update.run({ ...args, learningRate, perturbed })
  }

  const phaseStep = (batch: Parameters<StudentTrainer['step']>[0], position: Position): StepMetrics => {
    const rate = schedule(position.index - phase.start)
    const learningRate = tf.scalar(rate)
    const next = plain.batches(batch)
    const metrics: StepMetrics = position.measure ? { learningRate: rate } : {}
    let perturbed: tf.Tensor4D | undefined
    for (let repeat = 0; repeat < plain.updates; repeat++) {
      const { args, own } = next()
      perturbed ??= perturbedMask(args.images?.shape[0] ?? 0, values.portion)
      const outputs = unlearn(args, learningRate, perturbed)
      if (position.measure) {
        metrics.srOuterLoss = (metrics.srOuterLoss ?? 0) + scalarOf(outputs, 'loss') / plain.updates
        metrics.srPerturbationNorm = scalarOf(outputs, 'perturbationNorm')
        metrics.gradientNorm = scalarOf(outputs, 'gradientNorm')
      }
      tf.dispose([outputs, [...own]])
    }
    tf.dispose([learningRate, perturbed ?? []])
    if (position.index === phase.total - 1) {
      for (let pass = 0; pass < values.settle; pass++) {
        const { args, own } = next()
        settle(args.images as tf.Tensor4D)
        tf.dispose([...own])
      }
    }
    return metrics
  }
  return { ...plain, step: (batch, position) => (position.index < phase.start ? plain.step(batch, position) : phaseStep(batch, position)) }
}

function create(values: SelfRetrospectionParameters, context: DefenseContext): ActiveDefense {
  const phase = phaseOf(values, context.methodTotal)
  const perturbation = createUniversalPerturbation(values, context)
  return { id: 'sr', wrapStudentTrainer: (trainer, distillation) => wrap(values, phase, perturbation, trainer, distillation) }
}

/**
 * Self-Retrospection: late in the distillation the student looks for what a backdoor would do to it, a universal perturbation, and unlearns it.
 * p* = argmin_p −KL(T(x) ‖ T(x + p)) + λ‖p‖²; then the student learns x̃ = x + p* (on a share of the batch) with the teacher's clean answer T(x).
 * Reference: Hong et al. 2023 (ABD), zskt/solver.py (sup_backdoor). Deviates with update 'consistency': the target is the teacher's clean answer
 * instead of the student's own, and the gradient is the direct one, which dominates the hypergradient.
 */
export const selfRetrospection = defineDefense({
  id: 'sr',
  title: 'Self-Retrospection',
  summary: 'Late in the distillation the student looks for a universal perturbation that a backdoor answers to, and unlearns it.',
  reference: { citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers', link: 'https://arxiv.org/abs/2306.02368', place: 'ABD zskt/solver.py' },
  params: selfRetrospectionParameters,
  cost: (values) => ({ teacherForwardsPerGeneratorImage: 0, studentForwardsPerStudentImage: 0, teacherForwardsPerStudentImage: 3 * values.rounds }),
  phase: phaseOf,
  create,
})
