/** The student trainer of Self-Retrospection's phase: each update first finds a perturbation, then unlearns it. */
import * as tf from '@tensorflow/tfjs-core'
import { scalarOf } from '../../distillation/stepOutputs'
import type { DistillationParts, Position, PseudoBatch, StepMetrics, StudentTrainer } from '../../distillation/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { applyUpdates } from '../../../maths/nn/differentiate'
import type { StateUpdate } from '../../../maths/nn/types'
import { cosineSchedule, type Schedule } from '../../schedules'
import { createOptimizer } from '../../optimizers'
import type { RandomStream } from '../../../maths/random'
import type { DefensePhase, UniversalPerturbation } from '../types'
import { perturbedCount, selfRetrospectionParameters, type SelfRetrospectionParameters } from './parameters'
import { unlearningStep } from './updates'

/** 1 for `perturbedCount` random images of a batch, else 0: [N, 1, 1, 1]. */
function drawMask(count: number, values: SelfRetrospectionParameters, stream: RandomStream): tf.Tensor4D {
  const mask = new Float32Array(count)
  for (const place of stream.permutation(count).subarray(0, perturbedCount(count, values))) mask[place] = 1
  return tf.tensor4d(mask, [count, 1, 1, 1])
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

/** @param acts when the phase is, and what it unlearns */
export function wrapTrainer(
  values: SelfRetrospectionParameters,
  {
    phase,
    perturbation,
  }: { readonly phase: Pick<DefensePhase, 'start' | 'total'>; perturbation: UniversalPerturbation },
  plain: StudentTrainer,
  context: DistillationParts,
): StudentTrainer {
  const optimizer = createOptimizer(selfRetrospectionParameters, values, context.student.parameters)
  context.state.addVariables('selfRetrospectionOptimizer', optimizer.slots)
  const schedule = phaseSchedule(values, phase)
  const stream = context.stream('perturbedImages')
  const settle = createSettler(context)
  const update = context.program.compile(
    'unlearn',
    unlearningStep({
      values,
      student: context.student,
      optimizer,
      loss: plain.loss,
      perturbation: perturbation.variable,
    }),
  )

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
