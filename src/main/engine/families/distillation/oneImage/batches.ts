/** Batches of patches: in random order, varied like training images, mixed. */
import * as tf from '@tensorflow/tfjs-core'
import { augmentedImages, normalizationTable } from '../../../images/batches'
import { float32Tensor, toFloat32 } from '../../../weights/weightMap'
import type { DistillationContext } from '../types'
import { cutMix } from './cutMix'
import type { OodParameters } from './parameters'
import { patchesOf } from './source'

/**
 * The order of an epoch's patches, drawn anew for each; part of every checkpoint. A last batch that is not full is left
 * out.
 */
function createOrder(values: OodParameters, { state, stream }: DistillationContext): () => Int32Array {
  const draws = stream('patchOrder')
  let order: Int32Array = new Int32Array(0)
  let place = 0
  state.addPlain('patchOrderPlace', {
    read: () => ({ place }),
    write: (saved) => {
      place = Number(saved.place ?? 0)
    },
  })
  state.addPooled('patchOrder', {
    read: () =>
      order.length === 0 ? new Map() : new Map([['order', float32Tensor([order.length], Float32Array.from(order))]]),
    write: (saved) => {
      const tensor = saved.get('order')
      order = tensor ? Int32Array.from(toFloat32(tensor)) : new Int32Array(0)
    },
  })
  return () => {
    if (place + values.batchSize > order.length) {
      order = draws.permutation(values.patches)
      place = 0
    }
    place += values.batchSize
    return order.subarray(place - values.batchSize, place)
  }
}

export function createBatches(values: OodParameters, context: DistillationContext): () => tf.Tensor4D {
  const { image, picture, stream } = context
  if (!picture) throw new Error('Distillation from one image was started without its picture.')
  const patches = patchesOf(values, picture, image, values.patches)
  const table = normalizationTable(context.normalization, image.channels)
  const order = createOrder(values, context)
  return () => {
    const indices = order()
    patches.need(indices)
    const images = augmentedImages(
      patches.set,
      indices,
      table,
      { crop: true, flip: values.flips },
      stream('augmentation'),
    )
    if (values.cutMixAlpha > 0)
      cutMix(images, { count: values.batchSize, ...image }, values.cutMixAlpha, stream('cutMix'))
    return tf.tensor4d(images, [values.batchSize, image.height, image.width, image.channels])
  }
}
