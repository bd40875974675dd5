/** The forward pass of a classifier as data, for formats that hold what a model computes. */
import * as tf from '@tensorflow/tfjs-core'
import type { ForwardProgram, ProgramWeight } from '../families/exporters'
import { traceStep } from '../graph'
import type { ImageShape } from '../images/types'
import type { Classifier, Parameter } from '../maths/nn/types'

/** Traced in inference mode on a batch of `batch` images; the classifier keeps its values. */
export function traceForward(
  classifier: Classifier,
  { height, width, channels }: ImageShape,
  batch = 1,
): ForwardProgram {
  const byVariable = new Map<string, Parameter>(
    [...classifier.parameters, ...classifier.buffers].map((parameter) => [parameter.variable.name, parameter]),
  )
  const parameterOf = (variable: string): Parameter => {
    const parameter = byVariable.get(variable)
    if (parameter) return parameter
    throw new Error(`The forward pass reads "${variable}", which is no weight of the network.`)
  }
  const images = tf.zeros([batch, height, width, channels])
  try {
    const used = new Map<string, ProgramWeight>()
    const graph = traceStep(
      'forward',
      (args) => ({ logits: classifier.forward(args.images as tf.Tensor4D, { training: false }).logits }),
      { images },
      (variable) => {
        const { name, layout, variable: value } = parameterOf(variable)
        if (!used.has(name)) used.set(name, { layout, shape: value.shape, values: value.dataSync() as Float32Array })
        return name
      },
    )
    return { ...graph, batch, weights: used }
  } finally {
    images.dispose()
  }
}
