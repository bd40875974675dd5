/**
 * The steps of ZSKT as pure functions over networks, optimizers and argument tensors: run eagerly or captured as
 * graphs.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { attentionMap, attentionTransfer } from '../../../maths/losses/attention'
import { klDivergence, type DivergenceReduction } from '../../../maths/losses/divergence'
import { applyUpdates } from '../../../maths/nn/differentiate'
import type { BatchStatistics, Classifier, ClassifierOutput, Generator, StateUpdate } from '../../../maths/nn/types'
import type { Optimizer } from '../../optimizers/types'
import { updateStep } from '../../optimizers/update'
import { generatorStep, readsStatistics, type GeneratorStepParts, type Synthesis } from '../generatorStep'
import { zsktTerms } from '../terms'

export interface GeneratorStepOptions {
  readonly temperature: number
  readonly reduction: DivergenceReduction
  /** Global norm to clip to; 0 does not clip. */
  readonly gradientClip: number
  /** Weight of −KL(teacher ‖ student). */
  readonly adversarialWeight: number
  readonly batchNormWeight: number
  /** Over layers; 'mean' by default. */
  readonly batchNormReduction?: 'sum' | 'mean'
  readonly oneHotWeight: number
  readonly balanceWeight: number
}

export interface StudentStepOptions {
  readonly temperature: number
  readonly reduction: DivergenceReduction
  /** β of attention transfer; 0 leaves it out. */
  readonly attention: number
  readonly gradientClip: number
}

/** Tensors under numbered names (`prefix0`, `prefix1` …), in order. */
function levelsOf<T extends tf.Tensor>(args: NamedTensors, prefix: string): T[] {
  const levels: T[] = []
  for (let level = 0; ; level++) {
    const tensor = args[`${prefix}${level}`]
    if (!tensor) return levels
    levels.push(tensor as T)
  }
}

/**
 * One update of the generator: images on which student and teacher disagree.
 * L = −w · KL(T ‖ S) + the optional terms + the defenses' terms; gradients through teacher and student, clipped to a
 * global norm.
 * Generator and student in training mode (both update running statistics), teacher in evaluation mode.
 * Reference: ABD zskt/solver.py run, the generator branch.
 * @param args latentCodes [N, latent], learningRate scalar, optionally classes int32 [N] (the one-hot term then asks
 *   for them), and each defense's own under `<id>.`
 * @returns loss, gradientNorm (before clipping), `<term>.loss` of each term whose weight is not 0, and each defense's
 *   outputs under `<id>.`
 */
export function zsktGeneratorStep(
  parts: GeneratorLookParts & {
    readonly optimizer: Optimizer
    readonly defenses: GeneratorStepParts['defenses']
  },
  args: NamedTensors,
): NamedTensors {
  const { generator, optimizer, options, defenses } = parts
  return generatorStep(
    {
      parameters: generator.parameters,
      optimizer,
      gradientClip: options.gradientClip,
      terms: zsktTerms,
      values: { ...options },
      defenses,
      look: (updates) => zsktLook(parts, args, updates),
    },
    args,
  )
}

export interface GeneratorLookParts {
  readonly teacher: Classifier
  readonly student: Classifier
  readonly generator: Generator
  readonly options: GeneratorStepOptions
}

/** The images that the codes give, and what the networks say of them. Arguments as of the generator's step. */
export function zsktLook(parts: GeneratorLookParts, args: NamedTensors, updates: StateUpdate[]): Synthesis {
  const { options } = parts
  const images = parts.generator.forward(args.latentCodes as tf.Tensor2D, { training: true, updates })
  const statistics: BatchStatistics[] = []
  // Asked for whatever the weights are: the pass moves the student's running statistics.
  const student = parts.student.forward(images, { training: true, updates })
  const teacher = parts.teacher.forward(images, {
    training: false,
    ...(readsStatistics(zsktTerms, { ...options }) ? { statistics } : {}),
  })
  return {
    shown: images,
    input: {
      images,
      teacher,
      statistics,
      layers: options.batchNormReduction ?? 'mean',
      student: () => student.logits,
      divergence: options,
      classes: args.classes as tf.Tensor1D | undefined,
    },
  }
}

/**
 * A pseudo batch: images of the generator (training mode) and what the teacher (evaluation mode) says of them.
 * @param args latentCodes [N, latent]
 * @returns images, logits, and attentionMap0 … where `attention` is asked for
 */
export function zsktSampleStep(
  parts: { readonly teacher: Classifier; readonly generator: Generator; readonly attention: boolean },
  args: NamedTensors,
): NamedTensors {
  return tf.tidy(() => {
    const updates: StateUpdate[] = []
    const images = parts.generator.forward(args.latentCodes as tf.Tensor2D, { training: true, updates })
    const { logits, activations } = parts.teacher.forward(images, { training: false })
    const maps = parts.attention
      ? activations.map((activation, level) => [`attentionMap${level}`, attentionMap(activation)] as const)
      : []
    applyUpdates(updates)
    return { images, logits, ...Object.fromEntries(maps) }
  })
}

/**
 * L_S = KL(T ‖ S) + β · Σ_l mean (a_S − a_T)². Reference: ABD zskt/solver.py KT_loss_student.
 * @param args teacherLogits [N, classes]; with β > 0 also teacherAttention0 … or teacherActivation0 …
 */
export function zsktStudentLoss(
  output: ClassifierOutput,
  args: NamedTensors,
  options: StudentStepOptions,
): { loss: tf.Scalar; outputs: NamedTensors } {
  const divergence = klDivergence(output.logits, args.teacherLogits as tf.Tensor2D, options)
  if (options.attention === 0) return { loss: divergence, outputs: { divergence } }
  const attention = attentionTransfer(output.activations, teacherMaps(args))
  return { loss: tf.add(divergence, tf.mul(attention, options.attention)), outputs: { divergence, attention } }
}

/**
 * One update of the student on a pseudo batch: L = KL(T ‖ S) + β · Σ_l mean (a_S − a_T)², gradients clipped to a global
 * norm.
 * Reference: ABD zskt/solver.py run, the student branch, and KT_loss_student.
 * @param args images [N, H, W, C], teacherLogits [N, classes], learningRate scalar; with β > 0 also the teacher's
 *   attention: teacherAttention0 …
 * (attentionMap of each activation, [N, H·W]) or teacherActivation0 … (the activations themselves)
 * @returns loss, divergence, attention (Σ before β, where β > 0), gradientNorm (before clipping)
 */
export function zsktStudentStep(
  parts: { readonly student: Classifier; readonly optimizer: Optimizer; readonly options: StudentStepOptions },
  args: NamedTensors,
): NamedTensors {
  const { student, optimizer, options } = parts
  return updateStep(
    { parameters: student.parameters, optimizer, gradientClip: options.gradientClip },
    args.learningRate as tf.Scalar,
    (updates) =>
      zsktStudentLoss(student.forward(args.images as tf.Tensor4D, { training: true, updates }), args, options),
  )
}

function teacherMaps(args: NamedTensors): tf.Tensor2D[] {
  const maps = levelsOf<tf.Tensor2D>(args, 'teacherAttention')
  return maps.length > 0 ? maps : levelsOf<tf.Tensor4D>(args, 'teacherActivation').map(attentionMap)
}
