/** The student trainer of Self-Retrospection's phase: each update first finds a perturbation, then unlearns it. */
import * as tf from '@tensorflow/tfjs-core'
import { scalarOf } from '../../distillation/stepOutputs'
import type { DistillationParts, Position, PseudoBatch, StepMetrics, StudentTrainer } from '../../distillation/types'
import type { StepFunction } from '../../../graph/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { selfRetrospectionStep } from './step'
import { applyUpdates } from '../../../maths/nn/differentiate'
import type { StateUpdate } from '../../../maths/nn/types'
import { cosineSchedule } from '../../schedules'
import type { Schedule } from '../../schedules'
import { createOptimizer } from '../../optimizers'
import type { Optimizer } from '../../optimizers/types'
import { updateStep } from '../../optimizers/update'
import type { RandomStream } from '../../../maths/random'
import { ExhaustiveError } from '../../../../../shared/errors'
import type { DefensePhase } from '../types'
import { perturbedCount, selfRetrospectionParameters } from './parameters'
import type { SelfRetrospectionParameters } from './parameters'
import type { UniversalPerturbation } from './perturbation'

/** 1 for `perturbedCount` random images of a batch, else 0: [N, 1, 1, 1]. */
function drawMask(count: number, values: SelfRetrospectionParameters, stream: RandomStream): tf.Tensor4D {
  const mask = new Float32Array(count)
  for (const place of stream.permutation(count).subarray(0, perturbedCount(count, values))) mask[place] = 1
  return tf.tensor4d(mask, [count, 1, 1, 1])
}

/** The student learns x̃ = x + mask · p with the teacher's answer to x; outputs: loss, gradientNorm. */
function consistencyStep(
  values: SelfRetrospectionParameters,
  plain: StudentTrainer,
  context: DistillationParts,
  optimizer: Optimizer,
  perturbation: tf.Variable<tf.Rank.R4>,
): StepFunction {
  const { student } = context
  const update = { parameters: student.parameters, optimizer, gradientClip: values.gradientClip }
  return (args) =>
    tf.tidy(() => {
      const { loss, gradientNorm } = updateStep(update, args.learningRate as tf.Scalar, (updates) => {
        const images = tf.add(args.images as tf.Tensor4D, tf.mul(perturbation, args.mask as tf.Tensor4D)) as tf.Tensor4D
        const distillation = plain.loss(student.forward(images, { training: true, updates }), args)
        return { loss: tf.mul(distillation.loss, values.distillationWeight) as tf.Scalar, outputs: {} }
      })
      return { outerLoss: loss, gradientNorm, perturbationNorm: tf.norm(perturbation) } as NamedTensors
    })
}

function hypergradientStep(
  values: SelfRetrospectionParameters,
  plain: StudentTrainer,
  context: DistillationParts,
  optimizer: Optimizer,
  perturbation: tf.Variable<tf.Rank.R4>,
): StepFunction {
  const options = {
    reduction: values.reduction,
    temperature: values.temperature,
    squaredTemperature: values.squaredTemperature,
    penalty: values.perturbationPenalty,
    iterations: values.iterations,
    step: values.fixedPointStep,
    constantTarget: values.constantTarget,
  }
  return (args) =>
    tf.tidy(() => {
      const outputs = selfRetrospectionStep(
        {
          student: context.student,
          optimizer,
          options,
          distillationLoss: (output) => tf.mul(plain.loss(output, args).loss, values.distillationWeight) as tf.Scalar,
        },
        { ...args, perturbation: perturbation as tf.Tensor },
      )
      return { ...outputs, perturbationNorm: tf.norm(perturbation) }
    })
}

function stepOf(
  values: SelfRetrospectionParameters,
  ...parts: [StudentTrainer, DistillationParts, Optimizer, tf.Variable<tf.Rank.R4>]
): StepFunction {
  switch (values.update) {
    case 'hypergradient':
      return hypergradientStep(values, ...parts)
    case 'consistency':
      return consistencyStep(values, ...parts)
    default:
      throw new ExhaustiveError(values.update)
  }
}

