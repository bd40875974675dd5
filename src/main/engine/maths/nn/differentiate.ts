import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../ops/tensors'
import { zerosLike } from '../ops'
import type { Parameter, StateUpdate } from './types'

export interface ForwardResult<Outputs extends NamedTensors> {
  readonly loss: tf.Scalar
  /** Further tensors of the pass that are wanted afterwards (metrics, activations). */
  readonly outputs: Outputs
}

export interface Differentiated<Outputs extends NamedTensors> extends ForwardResult<Outputs> {
  /**
   * d loss / d parameter, in the order and memory layout of the parameters; zeros where the loss does not depend on
   * one.
   */
  readonly gradients: readonly tf.Tensor[]
  /** d loss / d input, for the further inputs. */
  readonly inputGradients: readonly tf.Tensor[]
  /** What the pass asked to change; apply it at the end of the step. */
  readonly updates: readonly StateUpdate[]
}

/** Keeps tensors over the end of tfjs's scope of the forward pass, and gives them to the scope around it afterwards. */
function createKeeper(): {
  keep<T extends tf.Tensor>(tensor: T): T
  release<T extends tf.Tensor>(tensor: T): T
  disposeAll(): void
} {
  const kept = new Set<tf.Tensor>()
  return {
    keep(tensor) {
      if (kept.has(tensor) || tensor instanceof tf.Variable) return tensor
      const copy = tf.keep(tensor.clone())
      kept.add(copy)
      return copy as typeof tensor
    },
    release(tensor) {
      return (kept.has(tensor) ? tensor.clone() : tensor) as typeof tensor
    },
    disposeAll() {
      for (const tensor of kept) tensor.dispose()
    },
  }
}

/**
 * Loss, gradients by parameters, and by-products of one forward pass. Call it inside tf.tidy: everything it returns
 * belongs to the caller's scope.
 * Cannot be nested in another differentiation.
 * @param inputs further tensors to differentiate by, which `forward` uses as they are
 */
export function differentiate<Outputs extends NamedTensors>(
  parameters: readonly Parameter[],
  forward: (updates: StateUpdate[]) => ForwardResult<Outputs>,
  inputs: readonly tf.Tensor[] = [],
): Differentiated<Outputs> {
  const keeper = createKeeper()
  const keptOutputs: NamedTensors = {}
  const keptUpdates: StateUpdate[] = []
  const sources = [...inputs, ...parameters.map((parameter) => parameter.variable)]
  const { value, grads } = tf.engine().gradients(
    () => {
      const updates: StateUpdate[] = []
      const { loss, outputs } = forward(updates)
      for (const [name, tensor] of Object.entries(outputs)) keptOutputs[name] = keeper.keep(tensor)
      for (const { variable, value: next } of updates) keptUpdates.push({ variable, value: keeper.keep(next) })
      return loss
    },
    sources,
    undefined,
    true,
  )
  const outputs = Object.fromEntries(
    Object.entries(keptOutputs).map(([name, tensor]) => [name, keeper.release(tensor)]),
  ) as Outputs
  const updates = keptUpdates.map(({ variable, value: next }) => ({ variable, value: keeper.release(next) }))
  keeper.disposeAll()
  const gradients = sources.map((source, index) => (grads[index] as tf.Tensor | undefined) ?? zerosLike(source))
  return {
    loss: value,
    outputs,
    updates,
    inputGradients: gradients.slice(0, inputs.length),
    gradients: gradients.slice(inputs.length),
  }
}

/** Carries out what forward passes asked for; the last value of each variable counts. */
export function applyUpdates(updates: readonly StateUpdate[]): void {
  const last = new Map(updates.map(({ variable, value }) => [variable, value]))
  for (const [variable, value] of last) variable.assign(value)
}
