import * as tf from '@tensorflow/tfjs-core'
import { publishedData } from '../../../../../shared/domain'
import { UserError } from '../../../../../shared/errors'
import { boolean, integer, number, type ValuesOf } from '../../../../../shared/schema'
import type { Normalization } from '../../../images/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { accuracy } from '../../../maths/losses/crossEntropy'
import { knowledgeDistillationLoss } from '../../../maths/losses/knowledgeDistillation'
import { createSgd } from '../../optimizers/sgd'
import { updateStep } from '../../optimizers/update'
import { createRealBatches, type RealImages } from './realBatches'
import { scalarOf } from '../stepOutputs'
import {
  defineDistillation,
  type DistillationContext,
  type StepMetrics,
  type StudentTrainer,
  type Synthesizer,
} from '../types'

const params = {
  pseudoBatches: integer({
    label: 'Batches',
    default: 13_282,
    min: 1,
    max: 10_000_000,
    help: 'Batches of real images, one student step each. 13,282 of 128 are the reference’s 170 epochs over 20 % of CIFAR-10.',
  }),
  batchSize: integer({
    label: 'Batch size',
    unit: 'images',
    default: 128,
    min: 2,
    max: 4096,
    help: 'Real images per batch; every batch is full.',
  }),
  percent: number({
    label: 'Share of the training images',
    default: 0.2,
    min: 0.0001,
    max: 1,
    step: 0.05,
    help: 'Clean images that the student may see, chosen at random. The reference’s sweep takes 0.2.',
  }),
  alpha: number({
    label: 'Teacher weight α',
    symbol: 'α',
    default: 0.95,
    min: 0,
    max: 1,
    step: 0.05,
    help: 'Weight of the teacher’s answers; 1 − α is that of the true labels.',
  }),
  temperature: number({
    label: 'Temperature',
    symbol: 'T',
    default: 6,
    min: 0.01,
    max: 100,
    help: 'T of both softmaxes; the divergence is multiplied by T².',
  }),
  learningRate: number({
    label: 'Learning rate',
    symbol: 'η',
    default: 0.1,
    min: 1e-7,
    max: 10,
    logarithmic: true,
    help: 'SGD, the same throughout: the reference has no schedule.',
  }),
  momentum: number({
    label: 'Momentum',
    default: 0.9,
    min: 0,
    max: 0.9999,
    help: 'SGD momentum (PyTorch semantics).',
    advanced: true,
  }),
  weightDecay: number({
    label: 'Weight decay',
    default: 5e-4,
    min: 0,
    max: 1,
    help: 'Coupled: added to the gradient.',
    advanced: true,
  }),
  crop: boolean({ label: 'Random crop', default: true, help: 'Pad by 4 pixels, crop at random.', advanced: true }),
  flip: boolean({ label: 'Random horizontal flip', default: true, help: 'Mirror half of the images.', advanced: true }),
  referenceNormalization: boolean({
    label: 'Reference’s normalisation',
    default: false,
    advanced: true,
    help: 'On: training images are divided by the deviations .247 .243 .261, as the reference does on CIFAR-10, although teacher and evaluation use the data set’s own (.2023 .1994 .2010). A fault, kept for comparison with its numbers; without effect on other sets.',
  }),
}
type KdParameters = ValuesOf<typeof params>

const referenceDeviations = [0.247, 0.243, 0.261]

/**
 * The normalisation of the training inputs: the data set's own, or with the deviations of the reference's loader, which
 * has them for the published table's set (CIFAR-10) alone.
 */
export function kdNormalization(normalization: Normalization, asReference: boolean, dataset: string): Normalization {
  return asReference && dataset === publishedData
    ? { mean: normalization.mean, standardDeviation: referenceDeviations }
    : normalization
}

function realImagesOf(context: DistillationContext): RealImages {
  if (!context.realImages)
    throw new UserError('Distillation with data was given no data.', {
      wanted: 'the clean training images',
      got: 'none',
      where: 'distillation.method',
      action: 'Report this: the training stage should provide them.',
    })
  return context.realImages
}

/** Real images in the synthesizer's place: nothing is learnt or invented, a batch is drawn and the teacher asked. */
function createSynthesizer(values: KdParameters, context: DistillationContext): Synthesizer {
  const { teacher, program } = context
  const batches = createRealBatches(
    {
      ...values,
      normalization: kdNormalization(context.normalization, values.referenceNormalization, context.dataset),
    },
    realImagesOf(context),
    context.stream,
    context.state,
  )
  const ask = program.compile('askTeacher', ({ images }) =>
    tf.tidy(() => ({ logits: teacher.forward(images as tf.Tensor4D, { training: false }).logits })),
  )
  return {
    step: () => ({}),
    sample() {
      const { images, labels } = batches.draw()
      const { logits } = ask.run({ images })
      if (!logits) throw new Error('The teacher gave no logits.')
      return { images, labels, teacherLogits: logits as tf.Tensor2D, teacherAttention: [] }
    },
  }
}

