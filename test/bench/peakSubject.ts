/** What the units reach with nothing else to do, and how much work each part of the benchmark is. */
import * as tf from '@tensorflow/tfjs-core'
import { architectures } from '../../src/main/engine/families/architectures'
import { zsktGeneratorCost } from '../../src/main/engine/families/architectures/generators/zskt'
import { createStepProgram } from '../../src/main/engine/graph'
import { validateParameters } from '../../src/shared/schema'
import { answerOf, durationOf, shareOf } from './durations'
import type { BenchOptions, PhaseTimes } from './phases'

const seed = 1
const imageSide = 32
const kernelSide = 3
const problem = { classes: 10, channels: 3, height: imageSide, width: imageSide }
const evaluationImages = 2000

/** Chains keep the values in the step's own number format; small factors keep them finite. */
export function createPeakPhase({ graph, precision = 'float32', peak }: BenchOptions): () => PhaseTimes {
  const { chain, side, images, channels } = peak
  const program = createStepProgram({ mode: graph ? 'graph' : 'eager', precision })
  const links = Array.from({ length: chain })
  const product = program.compile('product', ({ start, factor }) => ({
    mean: tf.mean(links.reduce((x: tf.Tensor) => tf.matMul(x, factor as tf.Tensor), start as tf.Tensor)),
  }))
  const convolution = program.compile('convolution', ({ start, filter }) => ({
    mean: tf.mean(
      links.reduce((x: tf.Tensor4D) => tf.conv2d(x, filter as tf.Tensor4D, 1, 'same'), start as tf.Tensor4D),
    ),
  }))
  const matrices = {
    start: tf.randomNormal([side, side], 0, 1, 'float32', seed),
    factor: tf.randomNormal([side, side], 0, 1 / Math.sqrt(side), 'float32', seed),
  }
  const filterDeviation = 1 / Math.sqrt(kernelSide * kernelSide * channels)
  const pictures = {
    start: tf.randomNormal([images, imageSide, imageSide, channels], 0, 1, 'float32', seed),
    filter: tf.randomNormal([kernelSide, kernelSide, channels, channels], 0, filterDeviation, 'float32', seed),
  }
  const timed = (work: () => Record<string, tf.Tensor>): ReturnType<typeof durationOf> =>
    shareOf(
      durationOf(() => {
        const outputs = work()
        // A GPU has computed when a number of it is here.
        outputs.mean?.dataSync()
        tf.dispose(outputs)
      }),
      chain,
    )
  return () => {
    const [ofProduct, ofConvolution] = [timed(() => product.run(matrices)), timed(() => convolution.run(pictures))]
    return answerOf({ total: ofProduct, product: ofProduct, convolution: ofConvolution })
  }
}

/**
 * 10⁹ operations (a multiply-add is two) of one execution of each part, by the architectures' own count of a forward
 * pass. Training is three passes (forward, to the input, to the filters), gradients to the images alone two.
 */
export function gigaOperations(batch: number): Record<string, number> {
  const wrn = architectures.get('wrn')
  const forward = (width: number): number =>
    wrn.cost(validateParameters(wrn.params, { depth: 16, width }, 'architecture').values, problem).multiplyAdds
  const [teacher, student] = [forward(2), forward(1)]
  const generator = zsktGeneratorCost({
    latent: 100,
    width: 128,
    channels: problem.channels,
    height: imageSide,
    imageWidth: imageSide,
  }).multiplyAdds
  const giga = (multiplyAdds: number, images: number): number => (2 * multiplyAdds * images) / 1e9
  return {
    generator: giga(3 * generator + 2 * teacher + 2 * student, batch),
    sample: giga(generator + teacher, batch),
    student: giga(3 * student, batch),
    teacher: giga(3 * teacher, batch),
    evaluation: giga(teacher, evaluationImages),
  }
}
