/** An architecture is written once, as layers asked of a builder; making the network and counting its cost both follow from that. */
import { createBuilder } from '../nn/builder'
import type { NetworkBuilder } from '../nn/builder'
import type { Classifier, ClassifierOutput, ForwardContext } from '../nn/types'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { createCostCounter } from './cost'
import type { ArchitectureContext, ArchitectureCost, ImageProblem } from './types'

export type ForwardFunction = (images: Tensor4D, context: ForwardContext) => ClassifierOutput

/** Asks the builder for all layers, in PyTorch's order of registration, and says how they are joined. */
export type NetworkDefinition<Params> = (build: NetworkBuilder, params: Params, problem: ImageProblem) => ForwardFunction

/** The network with its initial weights. */
export function createFrom<Params>(define: NetworkDefinition<Params>, params: Params, context: ArchitectureContext): Classifier {
  const build = createBuilder(context.stream)
  const forward = define(build, params, context)
  return { classes: context.classes, parameters: build.parameters, buffers: build.buffers, forward, dispose: () => build.dispose() }
}

const notMade = (): never => { throw new Error('A network that is only counted cannot be run.') }

/** Parameters and multiply-adds, without making a tensor. */
export function costFrom<Params>(define: NetworkDefinition<Params>, params: Params, problem: ImageProblem): ArchitectureCost {
  const counter = createCostCounter()
  define({
    parameters: [], buffers: [], dispose: () => undefined,
    convolution(_name, { output = { height: 1, width: 1 }, ...options }) {
      counter.convolution({ ...options, ...output })
      return notMade
    },
    batchNorm(_name, channels) {
      counter.batchNorm(channels)
      return notMade
    },
    linear(_name, { inputs, outputs }) {
      counter.linear(inputs, outputs)
      return notMade
    },
  }, params, problem)
  return counter.total()
}
