import type { NamedTensors } from '../maths/ops/tensors'

/**
 * One training (or evaluation) step as a synchronous function over tensors.
 * Reads and assigns tf.Variables (its state); everything that changes from call to call comes in through `args`:
 * a JavaScript number or a host-made tensor inside would be frozen into the captured graph.
 */
export type StepFunction = (args: NamedTensors) => NamedTensors

export interface StepRunner {
  readonly name: string
  /** The caller owns the returned tensors. Shapes and dtypes of `args` must equal those of the first call. */
  run(args: NamedTensors): NamedTensors
}

export interface StepOptions {
  /**
   * How often one call does the step, each time with the same arguments on the state that the time before left. Its
   * outputs, single numbers, are then vectors with a number for each time. Default 1.
   */
  readonly repeats?: number
  /**
   * The step only looks, and seldom (an evaluation, a picture): it gets a graph of its own, into which the variables
   * that it reads are copied when others have assigned them. Steps that train need not be optimised anew when it comes.
   * It assigns nothing. Default false.
   */
  readonly apart?: boolean
}

/**
 * The steps that share state. In 'eager' mode each call runs the function; in 'graph' mode the first call records it
 * and every call,
 * also the first, runs it as one TensorFlow graph whose variables live on the device.
 */
export interface StepProgram {
  readonly mode: 'eager' | 'graph'
  /** Steps compiled later join the same graph state. Names are unique. */
  compile(name: string, step: StepFunction, options?: StepOptions): StepRunner
  /**
   * Makes the tf.Variables hold the graph's current values (before a checkpoint, an eager evaluation, an inspection).
   */
  readState(): void
  /** Takes over the tf.Variables' values into the graph (after a resume, a load, a change from outside). */
  writeState(): void
  dispose(): void
}
