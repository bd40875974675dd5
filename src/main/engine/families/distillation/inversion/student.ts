/** The student of the inversion family: SGD on the pool of synthetic images, or on fresh images of a kept generator. */
import * as tf from '@tensorflow/tfjs-core'
import type { Augmentation } from '../../../images/types'
import { cosineSchedule } from '../../schedules'
import { createSgd } from '../../optimizers/sgd'
import { createDivergenceStudent } from '../divergenceStudent'
import { createImagePool } from '../imagePool'
import type { DistillationContext, StudentTrainer, Synthesizer } from '../types'
import type { InversionParameters } from './parameters'

/**
 * The data set's own variation, unless the parameters say otherwise. Reference: ABD cmi/datafree_kd.py
 * (transform=ori_dataset.transform).
 */
export function poolAugmentation(
  { poolCrop, poolFlip }: Pick<InversionParameters, 'poolCrop' | 'poolFlip'>,
  own: Augmentation,
): Augmentation {
  const chosen = (choice: 'dataSet' | 'on' | 'off', fallback: boolean): boolean =>
    choice === 'dataSet' ? fallback : choice === 'on'
  return { crop: chosen(poolCrop, own.crop), flip: chosen(poolFlip, own.flip) }
}

/** Each update sees a random batch of the pool, varied like training images, and asks the teacher anew. */
function pooledBatches(
  values: InversionParameters,
  context: DistillationContext,
): Required<Pick<StudentTrainer, 'batches' | 'forget'>> {
  const { teacher, program, image, normalization, state } = context
  const pool = createImagePool(
    {
      image,
      normalization,
      augmentation: poolAugmentation(values, context.augmentation),
      capacity: values.poolCapacity,
      rounding: values.rounding,
    },
    context.stream('pool'),
    state,
  )
  const ask = program.compile('askTeacher', ({ images }) =>
    tf.tidy(() => ({ teacherLogits: teacher.forward(images as tf.Tensor4D, { training: false }).logits })),
  )
  const batches: StudentTrainer['batches'] = (batch) => {
    const pixels = pool.add(batch.images)
    const { height, width, channels } = image
    if (batch.origin)
      context.pooled?.({
        ...batch.origin,
        count: batch.images.shape[0],
        height,
        width,
        channels: channels === 1 ? 1 : 3,
        pixels,
        poolImages: pool.count,
      })
    const next = pool.batches(values.batchSize)
    return () => {
      const images = next()
      const answers = ask.run({ images })
      return { args: { images, ...answers }, own: [images, ...Object.values(answers)] }
    }
  }
  return { batches, forget: () => pool.clear() }
}

/** The pseudo batch itself, then fresh images of the generator. */
const freshBatches =
  (fresh: NonNullable<Synthesizer['fresh']>): StudentTrainer['batches'] =>
  (batch) => {
    let first = true
    return () => {
      if (!first) return fresh()
      first = false
      return { args: { images: batch.images, teacherLogits: batch.teacherLogits }, own: [] }
    }
  }

/**
 * T² · KL(teacher/T ‖ student/T), mean over images, or mean |S − T| of the logits; SGD, cosine per epoch. Reference:
 * ABD cmi/datafree_kd.py train.
 */
export function createInversionStudent(
  values: InversionParameters,
  context: DistillationContext,
  synthesizer: Synthesizer,
): StudentTrainer {
  const epochs = Math.ceil(values.pseudoBatches / values.callsPerEpoch)
  const cosine = cosineSchedule(values.studentLearningRate, epochs)
  const { batches, ...pool } = synthesizer.fresh
    ? { batches: freshBatches(synthesizer.fresh) }
    : pooledBatches(values, context)
  const student = createDivergenceStudent(
    {
      updates: values.studentSteps,
      batchSize: values.batchSize,
      distance: values.studentLoss,
      temperature: values.temperature,
      reduction: 'batchMean',
      squaredTemperature: true,
      optimizer: createSgd(context.student.parameters, { momentum: values.momentum, weightDecay: values.weightDecay }),
      schedule: (call) => cosine(Math.floor(call / values.callsPerEpoch)),
    },
    context,
    batches,
  )
  return { ...student, ...pool }
}
