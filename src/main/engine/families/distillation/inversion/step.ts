/** One synthesis step as a pure function: run eagerly or captured as a graph. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { contrastiveLoss } from '../../../maths/losses/contrastive'
import type { BatchStatistics, Classifier, StateUpdate } from '../../../maths/nn/types'
import { detach } from '../../../maths/ops'
import type { Optimizer } from '../../optimizers/types'
import { jointUpdate } from '../../optimizers/update'
import { generatorStep, readsStatistics, type Synthesis } from '../generatorStep'
import { terms } from '../terms'
import type { ActiveDefense } from '../types'
import type { ContrastiveHead } from './head'
import type { InversionParameters } from './parameters'
import type { ImageSource } from './sources'
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

const viewed = (images: tf.Tensor4D, args: NamedTensors, name: string): tf.Tensor4D =>
  args[`${name}Rows`] ? applyView(images, args, name) : images

/** The head's vectors of [current; remembered], local and global, compared. */
function contrastOf(
  head: ContrastiveHead,
  { local, global }: { readonly local: tf.Tensor2D; readonly global: tf.Tensor2D },
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

/** What the networks see through the global view; the contrastive term looks once more, through the local one. */
function look(parts: InversionStepParts, args: NamedTensors, updates: StateUpdate[]): Synthesis {
  const { teacher, student, source, contrast, values } = parts
  const images = source.images(args, updates)
  const shown = source.normalized(viewed(images, args, 'global'))
  const statistics: BatchStatistics[] = []
  const globalMeans: tf.Tensor2D[] = []
  const answer = teacher.forward(shown, {
    training: false,
    ...(readsStatistics(terms.members, values) ? { statistics } : {}),
    ...(contrast ? { instanceMeans: globalMeans } : {}),
  })
  const outputs: NamedTensors = {}
  const compare = ({ head }: NonNullable<typeof contrast>): tf.Scalar => {
    const localMeans: tf.Tensor2D[] = []
    teacher.forward(source.normalized(viewed(images, args, 'local')), { training: false, instanceMeans: localMeans })
    const local = tf.concat(localMeans, 1) as tf.Tensor2D
    const global = tf.concat(globalMeans, 1) as tf.Tensor2D
    outputs.features = tf.concat([detach(local), detach(global)], 1)
    return contrastOf(head, { local, global }, args, values)
  }
  return {
    shown,
    input: {
      images,
      teacher: answer,
      statistics,
      layers: 'sum',
      classes: args.classes as tf.Tensor1D | undefined,
      student: () => student.forward(shown, { training: false }).logits,
      ...(contrast ? { contrast: () => compare(contrast) } : {}),
    },
    outputs: () => ({ ...outputs, images: detach(images) }),
  }
}

/**
 * One update of what makes the images: L = Σ w_k L_k (../terms) + the defenses' terms. Teacher and student in
 * evaluation mode.
 * The images and features that come out are those before the update, as the reference keeps them.
 * Reference: ABD cmi/datafree/synthesis/contrastive.py CMISynthesizer.synthesize, generative.py, deepinversion.py.
 * @param args learningRate, the source's own, optionally classes int32 [N], globalRows and globalColumns; with the
 *   contrastive term localRows, localColumns,
 * bank [K, 2F] and present [N + K]; each defense's own under `<id>.`
 * @returns loss, images [N, H, W, C], `<term>.loss` of each active term, features [N, 2F] with the contrastive term,
 *   each defense's outputs under `<id>.`
 */
export function inversionStep(parts: InversionStepParts, args: NamedTensors): NamedTensors {
  const { source, contrast, values } = parts
  return generatorStep(
    {
      ...jointUpdate([source, ...(contrast ? [{ ...contrast, parameters: contrast.head.parameters }] : [])]),
      terms: terms.members,
      values,
      defenses: parts.defenses,
      look: (updates) => look(parts, args, updates),
    },
    args,
  )
}
