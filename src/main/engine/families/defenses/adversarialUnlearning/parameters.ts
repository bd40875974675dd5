/** I-BAU's parameters; the values of its authors' code are the defaults, but for the number of images. */
import { integer, memberChoice, memberFields, number, type ValuesOf } from '../../../../../shared/schema'
import { adam, optimizerMembers } from '../../optimizers'

export const adversarialUnlearningParameters = {
  images: integer({
    label: 'Clean images',
    default: 500,
    min: 1,
    max: 1_000_000,
    help: 'Labelled clean images that it is given: drawn at random from the hold-out, which the poisoning leaves alone (of a teacher from a file: from the training images). Where there are fewer, all. The paper takes 5,000, and shows 100 to be enough.',
  }),
  batchSize: integer({
    label: 'Batch size',
    unit: 'images',
    default: 100,
    min: 1,
    max: 100_000,
    help: 'Images of a step. A last batch that is not full is left out.',
  }),
  rounds: integer({
    label: 'Rounds',
    default: 5,
    min: 1,
    max: 1000,
    help: 'Each searches the perturbation anew over all batches, then unlearns it on all.',
  }),
  iterations: integer({
    label: 'Fixed-point iterations',
    symbol: 'K',
    default: 5,
    min: 1,
    max: 100,
    advanced: true,
    help: 'K of the implicit gradient.',
  }),
  fixedPointStep: number({
    label: 'Fixed-point step',
    default: 0.1,
    min: 1e-6,
    max: 10,
    advanced: true,
    help: 'Step of the map that the fixed point belongs to, whatever the perturbation’s own learning rate.',
  }),
  perturbationLearningRate: number({
    label: 'Perturbation learning rate',
    default: 10,
    min: 1e-6,
    max: 1e6,
    logarithmic: true,
    help: 'SGD on the perturbation, in intensities of 0 to 1: one step per batch.',
  }),
  perturbationPenalty: number({
    label: 'Perturbation penalty',
    symbol: 'λ',
    default: 0.001,
    min: 0,
    max: 10,
    advanced: true,
    help: 'Weight of ‖p‖² against the cross-entropy that it causes.',
  }),
  portion: number({
    label: 'Perturbed share',
    unit: 'of the batch',
    default: 0.01,
    min: 0,
    max: 1,
    step: 0.01,
    help: 'Share of a batch, drawn at random, that carries the perturbation while it is unlearned: int(N · share) images, at least one.',
  }),
  optimizer: memberChoice(optimizerMembers, {
    label: 'Optimizer',
    default: adam.id,
    help: 'Of the unlearning.',
  }),
  ...memberFields(optimizerMembers, 'optimizer'),
  learningRate: number({
    label: 'Learning rate',
    symbol: 'η',
    default: 0.001,
    min: 1e-7,
    max: 1,
    logarithmic: true,
    help: 'Of the unlearning, the same throughout.',
  }),
}
export type AdversarialUnlearningParameters = ValuesOf<typeof adversarialUnlearningParameters>