/**
 * The student's learning rate in the phase, by pseudo batches of the whole distillation: cosine to 0, one step every
 * `rateEvery` of them.
 */
export function phaseSchedule(
  { learningRate, rateEvery }: Pick<SelfRetrospectionParameters, 'learningRate' | 'rateEvery'>,
  phase: Pick<DefensePhase, 'start' | 'total'>,
): Schedule {
  const cosine = cosineSchedule(learningRate, Math.ceil((phase.total - phase.start) / rateEvery))
  return (index) => cosine(Math.floor((index - phase.start) / rateEvery))
}

/** One pass in training mode for the running statistics' sake. */
function createSettler({ student, program }: DistillationParts): (images: tf.Tensor4D) => void {
  const runner = program.compile('settle', ({ images }) =>
    tf.tidy(() => {
      const updates: StateUpdate[] = []
      student.forward(images as tf.Tensor4D, { training: true, updates })
      applyUpdates(updates)
      return {}
    }),
  )
  return (images) => tf.dispose(runner.run({ images }))
}

export function wrapTrainer(
  values: SelfRetrospectionParameters,
  phase: Pick<DefensePhase, 'start' | 'total'>,
  perturbation: UniversalPerturbation,
  plain: StudentTrainer,
  context: DistillationParts,
): StudentTrainer {
  const optimizer = createOptimizer(selfRetrospectionParameters, values, context.student.parameters)
  context.state.addVariables('selfRetrospectionOptimizer', optimizer.slots)
  const schedule = phaseSchedule(values, phase)
  const stream = context.stream('perturbedImages')
  const settle = createSettler(context)
  const update = context.program.compile('unlearn', stepOf(values, plain, context, optimizer, perturbation.variable))

  const unlearn = (args: NamedTensors, learningRate: tf.Scalar): NamedTensors => {
    const { imageWeights, ...unweighed } = args
    const { images, teacherLogits } = args
    if (!images || !teacherLogits) throw new Error('A student batch came without images or the teacher’s answers.')
    perturbation.find(images as tf.Tensor4D, teacherLogits as tf.Tensor2D)
    const mask = drawMask(images.shape[0] ?? 0, values, stream)
    const outputs = update.run({
      ...unweighed,
      ...(imageWeights && values.imageWeights ? { imageWeights } : {}),
      learningRate,
      mask,
    })
    mask.dispose()
    return outputs
  }
  const phaseStep = async (batch: PseudoBatch, position: Position): Promise<StepMetrics> => {
    const rate = schedule(position.index)
    const learningRate = tf.scalar(rate)
    const next = plain.batches(batch)
    const metrics: StepMetrics = position.measure ? { learningRate: rate } : {}
    try {
      for (let repeat = 0; repeat < plain.updates; repeat++) {
        const { args, own } = next()
        const outputs = unlearn(args, learningRate)
        if (position.measure) {
          metrics['sr.outerLoss'] = (metrics['sr.outerLoss'] ?? 0) + scalarOf(outputs, 'outerLoss') / plain.updates
          metrics['sr.perturbationNorm'] = scalarOf(outputs, 'perturbationNorm')
          metrics.gradientNorm = scalarOf(outputs, 'gradientNorm')
        }
        tf.dispose([outputs, [...own]])
        const waiting = position.innerStep?.('Unlearning', repeat + 1, plain.updates)
        if (waiting) await waiting
      }
    } finally {
      learningRate.dispose()
    }
    for (let pass = 0; position.index === phase.total - 1 && pass < values.settle; pass++) {
      const { args, own } = next()
      settle(args.images as tf.Tensor4D)
      tf.dispose([...own])
    }
    return metrics
  }
  return {
    ...plain,
    step: (batch, position) =>
      position.index < phase.start ? plain.step(batch, position) : phaseStep(batch, position),
  }
}
