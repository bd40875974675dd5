import * as tf from '@tensorflow/tfjs-core'
import { choice, integer, number } from '../../../shared/schema'
import type { ValuesOf } from '../../../shared/schema'
import { createZsktGenerator } from '../architectures/generators/zskt'
import type { NamedTensors, StepRunner } from '../graph/types'
import { createAdam } from '../optimizers/adam'
import { cosineSchedule } from '../optimizers/schedules'
import { zsktGeneratorStep, zsktStudentStep } from './steps'
import type { DistillationContext, PseudoBatch, StepMetrics, StudentTrainer, Synthesizer } from './types'
import { defineDistillation } from './types'

const params = {
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
  generatorWidth: integer({ label: 'Generator width', unit: 'channels', default: 128, min: 2, max: 1024, help: 'Channels of the generator’s first block; the second has half.', advanced: true }),
  adversarialWeight: number({ label: 'Adversarial weight', default: 1, min: 0, max: 1000, help: 'Weight of −KL(student ‖ teacher) in the generator’s loss; 1 in the reference.', advanced: true }),
  batchNormWeight: number({ label: 'BN statistics weight', default: 0, min: 0, max: 1000, help: 'Pulls the batch statistics inside the teacher to its running statistics (DeepInversion). 0 in the reference. Also tells the generator about triggers that were frequent in training.' }),
  oneHotWeight: number({ label: 'One-hot weight', default: 0, min: 0, max: 1000, help: 'Cross entropy of the teacher against its own arg max (DAFL): confident images. 0 in the reference.' }),
  balanceWeight: number({ label: 'Class balance weight', default: 0, min: 0, max: 1000, help: 'Negative entropy of the mean prediction (DAFL): keeps all classes in the pseudo batch. 0 in the reference.' }),
}
type ZsktParameters = ValuesOf<typeof params>

const scalarOf = (outputs: NamedTensors, name: string): number => {
  const tensor = outputs[name]
  if (!tensor) throw new Error(`The step gave no output called ${name}.`)
  return tensor.dataSync()[0] ?? NaN
}

/** The metrics among a step's outputs that were asked for, under their public names. */
function read(outputs: NamedTensors, names: Readonly<Record<string, keyof StepMetrics>>): StepMetrics {
  const metrics: StepMetrics = {}
  for (const [output, metric] of Object.entries(names)) if (outputs[output]) metrics[metric] = scalarOf(outputs, output)
  return metrics
}

function createSynthesizer(values: ZsktParameters, context: DistillationContext): Synthesizer {
  const { program, teacher, student, state, defenses } = context
  const generator = createZsktGenerator({
    latent: values.latent, width: values.generatorWidth, channels: context.image.channels, height: context.image.height, imageWidth: context.image.width,
    stream: context.stream('initialGenerator'),
  })
  const optimizer = createAdam(generator.parameters, {})
  state.addNetwork('generator', generator)
  state.addVariables('generatorOptimizer', optimizer.slots)
  const schedule = cosineSchedule(values.generatorLearningRate, values.pseudoBatches)
  const latentStream = context.stream('latentCodes')
  const draw = (): tf.Tensor2D => tf.tensor2d(latentStream.normal(values.batchSize * values.latent), [values.batchSize, values.latent])
  let codes: tf.Tensor2D | undefined
  const runners = new Map<string, StepRunner>()

  const stepFor = (active: readonly (typeof defenses)[number][]): StepRunner => {
    const key = active.map((defense) => defense.id).join('+')
    const known = runners.get(key)
    if (known) return known
    const made = program.compile(`generator${key && `+${key}`}`, (args) => zsktGeneratorStep({ teacher, student, generator, optimizer, options: values, defenses: active }, args))
    runners.set(key, made)
    return made
  }
  const sample = program.compile('sample', ({ latentCodes: codes }) => {
    const images = generator.forward(codes as tf.Tensor2D, { training: true, updates: [] })
    const { logits, activations } = teacher.forward(images, { training: false })
    return { images, logits, ...Object.fromEntries(values.attention > 0 ? activations.map((activation, level) => [`activation${level}`, activation]) : []) }
  })

  return {
    step(position) {
      const active = defenses.filter((defense) => defense.synthesizerTermActive?.() ?? defense.synthesizerTerm !== undefined)
      codes = draw()
      const wrappers: NamedTensors = { learningRate: tf.scalar(schedule(position.index)) }
      for (const defense of active) for (const [name, tensor] of Object.entries(defense.synthesizerArguments?.() ?? {})) wrappers[`${defense.id}.${name}`] = tensor
      const outputs = stepFor(active).run({ latentCodes: codes, ...wrappers })
      tf.dispose(wrappers)
      const metrics = position.measure
        ? read(outputs, {
          loss: 'generatorLoss', batchNorm: 'batchNormLoss', oneHot: 'oneHotLoss', balance: 'balanceLoss',
          'sv.svPenalty': 'svPenalty', 'sv.svMaskRate': 'svMaskRate',
        })
        : {}
      tf.dispose(outputs)
      return metrics
    },
    sample() {
      if (!codes) throw new Error('A pseudo batch was asked for before the generator step that draws its latent codes.')
      const outputs = sample.run({ latentCodes: codes })
      codes.dispose()
      codes = undefined
      const { images, logits, ...activations } = outputs
      return {
        images: images as tf.Tensor4D, teacherLogits: logits as tf.Tensor2D,
        teacherActivations: Object.keys(activations).sort().map((name) => activations[name] as tf.Tensor4D),
      }
    },
  }
}