function createStudentTrainer(values: KdParameters, context: DistillationContext): StudentTrainer {
  const { program, student, state } = context
  const optimizer = createSgd(student.parameters, { momentum: values.momentum, weightDecay: values.weightDecay })
  state.addNetwork('student', student)
  state.addVariables('studentOptimizer', optimizer.slots)
  const loss: StudentTrainer['loss'] = ({ logits }, args) => {
    const labels = args.labels as tf.Tensor1D
    return {
      loss: knowledgeDistillationLoss(logits, args.teacherLogits as tf.Tensor2D, labels, values),
      outputs: { accuracy: accuracy(logits, labels) },
    }
  }
  const update = { parameters: student.parameters, optimizer, gradientClip: 0 }
  const runner = program.compile('student', (args) =>
    updateStep(update, args.learningRate as tf.Scalar, (updates) =>
      loss(student.forward(args.images as tf.Tensor4D, { training: true, updates }), args),
    ),
  )
  const batches: StudentTrainer['batches'] = ({ images, teacherLogits, labels }) => {
    if (!labels) throw new Error('A batch of real images came without labels.')
    const args: NamedTensors = { images, teacherLogits, labels }
    return () => ({ args, own: [] })
  }
  return {
    imagesPerStep: values.batchSize,
    updates: 1,
    batches,
    loss,
    step(batch, position) {
      const learningRate = tf.scalar(values.learningRate)
      const outputs = runner.run({ ...batches(batch)().args, learningRate })
      const metrics: StepMetrics = position.measure
        ? {
            learningRate: values.learningRate,
            studentLoss: scalarOf(outputs, 'loss'),
            gradientNorm: scalarOf(outputs, 'gradientNorm'),
            trainAccuracy: scalarOf(outputs, 'accuracy'),
          }
        : {}
      tf.dispose([learningRate, outputs])
      return metrics
    },
  }
}

/**
 * Distillation with data, the baseline: the student learns from the teacher's answers to real clean training images,
 * and from their labels.
 * L = α T² · KL(T ‖ S) + (1 − α) · CE(S, y), KL divided by images and classes; SGD, constant learning rate; random crop
 * and flip.
 * Its privilege: it alone is given the training images (`realImages`), which a data-free method never has.
 * Reference: Hinton et al. 2015, arXiv:1503.02531; ABD zskt/kd_distill.py, zskt/datasets/cifar_loader.py. Differs from
 * the reference: training inputs
 * are normalised as the teacher's were (its loader's deviations are about 20 % too large; `referenceNormalization`
 * brings them back); batches are
 * always full, the last images of an epoch being followed by the first of the next; the subset is drawn by a stream of
 * ours, not NumPy's seed 230.
 */
export const kd = defineDistillation({
  id: 'kd',
  title: 'Clean-data KD',
  summary:
    'The baseline with data: the student learns the teacher’s answers to real clean training images, and their labels.',
  reference: {
    citation: 'Hinton, Vinyals, Dean 2015, Distilling the knowledge in a neural network',
    link: 'https://arxiv.org/abs/1503.02531',
    place: 'ABD zskt/kd_distill.py',
  },
  usesRealImages: true,
  params,
  presets: {
    reference: {
      title: 'Reference',
      params: {
        pseudoBatches: 13_282,
        percent: 0.2,
        alpha: 0.95,
        temperature: 6,
        learningRate: 0.1,
        referenceNormalization: true,
      },
    },
  },
  totalPseudoBatches: (values) => values.pseudoBatches,
  cost: (values) => ({
    studentForwards: 3 * values.batchSize,
    teacherForwards: values.batchSize,
    ownMultiplyAdds: 0,
    defendedImages: 0,
    studentImages: values.batchSize,
    held: { teacherImages: 0, studentImages: values.batchSize, ownActivations: 0 },
  }),
  lengthParameters: ['pseudoBatches'],
  stateParameters: ['batchSize', 'percent', 'momentum'],
  batchParameter: 'batchSize',
  checks: ({ referenceNormalization }, { dataset }) =>
    referenceNormalization && dataset !== publishedData
      ? [
          {
            parameter: 'referenceNormalization',
            severity: 'warning',
            message: `has no effect on ${dataset}: the reference normalises only ${publishedData} so`,
          },
        ]
      : [],
  faults: ({ percent }, images) =>
    images?.count === undefined || Math.trunc(percent * images.count) >= 1
      ? []
      : [
          {
            parameter: 'percent',
            wanted: `a share of at least one of the ${images.count} training images`,
            got: String(percent),
          },
        ],
  createSynthesizer,
  createStudentTrainer,
})
