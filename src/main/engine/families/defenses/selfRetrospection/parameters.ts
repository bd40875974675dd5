/** Self-Retrospection's parameters; the reference's values are the defaults. */
import { checkpointNamePattern } from '../../../../../shared/domain'
import {
  boolean,
  choice,
  integer,
  memberChoice,
  memberFields,
  number,
  text,
  type ValuesOf,
} from '../../../../../shared/schema'
import { adam, optimizerMembers, sgd } from '../../optimizers'

export const selfRetrospectionParameters = {
  takeover: integer({
    label: 'Takes over',
    unit: 'pseudo batches before the end',
    default: 600,
    min: 0,
    max: 10_000_000,
    help: 'How many pseudo batches before the end of the distillation it begins. The reference resumes 80,000 pseudo batches at 79,400. 0: after the end.',
    visibleWhen: { field: 'start', equals: '' },
  }),
  start: text({
    label: 'Starts from',
    default: '',
    maxLength: 200,
    placeholder: 'run/student-1@79400',
    pattern: `^$|^${checkpointNamePattern}$`,
    help: 'A kept checkpoint of an earlier run’s student: student, generator, optimizers and random streams go on from it at its step, and nothing before is done again. Empty: this run’s own distillation. Runs keep checkpoints where Recording says so.',
  }),
  extra: integer({
    label: 'Goes on for',
    unit: 'further pseudo batches',
    default: 0,
    min: 0,
    max: 1_000_000,
    help: 'Pseudo batches after the distillation’s own end. A generator that lives through the run rests then; methods that invert anew at each call (CMI, DeepInversion) go on inverting, since their calls end with the images.',
  }),
  update: choice({
    label: 'Unlearning',
    default: 'hypergradient',
    help: 'How the student is made to forget what the perturbation finds.',
    options: [
      {
        value: 'hypergradient',
        label: 'Hypergradient (reference)',
        help: 'The student’s own answer must not move under the perturbation; the gradient also counts how the perturbation would follow the weights.',
      },
      {
        value: 'consistency',
        label: 'Consistency',
        help: 'Some images carry the perturbation, all must keep the teacher’s clean answer. First order, fast.',
      },
    ],
  }),
  iterations: integer({
    label: 'Fixed-point iterations',
    default: 5,
    min: 1,
    max: 100,
    help: 'K of the hypergradient.',
    advanced: true,
    visibleWhen: { field: 'update', equals: 'hypergradient' },
  }),
  fixedPointStep: number({
    label: 'Fixed-point step',
    default: 0.1,
    min: 1e-6,
    max: 10,
    help: 'Step of the map that the fixed point belongs to; 0.1 in the reference, whatever the perturbation’s own learning rate.',
    advanced: true,
    visibleWhen: { field: 'update', equals: 'hypergradient' },
  }),
  model: choice({
    label: 'Perturbation against',
    default: 'teacher',
    help: 'Whose answers the perturbation changes. The reference’s sweeps use the teacher, its command line defaults to the student.',
    options: [
      { value: 'teacher', label: 'The teacher' },
      { value: 'student', label: 'The student (training mode)' },
    ],
  }),
  rounds: integer({
    label: 'Perturbation rounds',
    default: 10,
    min: 1,
    max: 1000,
    help: 'Adam steps on the universal perturbation per student update. The reference’s sweeps use 10 and 20.',
  }),
  perturbationLearningRate: number({
    label: 'Perturbation learning rate',
    default: 0.1,
    min: 1e-6,
    max: 100,
    logarithmic: true,
    help: 'Adam, begun anew for each perturbation.',
  }),
  perturbationPenalty: number({
    label: 'Perturbation penalty',
    default: 0.001,
    min: 0,
    max: 10,
    help: 'Weight of ‖p‖² against the divergence it causes.',
    advanced: true,
  }),
  penaltyInSearch: boolean({
    label: 'Penalty in the search',
    default: true,
    advanced: true,
    help: 'Off: the penalty enters the hypergradient alone, as in the reference’s CMI and OoD programs. On in its ZSKT.',
    visibleWhen: { field: 'perturbationPenalty', greaterThan: 0 },
  }),
  constantTarget: boolean({
    label: 'Constant clean answer',
    default: true,
    advanced: true,
    help: 'Whether the student’s answer to the unperturbed images is held constant in the outer loss, as in the reference’s ZSKT. Off in its CMI and OoD programs.',
    visibleWhen: { field: 'update', equals: 'hypergradient' },
  }),
  perturbationStart: number({
    label: 'Perturbation start',
    default: 0.001,
    min: 0,
    max: 1,
    help: 'Standard deviation of p’s random start. At exactly 0 the divergence is at its minimum and rounding noise would choose the direction, as it does in the reference.',
    advanced: true,
  }),
  temperature: number({
    label: 'Temperature',
    default: 1,
    min: 0.01,
    max: 1000,
    help: 'T in KL(·/T ‖ ·/T) of the perturbation. The reference takes the method’s own: 1 for ZSKT (GTSRB 0.5), 20 for CMI, 8 for OoD; in the inversion family what the script’s --T says, 20, DFAD 1, also where the student itself learns at 1.',
    advanced: true,
  }),
  squaredTemperature: boolean({
    label: 'T² factor',
    default: true,
    help: 'Whether the divergence is multiplied by T². On in the reference’s CMI and OoD programs; off in its ZSKT, where it matters for GTSRB.',
    advanced: true,
  }),
  reduction: choice({
    label: 'KL reduction',
    default: 'mean',
    help: 'How the divergence of the perturbation is averaged.',
    advanced: true,
    options: [
      { value: 'mean', label: 'Per image and class (reference)' },
      { value: 'batchMean', label: 'Per image' },
    ],
  }),
  portion: number({
    label: 'Perturbed share',
    unit: 'of the batch',
    default: 0.02,
    min: 0,
    max: 1,
    step: 0.01,
    help: 'Share of a student batch, drawn at random, that carries the perturbation: int(N · share) images.',
  }),
  atLeastOneImage: boolean({
    label: 'At least one image',
    default: true,
    advanced: true,
    help: 'Where the share of a batch is less than one image, one carries the perturbation all the same. Off: none does, and nothing is unlearnt, as in the reference (2 % of fewer than 50 images).',
  }),
  distillationWeight: number({
    label: 'Distillation weight',
    default: 1,
    min: 0,
    max: 1e6,
    help: 'Factor on the method’s loss; 1 in the reference. Where that is averaged over classes, without T², and the divergence of the perturbation is not (One image), T² · classes brings both to one scale: 640 at T = 8 with 10 classes. In the consistency update, which has no other loss, T² keeps its gradient at the usual size.',
  }),
  imageWeights: boolean({
    label: 'Weights of other defenses',
    default: true,
    advanced: true,
    help: 'Whether the distillation loss keeps the weights that Shuffling Vaccine gives the images (one image). Off in the reference, whose unlearning counts all images alike.',
  }),
  optimizer: memberChoice(optimizerMembers, {
    label: 'Optimizer',
    default: adam.id,
    help: 'Of the student during the phase; begun anew.',
    notes: { [sgd.id]: 'As the reference’s CMI program has it.' },
  }),
  ...memberFields(optimizerMembers, 'optimizer', {
    momentum: { help: 'Of the SGD.' },
    weightDecay: {
      default: 1e-4,
      help: 'Of the SGD, added to the gradient.',
      visibleWhen: { field: 'optimizer', equals: sgd.id },
    },
  }),
  learningRate: number({
    label: 'Learning rate',
    default: 5e-4,
    min: 1e-7,
    max: 1,
    logarithmic: true,
    help: 'Of the student; cosine to 0 over the phase.',
  }),
  rateEvery: integer({
    label: 'Learning rate falls every',
    unit: 'pseudo batches',
    default: 1,
    min: 1,
    max: 1_000_000,
    advanced: true,
    help: 'Steps of the cosine. 1 in the reference’s ZSKT; its other programs step once per epoch: 1 call of CMI, 97 batches of OoD.',
  }),
  emptyPool: boolean({
    label: 'Empty pool',
    default: false,
    advanced: true,
    help: 'Before the phase the method forgets the synthetic images, features and contrastive head it has gathered. On in the reference’s CMI, whose second program run restores the student alone.',
  }),
  gradientClip: number({
    label: 'Gradient clip',
    default: 0,
    min: 0,
    max: 1e6,
    help: 'Global norm; 0 does not clip. The reference does not clip here.',
    advanced: true,
    visibleWhen: { field: 'update', equals: 'consistency' },
  }),
  settle: integer({
    label: 'Settling passes',
    default: 0,
    min: 0,
    max: 1000,
    help: 'Training-mode passes over clean synthetic batches at the very end, so that the running statistics forget the perturbation.',
    advanced: true,
  }),
}
export type SelfRetrospectionParameters = ValuesOf<typeof selfRetrospectionParameters>

/**
 * How many images of a student batch carry the perturbation: int(N · portion), as the reference counts, but never none
 * unless that is asked for.
 */
export const perturbedCount = (
  count: number,
  { portion, atLeastOneImage }: Pick<SelfRetrospectionParameters, 'portion' | 'atLeastOneImage'>,
): number => Math.max(atLeastOneImage ? 1 : 0, Math.trunc(count * portion))
