import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, integer, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer } from '../../maths/nn/builder'
import { conv2d, globalAveragePool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { basicUnit, projection, strided } from './residual'
import { countUnits, createTrunk, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  depth: integer({
    label: 'Depth',
    unit: 'layers',
    default: 20,
    min: 8,
    max: 200,
    help: 'Layers d = 6n + 2: 8, 14, 20, 32, 44, 56, 110 …',
  }),
  width: choice({
    label: 'Width',
    default: '1',
    help: 'Channels of the stem and the three stages.',
    options: [
      { value: '1', label: '16, 16, 32, 64' },
      { value: '4', label: '32, 64, 128, 256' },
    ],
  }),
  shortcut: choice({
    label: 'Shortcut',
    default: 'projection',
    help: 'What stands in for x where size and channels change.',
    options: [
      {
        value: 'projection',
        label: 'Convolution',
        help: '1×1 convolution and batch norm, called downsample (RepDistiller, CMI).',
      },
      {
        value: 'padding',
        label: 'Zero padding',
        help: 'Every second pixel, zeros as new channels; no parameters (cifar_resnet of ABD’s ZSKT side).',
      },
    ],
  }),
  names: choice({
    label: 'Names in files',
    default: 'fc',
    help: 'What the last layer and a convolution in the shortcut are called.',
    advanced: true,
    laterAddition: true,
    options: [
      { value: 'fc', label: 'fc, downsample', help: 'RepDistiller, CMI, ABD, chenyaofo/pytorch-cifar-models.' },
      { value: 'linear', label: 'linear, shortcut', help: 'akamaster/pytorch_resnet_cifar10 and its copies.' },
    ],
  }),
}
type CifarResnetParameters = ValuesOf<typeof params>

const widths: Record<CifarResnetParameters['width'], readonly [number, number, number, number]> = {
  1: [16, 16, 32, 64],
  4: [32, 64, 128, 256],
}

/**
 * x at every second pixel, with a quarter of the new channels as zeros in front and a quarter behind: a 1×1 convolution
 * with a filter of zeros and ones.
 */
function paddedShortcut(inputs: number, outputs: number, stride: number): ImageLayer {
  const before = Math.floor(outputs / 4)
  return (x) => {
    // Made on the device: a captured graph takes no constants of this size.
    const places = tf.tensor1d(
      Int32Array.from({ length: inputs }, (_, channel) => before + channel),
      'int32',
    )
    return conv2d(x, tf.reshape(tf.cast(tf.oneHot(places, outputs), 'float32'), [1, 1, inputs, outputs]), {
      stride,
      padding: 0,
    })
  }
}

function unitsOf(depth: number): number {
  const units = (depth - 2) / 6
  if (Number.isInteger(units) && units >= 1) return units
  throw new RefusedInputError('This depth is not one of a CIFAR ResNet.', {
    wanted: '6n + 2 layers: 8, 14, 20, 32, 44, 56, 110 …',
    got: String(depth),
    where: 'depth',
    action: 'Choose one of these depths.',
  })
}

const define: NetworkDefinition<CifarResnetParameters> = (build, { depth, width, shortcut, names }, problem) => {
  const units = unitsOf(depth)
  const [stem, ...stages] = widths[width]
  const initial = shortcut === 'padding' ? 'fanIn' : 'fanOut'
  const trunk = createTrunk(build)
  let size = { height: problem.height, width: problem.width }
  let inputs = stem
  trunk.stem(() => {
    const conv1 = build.convolution('conv1', {
      inputs: problem.channels,
      outputs: stem,
      kernel: 3,
      padding: 1,
      initial,
      output: size,
    })
    const bn1 = build.batchNorm('bn1', stem)
    return (x, context) => relu(bn1(conv1(x, context), context))
  })
  stages.forEach((planes, stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: units }, (_, unit) => {
          const name = `layer${stage + 1}.${unit}`
          const stride = stage > 0 && unit === 0 ? 2 : 1
          const input = size
          size = strided(size, stride)
          const layer = basicUnit(build, name, {
            inputs,
            planes,
            stride,
            input,
            output: size,
            initial,
            shortcut:
              shortcut === 'padding'
                ? paddedShortcut
                : projection(build, `${name}.${names === 'linear' ? 'shortcut' : 'downsample'}`, {
                    initial,
                    output: size,
                  }),
          })
          inputs = planes
          return layer
        }),
      ),
    ),
  )
  const head = build.linear(names === 'linear' ? 'linear' : 'fc', {
    inputs,
    outputs: problem.classes,
    initial: shortcut === 'padding' ? 'fanIn' : 'default',
  })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: head(features, context), activations, features }
  }
}

/**
 * The small ResNets for 32×32 images: three stages of post-activation units, depth 6n + 2. Activations: the three stage
 * outputs.
 * Reference: He et al. 2016, arXiv:1512.03385, section 4.2; ABD cmi/datafree/models/classifiers/resnet_tiny.py
 * (projection) and zskt/models/shufl_resnet.py (padding; what is called cifar_resnet18 there has three stages of two
 * units: depth 14); akamaster/pytorch_resnet_cifar10 (linear).
 */
export const cifarResnet = defineArchitecture({
  id: 'cifar_resnet',
  title: 'CIFAR ResNet',
  summary: 'Small ResNet of three stages, depth 6n + 2.',
  reference: {
    citation: 'He et al. 2016, Deep residual learning for image recognition',
    link: 'https://arxiv.org/abs/1512.03385',
    place: 'ABD cmi/datafree/models/classifiers/resnet_tiny.py, zskt/models/shufl_resnet.py',
  },
  params,
  presets: {
    resnet8: { title: 'ResNet-8', params: { depth: 8 } },
    resnet20: { title: 'ResNet-20', params: { depth: 20 } },
    resnet32x4: { title: 'ResNet-32×4', params: { depth: 32, width: '4' } },
    zsktResnet20: { title: 'cifar_resnet20 (ABD, ZSKT side)', params: { depth: 20, shortcut: 'padding' } },
    zsktResnet18: { title: 'cifar_resnet18 (ABD, ZSKT side)', params: { depth: 14, shortcut: 'padding' } },
  },
  candidates: (shapes) => {
    const depth = 6 * countUnits(shapes, 'layer1') + 2
    const width = shapes.get('bn1.weight')?.[0] === widths[4][0] ? '4' : '1'
    const names = shapes.has('linear.weight') ? 'linear' : 'fc'
    return [
      { depth, width, shortcut: 'projection', names },
      { depth, width, shortcut: 'padding', names },
    ]
  },
  label: ({ depth, width, shortcut, names }) => {
    const told = [...(shortcut === 'padding' ? ['padding'] : []), ...(names === 'linear' ? ['linear'] : [])]
    return `ResNet-${depth}${width === '4' ? '×4' : ''}${told.length > 0 ? ` (${told.join(', ')})` : ''}`
  },
  ...networkOf(define),
})
