/** ZSKT's parameters; the reference's values are the defaults. */
import { boolean, choice, integer, number } from '../../../../../shared/schema'
import type { ValuesOf } from '../../../../../shared/schema'

export const zsktParameters = {
  pseudoBatches: integer({
    label: 'Pseudo batches', default: 80_000, min: 1, max: 10_000_000,
    help: 'Length of the distillation: each pseudo batch is one generator step, one new synthetic batch and the student steps on it. The learning rates reach 0 at the end.',
  }),
  batchSize: integer({ label: 'Batch size', unit: 'images', default: 128, min: 2, max: 4096, help: 'Synthetic images per pseudo batch.' }),
  studentSteps: integer({ label: 'Student steps', unit: 'per pseudo batch', default: 10, min: 1, max: 1000, help: 'Updates of the student on the same synthetic images.' }),
  studentLearningRate: number({ label: 'Student learning rate', default: 2e-3, min: 1e-7, max: 1, logarithmic: true, help: 'Adam; cosine to 0 over all pseudo batches.' }),
  generatorLearningRate: number({ label: 'Generator learning rate', default: 1e-3, min: 1e-7, max: 1, logarithmic: true, help: 'Adam; cosine to 0 over all pseudo batches.' }),
  temperature: number({ label: 'Temperature', default: 1, min: 0.01, max: 100, help: 'T of the softmax in KL(teacher/T ‖ student/T). No T² factor, as in the reference. GTSRB: 0.5.' }),
  reduction: choice({
    label: 'KL reduction', default: 'mean', help: 'How KL is averaged. The reference divides by images and classes.',
    options: [{ value: 'mean', label: 'Per image and class (reference)' }, { value: 'batchMean', label: 'Per image' }],
  }),
  attention: number({ label: 'Attention transfer β', default: 250, min: 0, max: 1e5, help: 'Weight of the attention distance over the three blocks; 0 leaves it out (GTSRB).' }),
  gradientClip: number({ label: 'Gradient clip', default: 5, min: 0, max: 1e6, help: 'Global L2 norm to which generator and student gradients are clipped; 0 does not clip.', advanced: true }),
  latent: integer({ label: 'Latent code', default: 100, min: 1, max: 4096, help: 'Length of z ~ N(0, 1).', advanced: true }),
  generatorWidth: integer({ label: 'Generator width', unit: 'channels', default: 128, min: 2, max: 1024, help: 'Channels of the generator’s first block; each further block has half of its predecessor’s.', advanced: true }),
  adversarialWeight: number({ label: 'Adversarial weight', default: 1, min: 0, max: 1000, help: 'Weight of −KL(teacher ‖ student) in the generator’s loss; 1 in the reference.', advanced: true }),
  batchNormWeight: number({ label: 'BN statistics weight', default: 0, min: 0, max: 1000, help: 'Pulls the batch statistics inside the teacher to its running statistics (DeepInversion). 0 in the reference. Also tells the generator about triggers that were frequent in training.' }),
  oneHotWeight: number({ label: 'One-hot weight', default: 0, min: 0, max: 1000, help: 'Cross entropy of the teacher against its own arg max (DAFL): confident images. 0 in the reference.' }),
  balanceWeight: number({ label: 'Class balance weight', default: 0, min: 0, max: 1000, help: 'Negative entropy of the mean prediction (DAFL): keeps all classes in the pseudo batch. 0 in the reference.' }),
  classConditional: boolean({ label: 'Class-conditional codes', default: false, help: 'Appends a class to each latent code, every class equally often, and makes the one-hot term ask for that class. Off in the reference.' }),
  replay: number({ label: 'Replay', unit: 'of the student batch', default: 0, min: 0, max: 1, step: 0.05, help: 'Share of each student batch that comes from earlier synthetic images; the teacher is asked anew. 0 in the reference: the student sees the newest images only.' }),
  replayCapacity: integer({ label: 'Replay memory', unit: 'images', default: 20_000, min: 1, max: 1_000_000, help: 'Synthetic images kept for replay; the oldest give way. They are part of every checkpoint.', visibleWhen: { field: 'replay', greaterThan: 0 }, advanced: true }),
  shift: integer({ label: 'Random shift', unit: 'px', default: 0, min: 0, max: 16, help: 'Moves each synthetic image by up to so many pixels before the student step; the teacher is asked anew. 0 in the reference.' }),
  light: number({ label: 'Random light', default: 0, min: 0, max: 1, step: 0.05, help: 'Random gain 1 ± light and offset ± light per synthetic image before the student step; the teacher is asked anew. 0 in the reference.' }),
}
export type ZsktParameters = ValuesOf<typeof zsktParameters>

/** Whether student batches differ from the pseudo batch that the teacher has already seen. */
export const asksTeacherAnew = (values: ZsktParameters): boolean => values.replay > 0 || values.shift > 0 || values.light > 0