function createStudentTrainer(values: ZsktParameters, context: DistillationContext): StudentTrainer {
  const { program, student, state } = context
  const optimizer = createAdam(student.parameters, {})
  state.addNetwork('student', student)
  state.addVariables('studentOptimizer', optimizer.slots)
  const schedule = cosineSchedule(values.studentLearningRate, values.pseudoBatches)
  const runner = program.compile('student', (args) => zsktStudentStep({ student, optimizer, options: values }, args))

  return {
    imagesPerStep: values.batchSize * (values.studentSteps + 1),
    step(batch: PseudoBatch, position) {
      const learningRate = schedule(position.index)
      const args: NamedTensors = { images: batch.images, teacherLogits: batch.teacherLogits, learningRate: tf.scalar(learningRate) }
      batch.teacherActivations.forEach((activation, level) => { args[`teacherActivation${level}`] = activation })
      const sums = { studentLoss: 0, divergence: 0, attention: 0, gradientNorm: 0 }
      for (let repeat = 0; repeat < values.studentSteps; repeat++) {
        const outputs = runner.run(args)
        if (position.measure) {
          sums.studentLoss += scalarOf(outputs, 'loss') / values.studentSteps
          sums.divergence += scalarOf(outputs, 'divergence') / values.studentSteps
          sums.gradientNorm += scalarOf(outputs, 'gradientNorm') / values.studentSteps
          if (values.attention > 0) sums.attention += scalarOf(outputs, 'attention') / values.studentSteps
        }
        tf.dispose(outputs)
      }
      args.learningRate?.dispose()
      if (!position.measure) return {}
      const { attention, ...rest } = sums
      return { ...rest, learningRate, ...(values.attention > 0 ? { attention } : {}) }
    },
  }
}

/**
 * Zero-shot knowledge transfer: a generator looks for images on which student and teacher disagree, the student learns on them.
 * L_G = −w_adv · KL(T ‖ S) + w_bn · BN + w_oh · OH + w_bal · balance (+ defenses); L_S = KL(T ‖ S) + β · Σ_l mean (a_S − a_T)².
 * Reference: Micaelli & Storkey 2019, arXiv:1905.09768; ABD zskt/solver.py. Differs from the reference: the synthetic batch and the teacher's
 * outputs are computed once per pseudo batch instead of at each of the 11 iterations that share one z (same numbers; only the generator's running
 * statistics, which training never reads, are updated once), and the BN, one-hot and balance terms are additions, off by default.
 */
export const zskt = defineDistillation({
  id: 'zskt',
  title: 'ZSKT',
  summary: 'A generator hunts for images on which student and teacher disagree; the student learns on them.',
  reference: { citation: 'Micaelli & Storkey 2019, Zero-shot knowledge transfer via adversarial belief matching', link: 'https://arxiv.org/abs/1905.09768', place: 'ABD zskt/solver.py' },
  params,
  presets: {
    cifar10: { title: 'CIFAR-10 (reference)', params: { pseudoBatches: 80_000, temperature: 1, attention: 250, studentLearningRate: 2e-3, generatorLearningRate: 1e-3 } },
    gtsrb: { title: 'GTSRB (reference)', params: { pseudoBatches: 10_000, temperature: 0.5, attention: 0, studentLearningRate: 2e-3, generatorLearningRate: 1e-3 } },
  },
  totalPseudoBatches: (values) => values.pseudoBatches,
  cost: (values) => ({
    studentForwards: values.batchSize * (3 * values.studentSteps + 3), teacherForwards: values.batchSize * 4,
    generatorForwards: values.batchSize * 4, generatorWidth: values.generatorWidth,
  }),
  createSynthesizer,
  createStudentTrainer,
})
