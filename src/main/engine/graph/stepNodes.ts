/** The nodes that steps are made of beside what was recorded. */
import type { AttributeValue, ConstantTensor, GraphNode } from './graphDef'
import type { TensorSpecification } from './recording'

/** TensorFlow's numbers of types. */
export const floatType = 1
export const integerType = 3
export const resourceType = 20

export function type(value: number): AttributeValue {
  return { kind: 'type', value }
}
export function shape(value: readonly number[]): AttributeValue {
  return { kind: 'shape', value }
}
export function text(value: string): AttributeValue {
  return { kind: 'string', value }
}

export function constantNode(name: string, value: ConstantTensor): GraphNode {
  return { name, op: 'Const', inputs: [], attributes: { dtype: type(value.type), value: { kind: 'tensor', value } } }
}

/** A tensor of one repeated value, made when the step runs: nothing batch-sized lies in the graph. */
export function fill(name: string, { type: dtype, shape: dimensions, content }: ConstantTensor): GraphNode[] {
  const sizes = new Uint8Array(Int32Array.from(dimensions).buffer)
  return [
    constantNode(`${name}/shape`, { type: integerType, shape: [dimensions.length], content: sizes }),
    constantNode(`${name}/value`, { type: dtype, shape: [], content }),
    {
      name,
      op: 'Fill',
      inputs: [`${name}/shape`, `${name}/value`],
      attributes: { T: type(dtype), index_type: type(integerType) },
    },
  ]
}

/** Completion of a step: one scalar to fetch, with control edges to everything that must have run. */
export function completion(name: string, after: readonly string[]): GraphNode {
  const constant = constantNode(name, { type: floatType, shape: [], content: new Uint8Array(4) })
  return { ...constant, inputs: after.map((node) => `^${node}`) }
}

export function placeholder(name: string, specification: TensorSpecification): GraphNode {
  return {
    name,
    op: 'Placeholder',
    inputs: [],
    attributes: { dtype: type(specification.type), shape: shape(specification.shape) },
  }
}

export function assignment(
  name: string,
  handle: string,
  value: string,
  dtype: number,
  after: readonly string[],
): GraphNode {
  return {
    name,
    op: 'AssignVariableOp',
    inputs: [handle, value, ...after.map((node) => `^${node}`)],
    attributes: { dtype: type(dtype) },
  }
}

/**
 * A copy into TensorFlow's own memory. Fed tensors may lie in memory of the JavaScript heap, which must be released on
 * JavaScript's
 * thread; a variable that kept such a buffer would release it on one of TensorFlow's.
 */
export function ownedCopy(name: string, value: string, dtype: number): GraphNode {
  return { name, op: 'DeepCopy', inputs: [value], attributes: { T: type(dtype) } }
}

/** An output of a step: the node that is fetched, and where its value comes from. */
export interface StepOutput {
  readonly name: string
  readonly source: string
  readonly type: number
  readonly shape: readonly number[]
}

/** A step as nodes of its own. */
export interface BuiltStep {
  readonly nodes: readonly GraphNode[]
  readonly outputs: readonly StepOutput[]
  /** Nodes that assign variables. */
  readonly assigned: readonly string[]
}
