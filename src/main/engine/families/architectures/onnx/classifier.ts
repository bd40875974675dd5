/** A planned graph as a classifier: its weights as variables, its steps as the forward pass. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../../shared/errors'
import { batchNormOver } from '../../../maths/nn/batchNorm'
import { valueOf } from '../../../maths/nn/gathered'
import type { Classifier, ClassifierOutput, ForwardContext, Parameter } from '../../../maths/nn/types'
import { keepSumGradientOnDevice } from '../../../maths/ops/reductions'
import type { ImageProblem } from '../types'
import type { PlannedGraph } from './network'
import type { Frame, PlannedNorm } from './plan'

/** @throws RefusedInputError where the graph is made for other images or another number of classes */
export function createGraphClassifier(plan: PlannedGraph, problem: ImageProblem): Classifier {
  refuseOtherProblem(plan, problem)
  keepSumGradientOnDevice()
  const all = plan.planner.parameters.map(({ name, layout, shape, trainable }): Parameter => ({
    name,
    layout,
    variable: tf.tidy(() => tf.variable(tf.zeros([...shape]), trainable)),
  }))
  const counters = plan.planner.norms.map(({ name }): Parameter => ({
    name: `${name}.num_batches_tracked`,
    layout: 'count',
    variable: tf.tidy(() => tf.variable(tf.scalar(0), false)),
  }))
  const norms = plan.planner.norms.map((norm, index) => normOf(norm, all, counters[index] as Parameter))
  return {
    classes: plan.classes,
    parameters: all.filter((_, index) => plan.planner.parameters[index]?.trainable),
    buffers: [...all.filter((_, index) => !plan.planner.parameters[index]?.trainable), ...counters],
    forward: (images, context) => run(plan, { all, norms }, images, context),
    dispose: () => {
      tf.dispose([...all, ...counters].map(({ variable }) => variable))
    },
  }
}

type Norm = ReturnType<typeof batchNormOver>

function normOf(
  { name, epsilon, momentum, parameters }: PlannedNorm,
  all: readonly Parameter[],
  batches: Parameter,
): Norm {
  const parameter = (index: number): Parameter => {
    const found = all[index]
    if (!found) throw new Error(`The batch norm "${name}" lacks a parameter.`)
    return found
  }
  return batchNormOver(
    name,
    {
      weight: parameter(parameters.weight),
      bias: parameter(parameters.bias),
      runningMean: parameter(parameters.mean),
      runningVariance: parameter(parameters.variance),
      batches,
    },
    { epsilon, momentum },
  )
}

function run(
  { planner, logits, features, levels }: PlannedGraph,
  { all, norms }: { all: readonly Parameter[]; norms: readonly Norm[] },
  images: tf.Tensor4D,
  context: ForwardContext,
): ClassifierOutput {
  const tensors: tf.Tensor[] = [images]
  const frame: Frame = {
    context,
    images: images.shape[0],
    normalize: (index, x) => norms[index]?.(x as tf.Tensor4D, context) ?? x,
  }
  planner.parameters.forEach(({ slot }, index) => {
    tensors[slot] = valueOf(all[index] as Parameter, context)
  })
  const at = (slot: number): tf.Tensor => {
    const tensor = tensors[slot]
    if (!tensor) throw new Error(`A step of the graph reads a tensor that was not made (${slot}).`)
    return tensor
  }
  for (const { inputs, outputs, run: compute } of planner.steps) {
    const results = [compute(inputs.map(at), frame)].flat() as tf.Tensor[]
    outputs.forEach((slot, index) => {
      tensors[slot] = results[index] as tf.Tensor
    })
  }
  return {
    logits: at(logits.slot) as tf.Tensor2D,
    activations: levels.map(({ slot }) => at(slot) as tf.Tensor4D),
    ...(features && { features: at(features.slot) as tf.Tensor2D }),
  }
}

function refuseOtherProblem(plan: PlannedGraph, { classes, channels, height, width }: ImageProblem): void {
  const shown = (size: Omit<ImageProblem, 'classes'>): string => `${size.height} × ${size.width} × ${size.channels}`
  if (plan.channels !== channels || plan.height !== height || plan.width !== width)
    throw new RefusedInputError('The network in this ONNX file takes other images than the data set has.', {
      wanted: `images of ${shown({ channels, height, width })}`,
      got: `a network for ${shown(plan)}`,
      action: 'Choose the data set that the model was trained on, or export it for images of this size.',
    })
  if (plan.classes !== classes)
    throw new RefusedInputError('The model and the data set have different numbers of classes.', {
      wanted: `${classes} classes`,
      got: `${plan.classes} classes`,
      action: 'Choose the data set that the model was trained on.',
    })
}
