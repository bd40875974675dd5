/** Shuffling Vaccine: channel-shuffled teachers, the penalty they give, and the test that chooses them. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { assignValues } from '../nn/variables'
import type { Classifier, Parameter } from '../nn/types'
import { detach, mean, sum } from '../ops'
import { klPerImage } from './divergence'

/** Draws random orders; engine/random's RandomStream is one. */
export interface PermutationStream {
  permutation(count: number): ArrayLike<number>
}

export interface ShuffledEnsembleOptions {
  /** Copies of the teacher; 3 in the reference. */
  readonly members: number
  /** The last so many convolutions are shuffled; 5 in the reference, where a negative number means the first ones. */
  readonly layers: number
  readonly stream: PermutationStream
}

export interface ShuffledEnsemble {
  /** The shuffled teachers. Each holds its shuffled filters alone; all else is the teacher's own variables. */
  readonly members: readonly Classifier[]
  /** Shuffles each member's filters again, on top of what they are (the reference's re-make). */
  reshuffle(stream: PermutationStream): void
  /** Shuffles the teacher's own filters anew: what a new ensemble with this stream would be. */
  redraw(stream: PermutationStream): void
  dispose(): void
}

/**
 * The filters to shuffle: parameters with "conv" in their name, in state_dict order, the last `layers`.
 * Differs from the reference where no name says "conv" (VGG's features.N): there every ordinary convolution counts, not
 * none.
 * @throws RefusedInputError where there is none behind the first, as in a vision transformer
 */
export function shuffledLayers(parameters: readonly Parameter[], layers: number): Parameter[] {
  const convolutions = parameters.filter(({ layout }) => layout === 'convolution')
  const named = convolutions.filter(({ name }) => name.includes('conv'))
  const candidates = named.length > 0 ? named : convolutions
  if (convolutions.length < 2)
    throw new RefusedInputError('This teacher has no convolutions whose channels can be shuffled.', {
      wanted: 'a teacher with convolutions behind its first layer',
      got: convolutions.length === 0 ? 'none' : 'one that reads the images',
      where: 'teacher.architecture',
      action: 'Choose a convolutional teacher, or leave the defense out.',
    })
  return candidates.slice(Math.max(0, candidates.length - layers))
}

/**
 * filter[:, :, i, :] ← filter[:, :, order[i], :] (HWIO): PyTorch's v[:, order]. Of a grouped convolution, whose filter
 * has the channels of one group, these change places in every group alike.
 */
export function permuteInputChannels(
  values: Float32Array,
  shape: readonly number[],
  order: ArrayLike<number>,
): Float32Array {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape
  const out = new Float32Array(values.length)
  for (let position = 0; position < height * width; position++) {
    for (let input = 0; input < inputs; input++) {
      const from = (position * inputs + (order[input] ?? 0)) * outputs
      out.set(values.subarray(from, from + outputs), (position * inputs + input) * outputs)
    }
  }
  return out
}

function createMember(teacher: Classifier, chosen: readonly Parameter[]): Classifier {
  const parameters = chosen.map((parameter): Parameter => ({
    ...parameter,
    variable: tf.variable(parameter.variable, false),
  }))
  const substitutes = new Map(
    chosen.map(({ variable }, index) => [variable, (parameters[index] as Parameter).variable]),
  )
  return {
    classes: teacher.classes,
    parameters,
    buffers: [],
    forward: (images, context) => teacher.forward(images, { ...context, substitutes }),
    dispose: () => {
      tf.dispose(parameters.map(({ variable }) => variable))
    },
  }
}

/**
 * Copies of the teacher in which the input channels of some convolutions are permuted at random, independently per
 * layer and member; batch norm stays.
 * Reference: ABD zskt/utils/syn_vaccine.py shuffle_ckpt_layer.
 */
export function createShuffledEnsemble(teacher: Classifier, options: ShuffledEnsembleOptions): ShuffledEnsemble {
  const chosen = shuffledLayers(teacher.parameters, options.layers)
  const members = Array.from({ length: options.members }, () => createMember(teacher, chosen))
  const reshuffle = (stream: PermutationStream): void => {
    for (const member of members) {
      for (const { variable } of member.parameters) {
        assignValues(
          variable,
          permuteInputChannels(
            variable.dataSync() as Float32Array,
            variable.shape,
            stream.permutation(variable.shape[2] ?? 0),
          ),
        )
      }
    }
  }
  reshuffle(options.stream)
  const redraw = (stream: PermutationStream): void => {
    for (const { parameters } of members)
      parameters.forEach(({ variable }, index) =>
        assignValues(variable, (chosen[index] as Parameter).variable.dataSync() as Float32Array),
      )
    reshuffle(stream)
  }
  return { members, reshuffle, redraw, dispose: () => members.forEach((member) => member.dispose()) }
}

/**
 * Mean of the members' logits, evaluation mode: [N, H, W, C] → [N, classes].
 * @param teacherActivations the teacher's activations of these images, where known: the part of the network before the
 *   first shuffled layer is then not computed again
 */
