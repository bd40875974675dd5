/** One synthesis step as a pure function: run eagerly or captured as a graph. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { contrastiveLoss } from '../../../maths/losses/contrastive'
import { applyUpdates, differentiate } from '../../../maths/nn/differentiate'
import type { BatchStatistics, Classifier } from '../../../maths/nn/types'
import { detach } from '../../../maths/ops'
import type { Optimizer } from '../../optimizers/types'
import type { ActiveDefense } from '../types'
import type { ContrastiveHead } from './head'
import type { InversionParameters } from './parameters'
import type { ImageSource } from './sources'
import { inversionTerms, weightOf } from './terms'
import type { InversionInput } from './terms'
import { applyView } from './views'

export interface InversionStepParts {
  readonly teacher: Classifier
  readonly student: Classifier
  readonly source: ImageSource
  /** Where the contrastive term is on. */
  readonly contrast?: { readonly head: ContrastiveHead; readonly optimizer: Optimizer }
  readonly values: InversionParameters
  readonly defenses: readonly Pick<ActiveDefense, 'id' | 'synthesizerTerm'>[]
}

const argumentsOf = (args: NamedTensors, prefix: string): NamedTensors =>
  Object.fromEntries(
    Object.entries(args)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  )

const viewed = (images: tf.Tensor4D, args: NamedTensors, name: string): tf.Tensor4D =>
  args[`${name}Rows`] ? applyView(images, args, name) : images

/** The head's vectors of [current; remembered], local and global, compared. */
function contrastOf(
  head: ContrastiveHead,
  local: tf.Tensor2D,
  global: tf.Tensor2D,
  args: NamedTensors,
  values: InversionParameters,
): tf.Scalar {
  const [remembered, current] = [args.bank as tf.Tensor2D, local.shape[0]]
  const [localBefore, globalBefore] = tf.split(remembered, 2, 1) as [tf.Tensor2D, tf.Tensor2D]
  // The target side carries no gradient, so the features of the global view need none either.
  const vectors = head.forward(tf.concat([local, localBefore], 0))
  const targets = detach(head.forward(detach(tf.concat([global, globalBefore], 0))))
  return contrastiveLoss({
    local: vectors,
    global: targets,
    present: args.present as tf.Tensor1D,
    current,
    temperature: values.contrastiveTemperature,
  })
}

/**
 * One update of what makes the images: L = Σ w_k L_k (terms/) + the defenses' terms. Teacher and student in evaluation
 * mode.
 * The images and features that come out are those before the update, as the reference keeps them.
 * Reference: ABD cmi/datafree/synthesis/contrastive.py CMISynthesizer.synthesize, generative.py, deepinversion.py.
 * @param args learningRate, the source's own, optionally classes int32 [N], globalRows and globalColumns; with the
 *   contrastive term localRows, localColumns,
 * bank [K, 2F] and present [N + K]; each defense's own under `<id>.`
 * @returns loss, images [N, H, W, C], each active term under its name, features [N, 2F] with the contrastive term, each
 *   defense's outputs under `<id>.`
 */
export function inversionStep(parts: InversionStepParts, args: NamedTensors): NamedTensors {
  const { teacher, student, source, contrast, values } = parts
  return tf.tidy(() => {
    const result = differentiate([...source.parameters, ...(contrast?.head.parameters ?? [])], (updates) => {
      const outputs: NamedTensors = {}
      const images = source.images(args, updates)
      const globalView = source.normalized(viewed(images, args, 'global'))
      const statistics: BatchStatistics[] = []
      const globalMeans: tf.Tensor2D[] = []
      const answer = teacher.forward(globalView, {
        training: false,
        ...(values.batchNormWeight > 0 ? { statistics } : {}),
        ...(contrast ? { instanceMeans: globalMeans } : {}),
      })
      const input: InversionInput = {
        images,
        teacher: answer,
        statistics,
        ...(args.classes ? { classes: args.classes as tf.Tensor1D } : {}),
        student: () => student.forward(globalView, { training: false }).logits,
        contrast() {
          if (!contrast) throw new Error('The contrastive term needs its head.')
          const localMeans: tf.Tensor2D[] = []
          teacher.forward(source.normalized(viewed(images, args, 'local')), {
            training: false,
            instanceMeans: localMeans,
          })
          const local = tf.concat(localMeans, 1) as tf.Tensor2D
          const global = tf.concat(globalMeans, 1) as tf.Tensor2D
          outputs.features = tf.concat([detach(local), detach(global)], 1)
          return contrastOf(contrast.head, local, global, args, values)
        },
      }
      const terms: tf.Scalar[] = []
      for (const term of inversionTerms) {
        const weight = weightOf(term, values)
        if (weight === 0) continue
        const value = term.value(input, values)
        outputs[term.id] = value
        terms.push(tf.mul(value, weight))
      }
      for (const defense of parts.defenses) {
        const term = defense.synthesizerTerm?.({
          images: globalView,
          teacherLogits: answer.logits,
          teacherActivations: answer.activations,
          updates,
          args: argumentsOf(args, `${defense.id}.`),
        })
        if (!term) continue
        terms.push(term.loss)
        for (const [name, tensor] of Object.entries(term.outputs)) outputs[`${defense.id}.${name}`] = tensor
      }
      outputs.images = detach(images)
      return { loss: tf.addN(terms), outputs }
    })
    const own = source.parameters.length
    source.optimizer.apply(result.gradients.slice(0, own), args.learningRate as tf.Scalar)
    source.afterUpdate?.()
    contrast?.optimizer.apply(result.gradients.slice(own), args.learningRate as tf.Scalar)
    applyUpdates(result.updates)
    return { loss: result.loss, ...result.outputs }
  })
}
