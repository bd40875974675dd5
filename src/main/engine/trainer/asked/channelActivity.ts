/** What changes in the layers of a network from one set of images to another. */
import * as tf from '@tensorflow/tfjs-core'
import type { ChannelActivity } from '../../families/analyses/askedTypes'
import { normalizationTable, normalizedImages } from '../../images/batches'
import type { ImageSet } from '../../images/types'
import { mean, sum } from '../../maths/ops'
import type { NamedTensors } from '../../maths/ops/tensors'
import { inBatches } from '../imageModel'
import type { NetworkPasses } from './passes'

const parts = ['change', 'first', 'second'] as const

/** Per image and channel: L2 norm of the difference over the positions, and mean absolute outputs; one step for all. */
export function channelActivity(
  { forward, layers, step, normalization }: NetworkPasses,
  images: ImageSet,
  others: ImageSet,
): ChannelActivity[] {
  if (images.count !== others.count) throw new Error('Activity is compared image by image.')
  const outputsOf = (batch: tf.Tensor | undefined): tf.Tensor4D[] => {
    const outputs: tf.Tensor4D[] = []
    forward(batch, (_layer, output) => {
      outputs.push(output)
      return output
    })
    return outputs
  }
  const { run } = step('activity', (args) => {
    const [first, second] = [outputsOf(args.images), outputsOf(args.others)]
    const found = layers.flatMap((_, index): [string, tf.Tensor][] => {
      const [one, two] = [first[index] as tf.Tensor4D, second[index] as tf.Tensor4D]
      return [
        [`change${index}`, tf.sqrt(sum(tf.square(tf.sub(two, one)), [1, 2]))],
        [`first${index}`, mean(tf.abs(one), [1, 2])],
        [`second${index}`, mean(tf.abs(two), [1, 2])],
      ]
    })
    return Object.fromEntries(found)
  })
  const sums = layers.map(({ channels }) => ({
    change: new Float64Array(channels),
    first: new Float64Array(channels),
    second: new Float64Array(channels),
  }))
  const table = normalizationTable(normalization, others.channels)
  const work = (batch: tf.Tensor4D, rows: readonly number[]): NamedTensors => {
    const other = tf.tensor4d(normalizedImages(others, rows, table), batch.shape)
    const outputs = run({ images: batch, others: other })
    other.dispose()
    return outputs
  }
  inBatches(images, normalization, work, (values, _first, count) =>
    sums.forEach((total, index) => {
      for (const part of parts) addRows(total[part], values[`${part}${index}`], count)
    }),
  )
  const average = (total: Float64Array): Float32Array => Float32Array.from(total, (value) => value / images.count)
  return layers.map(({ name }, index) => {
    const { change, first, second } = sums[index] as (typeof sums)[number]
    return { layer: name, change: average(change), first: average(first), second: average(second) }
  })
}

/** Adds the first `count` rows of [N][C] to [C]. */
function addRows(total: Float64Array, rows: Float32Array | undefined, count: number): void {
  const width = total.length
  for (let row = 0; row < count; row++)
    for (let column = 0; column < width; column++)
      total[column] = (total[column] ?? 0) + (rows?.[row * width + column] ?? 0)
}
