/**
 * An architecture is written once, as layers asked of a builder; making the network, counting its cost and the outline
 * of its weights follow from that.
 */
import { createBuilder, type ConvolutionOptions, type LinearOptions, type NetworkBuilder } from '../../maths/nn/builder'
import type { Classifier, ClassifierOutput, ForwardContext } from '../../maths/nn/types'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { createCostCounter } from './cost'
import type { ArchitectureContext, ArchitectureCost, ImageProblem, Level, NetworkOutline } from './types'

export type ForwardFunction = (images: Tensor4D, context: ForwardContext) => ClassifierOutput

/** Asks the builder for all layers, in PyTorch's order of registration, and says how they are joined. */
export type NetworkDefinition<Params> = (
  build: NetworkBuilder,
  params: Params,
  problem: ImageProblem,
) => ForwardFunction

/** What every architecture offers, out of its definition. */
export function networkOf<Params>(define: NetworkDefinition<Params>): {
  create(params: Params, context: ArchitectureContext): Classifier
  cost(params: Params, problem: ImageProblem): ArchitectureCost
  outline(params: Params, problem: ImageProblem): NetworkOutline
} {
  return {
    create: (params, context) => createFrom(define, params, context),
    cost: (params, problem) => costOf((build) => define(build, params, problem)),
    outline: (params, problem) => outlineFrom(define, params, problem),
  }
}

function createFrom<Params>(
  define: NetworkDefinition<Params>,
  params: Params,
  context: ArchitectureContext,
): Classifier {
  const build = createBuilder(context.stream)
  const forward = define(build, params, context)
  return {
    classes: context.classes,
    parameters: build.parameters,
    buffers: build.buffers,
    forward,
    dispose: () => build.dispose(),
  }
}

const notMade = (): never => {
  throw new Error('A network that is only described cannot be run.')
}

/** A builder that makes nothing and tells what it was asked for. */
function describingBuilder(layers: {
  convolution(name: string, options: ConvolutionOptions): void
  batchNorm(name: string, channels: number): void
  linear(name: string, options: LinearOptions): void
  layerNorm(name: string, width: number): void
  parameter(name: string, shape: readonly number[]): void
  activation?(): void
}): NetworkBuilder {
  return {
    activation: layers.activation,
    parameters: [],
    buffers: [],
    dispose: () => undefined,
    convolution(name, options) {
      layers.convolution(name, options)
      return notMade
    },
    batchNorm(name, channels) {
      layers.batchNorm(name, channels)
      return notMade
    },
    linear(name, options) {
      layers.linear(name, options)
      return notMade
    },
    layerNorm(name, width) {
      layers.layerNorm(name, width)
      return notMade
    },
    parameter(name, shape) {
      layers.parameter(name, shape)
      return notMade
    },
  }
}

/**
 * Parameters and multiply-adds of the layers that `ask` asks a builder for; nothing is made. A convolution must say the
 * size of its output.
 */
export function costOf(ask: (build: NetworkBuilder) => unknown): ArchitectureCost {
  const counter = createCostCounter()
  ask(
    describingBuilder({
      convolution: (_name, { output = { height: 1, width: 1 }, ...options }) =>
        counter.convolution({ ...options, ...output }),
      batchNorm: (_name, channels) => counter.batchNorm(channels),
      linear: (_name, { inputs, outputs, vectors }) => counter.linear(inputs, outputs, vectors),
      layerNorm: (_name, width) => counter.scalars(2 * width),
      parameter: (_name, shape) => counter.scalars(shape.reduce((product, extent) => product * extent, 1)),
    }),
  )
  return counter.total()
}

function outlineFrom<Params>(define: NetworkDefinition<Params>, params: Params, problem: ImageProblem): NetworkOutline {
  const shapes = new Map<string, readonly number[]>()
  let firstConvolution = ''
  let lastLinear = ''
  let size: Level = { height: problem.height, width: problem.width }
  const levels: Level[] = []
  define(
    describingBuilder({
      convolution(name, { inputs, outputs, kernel, bias = false, depthwise = false, groups = 1, output }) {
        size = output ?? size
        firstConvolution ||= name
        shapes.set(`${name}.weight`, [outputs, depthwise ? 1 : inputs / groups, kernel, kernel])
        if (bias) shapes.set(`${name}.bias`, [outputs])
      },
      batchNorm(name, channels) {
        for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes.set(`${name}.${part}`, [channels])
        shapes.set(`${name}.num_batches_tracked`, [])
      },
      linear(name, { inputs, outputs, separator = '.' }) {
        lastLinear = name
        shapes.set(`${name}${separator}weight`, [outputs, inputs])
        shapes.set(`${name}${separator}bias`, [outputs])
      },
      layerNorm(name, width) {
        for (const part of ['weight', 'bias']) shapes.set(`${name}.${part}`, [width])
      },
      parameter(name, shape) {
        shapes.set(name, shape)
      },
      activation: () => {
        levels.push(size)
      },
    }),
    params,
    problem,
  )
  return { shapes, firstConvolution, lastLinear, levels }
}
