import { zsktGeneratorCost } from '../../architectures/generators/zskt'
import { faultsOf } from '../faults'
import { defineDistillation, passes, type CostProblem, type MethodWork } from '../types'
import { asksTeacherAnew, zsktParameters, type ZsktParameters } from './parameters'
import { createZsktStudentTrainer } from './student'
import { createZsktSynthesizer, openZsktGenerator } from './synthesizer'

function costOf(values: ZsktParameters, { image, classes }: CostProblem): MethodWork {
  const { batchSize, studentSteps } = values
  const { multiplyAdds, activations = 0 } = zsktGeneratorCost({
    latent: values.latent + (values.classConditional ? classes : 0),
    width: values.generatorWidth,
    channels: image.channels,
    height: image.height,
    imageWidth: image.width,
  })
  // The generator's update, then the batch.
  const generatorPasses = batchSize * (passes.training + 1)
  return {
    studentForwards: batchSize * (passes.training * studentSteps + passes.toImages),
    teacherForwards: batchSize * (passes.toImages + 1 + (asksTeacherAnew(values) ? studentSteps : 0)),
    ownMultiplyAdds: generatorPasses * multiplyAdds,
    ownActivations: generatorPasses * activations,
    calls: 1 + 1 + studentSteps,
    defendedImages: batchSize,
    studentImages: batchSize * studentSteps,
    held: { teacherImages: batchSize, studentImages: batchSize, ownActivations: batchSize * activations },
  }
}

/**
 * Zero-shot knowledge transfer: a generator looks for images on which student and teacher disagree, the student learns
 * on them.
 * L_G = −w_adv · KL(T ‖ S) + w_bn · BN + w_oh · OH + w_bal · balance (+ defenses); L_S = KL(T ‖ S) + β · Σ_l mean (a_S
 * − a_T)².
 * Reference: Micaelli & Storkey 2019, arXiv:1905.09768; ABD zskt/solver.py. Differs from the reference: the synthetic
 * batch and the teacher's
 * outputs are computed once per pseudo batch instead of at each of the 11 iterations that share one z (same numbers;
 * only the generator's running
 * statistics, which training never reads, are updated once), and the BN, one-hot and balance terms, class-conditional
 * codes, replay, shift and
 * light are additions, off by default. The data set's image size chooses the generator's layout; see
 * createZsktGenerator.
 */
export const zskt = defineDistillation({
  id: 'zskt',
  title: 'ZSKT',
  summary: 'A generator hunts for images on which student and teacher disagree; the student learns on them.',
  reference: {
    citation: 'Micaelli & Storkey 2019, Zero-shot knowledge transfer via adversarial belief matching',
    link: 'https://arxiv.org/abs/1905.09768',
    place: 'ABD zskt/solver.py',
  },
  params: zsktParameters,
  presets: {
    cifar10: {
      title: 'CIFAR-10 (reference)',
      params: {
        pseudoBatches: 80_000,
        temperature: 1,
        attention: 250,
        studentLearningRate: 2e-3,
        generatorLearningRate: 1e-3,
      },
    },
    gtsrb: {
      title: 'GTSRB (reference)',
      params: {
        pseudoBatches: 10_000,
        temperature: 0.5,
        attention: 0,
        studentLearningRate: 2e-3,
        generatorLearningRate: 1e-3,
      },
    },
  },
  totalPseudoBatches: (values) => values.pseudoBatches,
  cost: costOf,
  lengthParameters: ['pseudoBatches'],
  stateParameters: ['batchSize', 'latent', 'generatorWidth', 'classConditional', 'replay', 'replayCapacity'],
  batchParameter: 'batchSize',
  faults: ({ latent, generatorWidth }, images) =>
    images
      ? faultsOf(() =>
          zsktGeneratorCost({
            latent,
            width: generatorWidth,
            channels: images.channels,
            height: images.height,
            imageWidth: images.width,
          }),
        )
      : [],
  levelParameters: ['attention'],
  batchNormParameters: ['batchNormWeight'],
  createSynthesizer: createZsktSynthesizer,
  openGenerator: openZsktGenerator,
  createStudentTrainer: createZsktStudentTrainer,
})
