/**
 * Logits and gradients of one training step of the paper's networks, in one precision, as files for `float64.py`.
 *
 *   node worker.cjs FOLDER float32|mixed
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { architectures } from '../../src/main/engine/families/architectures'
import { createStepProgram, type NamedTensors } from '../../src/main/engine/graph'
import { crossEntropy } from '../../src/main/engine/maths/losses/crossEntropy'
import { differentiate, type Classifier } from '../../src/main/engine/maths/nn'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { weightsOf } from '../../src/main/engine/weights/network'
import { writeSafetensors } from '../../src/main/engine/weights/safetensors/write'
import type { Precision } from '../../src/shared/domain'

const [folder = '', precision = 'float32'] = process.argv.slice(2)
const [images, side, classes] = [128, 32, 10]

function wideResNet(width: number): Classifier {
  const stream = createStream(1, `wrn16_${width}`)
  const size = { classes, channels: 3, height: side, width: side }
  return architectures.get('wrn').create({ depth: 16, width } as never, { ...size, stream })
}

async function measure(network: Classifier, name: string): Promise<void> {
  const save = (part: string): Promise<void> =>
    writeSafetensors(join(folder, `${name}.${part}.safetensors`), weightsOf(network))
  await save('weights')
  const program = createStepProgram({ mode: 'graph', precision: precision as Precision })
  const step = program.compile('gradients', (args: NamedTensors) => {
    const { loss, outputs, gradients } = differentiate(network.parameters, (updates) => {
      const { logits } = network.forward(args.images as tf.Tensor4D, { training: true, updates })
      return { loss: crossEntropy(logits, args.labels as tf.Tensor1D), outputs: { logits } }
    })
    return {
      loss,
      ...outputs,
      ...Object.fromEntries(gradients.map((gradient, index) => [`gradient${index}`, gradient])),
    }
  })
  const pixels = tf.randomNormal([images, side, side, 3], 0, 1, 'float32', 1)
  const labels = tf.tensor1d(
    Array.from({ length: images }, (_, index) => index % classes),
    'int32',
  )
  const made = step.run({ images: pixels, labels })
  writeFileSync(join(folder, `${name}.images`), pixels.dataSync() as Float32Array)
  writeFileSync(join(folder, `${name}.logits`), (made.logits as tf.Tensor).dataSync() as Float32Array)
  program.dispose()
  // Gradients under PyTorch's names and in its layout, as the weights are.
  network.parameters.forEach(({ variable }, index) => {
    variable.assign(made[`gradient${index}`] as tf.Tensor)
  })
  await save('gradients')
}

async function main(): Promise<void> {
  await startTensorFlow({ device: 'cpu' })
  for (const width of [2, 1]) await measure(wideResNet(width), `WRN-16-${width}`)
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exit(1)
  },
)
