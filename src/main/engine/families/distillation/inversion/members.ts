/**
 * The published methods of the inversion family as sets of loss weights. Scripts named here: zju-vipa/CMI scripts/, of
 * which ABD's cmi/ is a copy.
 */
import { defineInversion } from './define'
import type { InversionParameters } from './parameters'

/**
 * What the methods with one generator for the whole run have in common; 200 epochs of 400 student steps. Their scripts
 * say --T 20, but the program builds the student's loss anew, without the flag, where it builds their generator: the
 * student learns at T = 1 (DFAD's by |S − T|).
 */
const lastingGenerator = {
  source: 'generatorKept',
  synthesisSteps: 1,
  synthesisBatchSize: 256,
  batchSize: 256,
  largeGenerator: true,
  contrastiveWeight: 0,
  adversarial: 'kl',
  temperature: 1,
} as const satisfies Partial<InversionParameters>

const perEpoch = (studentSteps: number): Partial<InversionParameters> => ({
  studentSteps,
  callsPerEpoch: 400 / studentSteps,
  pseudoBatches: (200 * 400) / studentSteps,
})

/** L = BN + OH − ½ · KL on agreed decisions + 0.8 · contrastive; generator and codes anew at each call. */
export const cmi = defineInversion({
  id: 'cmi',
  title: 'CMI',
  summary:
    'Inverts the teacher call by call into images that differ from all earlier ones; the student learns on the growing pool.',
  reference: {
    citation: 'Fang et al. 2021, Contrastive model inversion for data-free knowledge distillation',
    link: 'https://arxiv.org/abs/2105.08584',
    place: 'ABD cmi/datafree/synthesis/contrastive.py',
  },
  defaults: {},
  presets: {
    cifar10: {
      title: 'CIFAR-10 (reference)',
      params: {
        pseudoBatches: 200,
        synthesisSteps: 200,
        studentSteps: 400,
        adversarialWeight: 0.5,
        batchNormWeight: 1,
        oneHotWeight: 1,
        contrastiveWeight: 0.8,
        contrastiveTemperature: 0.1,
        temperature: 20,
      },
    },
    inversion: { title: 'Without the student (non-adversarial)', params: { adversarialWeight: 0, oneHotWeight: 0.5 } },
  },
})

/** L = 10 · BN + OH − JS(T = 3) + 0.001 · TV over pixels. */
export const deepInversion = defineInversion({
  id: 'deepinversion',
  title: 'DeepInversion',
  summary: 'Optimises pixels until the teacher’s batch-norm statistics look like those of real data.',
  reference: {
    citation: 'Yin et al. 2020, Dreaming to distill: data-free knowledge transfer via DeepInversion',
    link: 'https://arxiv.org/abs/1912.08795',
    place: 'zju-vipa/CMI datafree/synthesis/deepinversion.py',
  },
  defaults: {
    source: 'pixels',
    synthesisSteps: 1000,
    generatorLearningRate: 0.1,
    batchNormWeight: 10,
    oneHotWeight: 1,
    adversarialWeight: 1,
    adversarial: 'jensenShannon',
    variationWeight: 1e-3,
    contrastiveWeight: 0,
    batchSize: 256,
    synthesisBatchSize: 256,
  },
  presets: {
    cifar10: {
      title: 'CIFAR-10 (published script)',
      params: { synthesisSteps: 1000, batchNormWeight: 10, oneHotWeight: 1, adversarialWeight: 1 },
    },
    inversion: { title: 'Without the student (DeepInversion, not adaptive)', params: { adversarialWeight: 0 } },
  },
})

/** L = OH + 20 · balance + 0.001 · activation. */
export const dafl = defineInversion({
  id: 'dafl',
  title: 'DAFL',
  summary: 'A generator whose images the teacher finds confident, balanced over classes and rich in features.',
  reference: {
    citation: 'Chen et al. 2019, Data-free learning of student networks',
    link: 'https://arxiv.org/abs/1904.01186',
    place: 'ABD cmi/datafree/synthesis/generative.py',
  },
  defaults: {
    ...lastingGenerator,
    ...perEpoch(5),
    latent: 512,
    batchNormWeight: 0,
    oneHotWeight: 1,
    adversarialWeight: 0,
    activationWeight: 1e-3,
    balanceWeight: 20,
  },
  presets: {
    cifar10: {
      title: 'CIFAR-10 (published script)',
      params: { ...perEpoch(5), oneHotWeight: 1, activationWeight: 1e-3, balanceWeight: 20, temperature: 1 },
    },
  },
})

/** L = BN + OH + 20 · balance − KL. */
export const dfq = defineInversion({
  id: 'dfq',
  title: 'DFQ',
  summary: 'An adversarial generator held to the teacher’s batch-norm statistics and to all classes.',
  reference: {
    citation: 'Choi et al. 2020, Data-free network quantization with adversarial knowledge distillation',
    link: 'https://arxiv.org/abs/2005.04136',
    place: 'ABD cmi/datafree/synthesis/generative.py',
  },
  defaults: {
    ...lastingGenerator,
    ...perEpoch(10),
    batchNormWeight: 1,
    oneHotWeight: 1,
    adversarialWeight: 1,
    balanceWeight: 20,
  },
  presets: {
    cifar10: {
      title: 'CIFAR-10 (published script)',
      params: {
        ...perEpoch(10),
        batchNormWeight: 1,
        oneHotWeight: 1,
        adversarialWeight: 1,
        balanceWeight: 20,
        temperature: 1,
      },
    },
  },
})

/**
 * L = −KL: ZSKT's adversarial game with the large generator, Adam β₁ 0.5 and SGD of this family; no attention transfer.
 */
export const zsktInversion = defineInversion({
  id: 'zskt_inversion',
  title: 'ZSKT (inversion setting)',
  summary:
    'ZSKT’s adversarial generator as the inversion benchmark runs it: larger, with sigmoid, and without attention transfer.',
  reference: {
    citation: 'Micaelli & Storkey 2019, Zero-shot knowledge transfer via adversarial belief matching',
    link: 'https://arxiv.org/abs/1905.09768',
    place: 'ABD cmi/datafree/synthesis/generative.py',
  },
  defaults: { ...lastingGenerator, ...perEpoch(5), batchNormWeight: 0, oneHotWeight: 0, adversarialWeight: 1 },
  presets: {
    cifar10: { title: 'CIFAR-10 (published script)', params: { ...perEpoch(5), adversarialWeight: 1, temperature: 1 } },
  },
})

/**
 * L = −mean |S − T| of the logits; the student lowers what the generator raises. Script: zju-vipa/CMI
 * scripts/dfad_cifar10.sh at commit 3f791f9 (removed later).
 */
export const dfad = defineInversion({
  id: 'dfad',
  title: 'DFAD',
  summary: 'A generator that drives the logits of student and teacher apart.',
  reference: {
    citation: 'Fang et al. 2019, Data-free adversarial distillation',
    link: 'https://arxiv.org/abs/1912.11006',
    place: 'ABD cmi/datafree/synthesis/generative.py',
  },
  defaults: {
    ...lastingGenerator,
    ...perEpoch(5),
    adversarial: 'logits',
    studentLoss: 'l1',
    batchNormWeight: 0,
    oneHotWeight: 0,
    adversarialWeight: 1,
  },
  presets: {
    cifar10: {
      title: 'CIFAR-10 (published script)',
      params: { ...perEpoch(5), adversarialWeight: 1, studentLoss: 'l1' },
    },
  },
})