export function shuffledEnsembleLogits(
  ensemble: ShuffledEnsemble,
  images: tf.Tensor4D,
  teacherActivations?: readonly tf.Tensor4D[],
): tf.Tensor2D {
  return tf.tidy(() => {
    const logits = ensemble.members.map(
      (member) =>
        member.forward(images, { training: false, ...(teacherActivations ? { prefix: teacherActivations } : {}) })
          .logits,
    )
    return tf.mul(tf.addN(logits), 1 / logits.length)
  })
}

export interface SuspectMeasures {
  /** Mean over classes of KL(teacher ‖ shuffled) of each image, [N]; small for images that carry the trigger. */
  readonly kl: tf.Tensor1D
  /** 1 where the shuffled ensemble predicts the teacher's class: suspected. [N] */
  readonly mask: tf.Tensor1D
}

export function suspectKl(
  shuffledLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
): SuspectMeasures & Record<string, tf.Tensor> {
  const [kl, mask] = tf.tidy(() => [
    klPerImage(shuffledLogits, teacherLogits),
    tf.cast(tf.equal(tf.argMax(detach(shuffledLogits), 1), tf.argMax(detach(teacherLogits), 1)), 'float32'),
  ]) as [tf.Tensor1D, tf.Tensor1D]
  return { kl, mask }
}

export interface VaccinePenaltyOptions {
  /** Whether gradients flow through the shuffled teachers too. Default true; false is the reference's no_shuf_grad. */
  readonly shuffledGradient?: boolean
}

/**
 * −coefficient · Σ m_i kl_i / Σ m_i, 0 where no image is suspected: the generator is led to images on which shuffled
 * and whole teacher disagree.
 * The mask carries no gradient; the teacher's logits do, also where the shuffled ones are held constant. No
 * temperature.
 * Reference: ABD zskt/utils/syn_vaccine.py BackdoorSuspectLoss.loss.
 */
export function vaccinePenalty(
  shuffledLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  coefficient: tf.Scalar,
  options: VaccinePenaltyOptions = {},
): { penalty: tf.Scalar; maskRate: tf.Scalar } {
  const [penalty, maskRate] = tf.tidy(() => {
    const shuffled = options.shuffledGradient === false ? detach(shuffledLogits) : shuffledLogits
    const { kl, mask } = suspectKl(shuffled, teacherLogits)
    const suspected = sum<tf.Scalar>(mask)
    const average = tf.div(sum<tf.Scalar>(tf.mul(kl, mask)), tf.maximum(suspected, 1))
    return [tf.neg(tf.mul(average, coefficient)), mean<tf.Scalar>(mask)]
  }) as [tf.Scalar, tf.Scalar]
  return { penalty, maskRate }
}

/**
 * Weights of images in the loss of a student that cannot have suspected ones replaced: w_i = (1 − m_i) / Σ(1 − m) −
 * coefficient · m_i / Σ m, [N].
 * The student learns the unsuspected images and unlearns, by so much, the suspected ones. No gradient flows through.
 * Reference: ABD cmi/vanilla_kd_ood.py train_kd. Differs from the reference: where all images are suspected their part
 * alone counts, not NaN.
 */
export function vaccineWeights(
  shuffledLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  coefficient: tf.Scalar,
): { weights: tf.Tensor1D; maskRate: tf.Scalar } {
  const [weights, maskRate] = tf.tidy(() => {
    const { mask } = suspectKl(detach(shuffledLogits), detach(teacherLogits))
    const kept = tf.sub(1, mask)
    const share = (part: tf.Tensor): tf.Tensor => tf.div(part, tf.maximum(sum<tf.Scalar>(part), 1))
    return [tf.sub(share(kept), tf.mul(share(mask), coefficient)), mean<tf.Scalar>(mask)]
  }) as [tf.Tensor1D, tf.Scalar]
  return { weights, maskRate }
}

export interface TailTest {
  /** Share of images in the lower tail. */
  readonly ratio: number
  readonly accepted: boolean
  /** Of log₁₀ KL. */
  readonly mean: number
  /** Population standard deviation of log₁₀ KL. */
  readonly deviation: number
}

/** Share of images in the lower tail above which an ensemble is accepted, unless another is asked for. */
export const acceptedTailRatio = 0.02

/** Below this a KL counts as this: the reference's logarithm of 0 would make mean and ratio NaN. */
const smallestKl = 1e-12

/** log₁₀ of each KL. */
export const logKl = (kl: readonly number[]): number[] => kl.map((value) => Math.log10(Math.max(value, smallestKl)))

/**
 * Whether an ensemble tells images apart: more than `acceptedRatio` of them have log₁₀ KL below mean − 3 standard
 * deviations. float64.
 * Reference: ABD zskt/utils/syn_vaccine.py test_suspect_model_syn and select_shuffle (0.02).
 */
export function tailTest(kl: readonly number[], acceptedRatio = acceptedTailRatio): TailTest {
  const logs = logKl(kl)
  const count = Math.max(1, logs.length)
  const average = logs.reduce((total, value) => total + value, 0) / count
  const deviation = Math.sqrt(logs.reduce((total, value) => total + (value - average) ** 2, 0) / count)
  const ratio = logs.filter((value) => value < average - 3 * deviation).length / count
  return { ratio, accepted: ratio > acceptedRatio, mean: average, deviation }
}
