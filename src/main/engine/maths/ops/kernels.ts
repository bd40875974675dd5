/**
 * TensorFlow kernels as differentiable operations of tfjs: what tfjs lacks, or does with many kernels where TensorFlow
 * has one.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend'

/** One attribute of a TensorFlow kernel as the binding takes it. */
export interface KernelAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** The running TensorFlow backend. @throws Error before startTensorFlow() */
export function tensorflowBackend(): NodeJSKernelBackend {
  if (tf.getBackend() !== 'tensorflow')
    throw new Error(`The training engine needs TensorFlow; the current backend is ${tf.getBackend()}.`)
  return tf.backend() as unknown as NodeJSKernelBackend
}

type AttributeConstants = Record<
  'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_ATTR_FLOAT' | 'TF_FLOAT' | 'TF_INT32',
  number
>
const constants = (): AttributeConstants => tensorflowBackend().binding as unknown as AttributeConstants

export const floatType = (name = 'T'): KernelAttribute => ({
  name,
  type: constants().TF_ATTR_TYPE,
  value: constants().TF_FLOAT,
})
export const indexType = (name: string): KernelAttribute => ({
  name,
  type: constants().TF_ATTR_TYPE,
  value: constants().TF_INT32,
})
export const integers = (name: string, value: readonly number[]): KernelAttribute => ({
  name,
  type: constants().TF_ATTR_INT,
  value,
})
export const text = (name: string, value: string): KernelAttribute => ({
  name,
  type: constants().TF_ATTR_STRING,
  value,
})
export const flag = (name: string, value: boolean): KernelAttribute => ({ name, type: constants().TF_ATTR_BOOL, value })
export const real = (name: string, value: number): KernelAttribute => ({ name, type: constants().TF_ATTR_FLOAT, value })

/** Runs a kernel with one output. Not recorded for gradients: belongs inside an operation's `run`. */
export function execute(
  name: string,
  attributes: readonly KernelAttribute[],
  inputs: readonly tf.TensorInfo[],
): tf.Tensor {
  return tensorflowBackend().executeSingleOutput(name, [...attributes] as never, [...inputs])
}

/** Runs a kernel with several outputs. Not recorded for gradients. */
export function executeMany(
  name: string,
  attributes: readonly KernelAttribute[],
  inputs: readonly tf.TensorInfo[],
  outputs: number,
): tf.Tensor[] {
  return tensorflowBackend().executeMultipleOutputs(name, [...attributes] as never, [...inputs], outputs)
}

/** Calls `use` with a small int32 vector (a shape, axes) that is gone afterwards. */
export function withIntegers<Result>(values: readonly number[], use: (vector: tf.Tensor1D) => Result): Result {
  const vector = tf.tensor1d([...values], 'int32')
  try {
    return use(vector)
  } finally {
    vector.dispose()
  }
}

type Inputs = Readonly<Record<string, tf.Tensor>>
type Gradients = Record<string, () => tf.Tensor>

/** An operation of our own in tfjs's registries: it runs kernels, and says how gradients flow back through it. */
export interface OperationDefinition<Names extends string, Attributes extends object> {
  readonly name: string
  /** Inputs that the gradient reads, in this order, before the saved outputs. */
  readonly saveInputs?: readonly Names[]
  /** Which outputs the gradient reads. A saved output carries no second derivative: save inputs where one is wanted. */
  readonly saveOutputs?: readonly boolean[]
  run(inputs: Readonly<Record<Names, tf.Tensor>>, attributes: Attributes): tf.TensorInfo | tf.TensorInfo[]
  /**
   * One entry per input; only those on the way to what is differentiated are called. Absent: cannot be differentiated.
   */
  gradient?(
    outputs: readonly tf.Tensor[],
    saved: readonly tf.Tensor[],
    attributes: Attributes,
  ): Record<Names, () => tf.Tensor>
}

/** A callable operation: named inputs and attributes in, all outputs out. */
export type Operation<Names extends string, Attributes extends object> = (
  inputs: Readonly<Record<Names, tf.Tensor>>,
  attributes: Attributes,
) => tf.Tensor[]

/**
 * Makes an operation callable. It enters tfjs's registries at its first call, and gradients of any order follow from
 * those of the operations in `gradient`.
 * tfjs's customGrad would do for one output, but computes the gradients of all inputs, wanted or not.
 */
export function defineOperation<Names extends string, Attributes extends object>(
  definition: OperationDefinition<Names, Attributes>,
): Operation<Names, Attributes> {
  let registered = false
  const register = (): void => {
    if (registered) return
    registered = true
    tf.registerKernel({
      kernelName: definition.name,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs }) =>
        definition.run(inputs as Record<Names, tf.Tensor>, attrs as unknown as Attributes),
    })
    const { gradient } = definition
    if (!gradient) return
    tf.registerGradient({
      kernelName: definition.name,
      inputsToSave: [...(definition.saveInputs ?? [])],
      outputsToSave: [...(definition.saveOutputs ?? [])],
      gradFunc: (dy, saved, attrs) =>
        gradient(Array.isArray(dy) ? dy : [dy], saved, attrs as unknown as Attributes) as Gradients,
    })
  }
  return (inputs, attributes) => {
    register()
    const result = tf
      .engine()
      .runKernel(definition.name, inputs as Inputs as tf.NamedTensorMap, attributes as unknown as tf.NamedAttrMap)
    return (Array.isArray(result) ? result : [result]) as tf.Tensor[]
  }
}

/** The only output of an operation. */
export function single<Result extends tf.Tensor>(outputs: readonly tf.Tensor[]): Result {
  const [output] = outputs
  if (!output) throw new Error('A kernel gave no output.')
  return output as Result
}
