import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../shared/errors'
import { integer } from '../../../shared/schema'
import type { ValuesOf } from '../../../shared/schema'
import { createBuilder } from '../nn/builder'
import type { ImageLayer, NetworkBuilder } from '../nn/builder'
import type { Classifier, ForwardContext } from '../nn/types'
import { globalAveragePool, relu } from '../ops'
import { createCostCounter } from './cost'
import { defineArchitecture } from './types'
import type { ArchitectureContext, ArchitectureCost, ImageProblem } from './types'

const params = {
  depth: integer({ label: 'Depth', unit: 'layers', default: 16, min: 10, max: 100, help: 'Layers d = 6n + 4: 10, 16, 22, 28, 34, 40 … with n residual units in each of the three blocks.' }),
  width: integer({ label: 'Width', unit: 'times', default: 2, min: 1, max: 20, help: 'Widening factor k: the blocks have 16k, 32k and 64k channels.' }),
}
type WideResNetParameters = ValuesOf<typeof params>

/** One residual unit as a function. */
type Unit = ImageLayer
const stemChannels = 16
const strides = [1, 2, 2] as const

const channelsOf = (width: number): [number, number, number] => [16 * width, 32 * width, 64 * width]

function unitsOf(depth: number): number {
  const units = (depth - 4) / 6
  if (!Number.isInteger(units) || units < 1) {
    throw new RefusedInputError('This depth is not one of a wide residual network.', {
      wanted: '6n + 4 layers: 10, 16, 22, 28, 34, 40 …', got: String(depth), where: 'depth', action: 'Choose one of these depths.',
    })
  }
  return units
}

/** One residual unit. Where the channels change, relu(bn1(x)) replaces x and feeds the shortcut too; elsewhere the raw x is the shortcut. */
function createUnit(build: NetworkBuilder, name: string, inputs: number, outputs: number, stride: number): Unit {
  const bn1 = build.batchNorm(`${name}.bn1`, inputs)
  const conv1 = build.convolution(`${name}.conv1`, { inputs, outputs, kernel: 3, stride, padding: 1, initial: 'fanOut' })
  const bn2 = build.batchNorm(`${name}.bn2`, outputs)
  const conv2 = build.convolution(`${name}.conv2`, { inputs: outputs, outputs, kernel: 3, padding: 1, initial: 'fanOut' })
  const shortcut = inputs === outputs ? undefined : build.convolution(`${name}.convShortcut`, { inputs, outputs, kernel: 1, stride, initial: 'fanOut' })
  return (x, context) => {
    const activated = relu(bn1(x, context))
    const out = conv2(relu(bn2(conv1(activated, context), context)), context)
    return tf.add(shortcut ? shortcut(activated, context) : x, out)
  }
}

/** How many of the blocks may be taken from `context.prefix`: all before the first one that holds a substituted parameter. */
function reusableBlocks(context: ForwardContext, blockVariables: readonly ReadonlySet<tf.Variable>[], stem: ReadonlySet<tf.Variable>): number {
  const { prefix, substitutes } = context
  if (!prefix || !substitutes) return 0
  const touched = (variables: ReadonlySet<tf.Variable>): boolean => [...substitutes.keys()].some((variable) => variables.has(variable))
  if (touched(stem)) return 0
  const first = blockVariables.findIndex(touched)
  return Math.min(prefix.length, first === -1 ? blockVariables.length : first)
}

function create({ depth, width }: WideResNetParameters, { classes, channels, stream }: ArchitectureContext): Classifier {
  const units = unitsOf(depth)
  const build = createBuilder(stream)
  const since = (start: number): ReadonlySet<tf.Variable> => new Set(build.parameters.slice(start).map(({ variable }) => variable))
  const conv1 = build.convolution('conv1', { inputs: channels, outputs: stemChannels, kernel: 3, padding: 1, initial: 'fanOut' })
  const stem = since(0)
  let inputs = stemChannels
  const blockVariables: ReadonlySet<tf.Variable>[] = []
  const blocks = channelsOf(width).map((outputs, block) => {
    const start = build.parameters.length
    const layers = Array.from({ length: units }, (_, unit) => {
      const layer = createUnit(build, `block${block + 1}.layer.${unit}`, unit === 0 ? inputs : outputs, outputs, unit === 0 ? strides[block] ?? 1 : 1)
      return layer
    })
    inputs = outputs
    blockVariables.push(since(start))
    return layers
  })
  const bn1 = build.batchNorm('bn1', inputs)
  const fc = build.linear('fc', { inputs, outputs: classes, initial: 'zeroBias' })

  return {
    classes, parameters: build.parameters, buffers: build.buffers,
    forward(images, context) {
      const reused = reusableBlocks(context, blockVariables, stem)
      const activations: tf.Tensor4D[] = (context.prefix ?? []).slice(0, reused)
      let x = activations[reused - 1] ?? conv1(images, context)
      for (const block of blocks.slice(reused)) {
        for (const layer of block) x = layer(x, context)
        activations.push(x)
      }
      const logits = fc(globalAveragePool(relu(bn1(x, context))), context)
      return { logits, activations }
    },
    dispose: () => build.dispose(),
  }
}

function cost({ depth, width }: WideResNetParameters, { classes, channels, height, width: imageWidth }: ImageProblem): ArchitectureCost {
  const counter = createCostCounter()
  const units = unitsOf(depth)
  let inputs = stemChannels
  let size = { height, width: imageWidth }
  counter.convolution({ inputs: channels, outputs: inputs, kernel: 3, ...size })
  channelsOf(width).forEach((outputs, block) => {
    for (let unit = 0; unit < units; unit++) {
      const stride = unit === 0 ? strides[block] ?? 1 : 1
      counter.batchNorm(inputs)
      size = { height: Math.ceil(size.height / stride), width: Math.ceil(size.width / stride) }
      counter.convolution({ inputs, outputs, kernel: 3, ...size })
      counter.batchNorm(outputs)
      counter.convolution({ inputs: outputs, outputs, kernel: 3, ...size })
      if (inputs !== outputs) counter.convolution({ inputs, outputs, kernel: 1, ...size })
      inputs = outputs
    }
  })
  counter.batchNorm(inputs)
  counter.linear(inputs, classes)
  return counter.total()
}

/**
 * Wide residual network WRN-d-k: pre-activation units, no convolution biases, strides 1, 2, 2, global average pool, one linear layer.
 * Activations: the three block outputs before the next batch norm. Initial weights: convolutions N(0, 2/(k²·outputs)), the linear layer PyTorch's default with bias 0.
 * Reference: Zagoruyko & Komodakis 2016, arXiv:1605.07146; ABD zskt/models/wresnet.py.
 */
export const wrn = defineArchitecture({
  id: 'wrn',
  title: 'Wide ResNet',
  summary: 'Wide residual network WRN-d-k, the architecture of the ABD experiments.',
  reference: { citation: 'Zagoruyko & Komodakis 2016, Wide Residual Networks', link: 'https://arxiv.org/abs/1605.07146', place: 'ABD zskt/models/wresnet.py' },
  params,
  presets: {
    teacher: { title: 'WRN-16-2 (reference teacher)', params: { depth: 16, width: 2 } },
    student: { title: 'WRN-16-1 (reference student)', params: { depth: 16, width: 1 } },
    small: { title: 'WRN-10-1', params: { depth: 10, width: 1 } },
    kdTeacher: { title: 'WRN-40-2', params: { depth: 40, width: 2 } },
  },
  label: ({ depth, width }) => `WRN-${depth}-${width}`,
  create,
  cost,
})
