/** I-BAU step by step: in each round the perturbation is searched batch by batch, then unlearned batch by batch. */
import * as tf from '@tensorflow/tfjs-core'
import { scalarOf } from '../../distillation/stepOutputs'
import type { AfterDistillation, FinishedDistillation, MemberMetrics } from '../../distillation/types'
import type { Parameter } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { RandomStream } from '../../../maths/random'
import { createOptimizer } from '../../optimizers'
import type { DefenseContext } from '../types'
import { createCleanBatches } from './batches'
import { adversarialUnlearningParameters, type AdversarialUnlearningParameters } from './parameters'
import { searchStep, unlearningStep, type Unlearner } from './steps'

/** 1 for int(count · portion) random images of a batch, at least one, else 0: [N, 1, 1, 1]. */
function drawMask(count: number, portion: number, stream: RandomStream): tf.Tensor4D {
  const mask = new Float32Array(count)
  for (const place of stream.permutation(count).subarray(0, Math.max(1, Math.trunc(count * portion)))) mask[place] = 1
  return tf.tensor4d(mask, [count, 1, 1, 1])
}

function createSteps(
  values: AdversarialUnlearningParameters,
  { student, program, state, image }: FinishedDistillation,
) {
  const variable = tf.tidy(() => tf.variable(tf.zeros([1, image.height, image.width, image.channels]), true))
  const perturbation: Parameter = { name: 'perturbation', layout: 'plain', variable }
  const optimizer = createOptimizer(adversarialUnlearningParameters, values, student.parameters)
  state.addVariables('adversarialUnlearning', { perturbation: variable, ...optimizer.slots })
  const unlearner: Unlearner = { student, perturbation, penalty: values.perturbationPenalty }
  const { iterations, fixedPointStep: step } = values
  return {
    search: program.compile('adversarialSearch', (args) => searchStep(unlearner, args)),
    unlearn: program.compile('adversarialUnlearning', (args) =>
      unlearningStep({ ...unlearner, optimizer, iterations, step }, args),
    ),
  }
}

export function createAdversarialUnlearning(
  values: AdversarialUnlearningParameters,
  { cleanImages, tell }: Pick<DefenseContext, 'cleanImages' | 'tell'>,
  distillation: FinishedDistillation,
): AfterDistillation {
  const { normalization, stream, image } = distillation
  if (!cleanImages) throw new Error('I-BAU was given no clean images.')
  const set = cleanImages()
  const batches = createCleanBatches(set, normalization, { ...values, stream: stream('cleanImages') })
  if (set.count < values.images)
    tell({ type: 'warning', message: `I-BAU was to be given ${values.images} clean images; there are ${set.count}.` })
  const { search, unlearn } = createSteps(values, distillation)
  const deviations = Array.from(
    { length: image.channels },
    (_, channel) => normalization.standardDeviation[channel] ?? 1,
  )
  const numbersOf = (outputs: NamedTensors): MemberMetrics =>
    Object.fromEntries(Object.keys(outputs).map((name) => [name, scalarOf(outputs, name)]))
  return {
    steps: 2 * values.rounds * batches.count,
    step({ index, measure }) {
      const place = index % (2 * batches.count)
      const searches = place < batches.count
      const { images, labels } = batches.at(place % batches.count)
      const scale = tf.tensor4d(
        deviations.map((deviation) => 1 / deviation),
        [1, 1, 1, image.channels],
      )
      const args: NamedTensors = { images, scale }
      if (searches) {
        args.keep = tf.scalar(place === 0 ? 0 : 1)
        args.learningRate = tf.scalar(values.perturbationLearningRate)
      } else {
        const inner = batches.at(0)
        args.labels = labels
        args.innerImages = inner.images
        args.innerLabels = inner.labels
        args.mask = drawMask(batches.size, values.portion, stream('unlearnedImages'))
        args.learningRate = tf.scalar(values.learningRate)
      }
      const outputs = (searches ? search : unlearn).run(args)
      const metrics = measure ? numbersOf(outputs) : {}
      tf.dispose([outputs, args, labels])
      return metrics
    },
  }
}
