/**
 * A step as data for other programs (exporters): its operations without the dead ones, with the shape of every tensor,
 * and where each comes from. Unlike a Recording it knows nothing of the binding and of the process it was made in.
 */
import { UserError } from '../../../shared/errors'
import type { NamedTensors } from '../maths/ops/tensors'
import { nodeBackend, type Binding } from './backend'
import type { AttributeValue } from './graphDef'
import { recordStep } from './recordStep'
import type { RecordedConstant, Recording, Source, TensorSpecification } from './recording'
import type { StepFunction } from './types'

export type ElementType = 'float32' | 'int32' | 'int64' | 'bool'

export interface TracedTensor {
  readonly elementType: ElementType
  readonly shape: readonly number[]
}

export type TracedSource =
  | { readonly kind: 'input'; readonly name: string }
  /** A tf.Variable, by the name that the caller knows it by. */
  | { readonly kind: 'weight'; readonly name: string }
  | { readonly kind: 'constant'; readonly index: number }
  | { readonly kind: 'node'; readonly index: number; readonly output: number }

export interface TracedNode {
  /** TensorFlow's name of the operation, e.g. Conv2D. */
  readonly op: string
  /** TensorFlow's attributes; types are numbers of its DataType. */
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly inputs: readonly TracedSource[]
  readonly outputs: readonly TracedTensor[]
}

export interface TracedConstant extends TracedTensor {
  /** All values, little-endian. */
  readonly content: Uint8Array
}

export interface TracedGraph {
  readonly inputs: readonly (TracedTensor & { readonly name: string })[]
  /** Each after the nodes that it reads. */
  readonly nodes: readonly TracedNode[]
  readonly constants: readonly TracedConstant[]
  /** Names of the weights that the nodes read. */
  readonly weightNames: readonly string[]
  readonly outputs: readonly (TracedTensor & { readonly name: string; readonly source: TracedSource })[]
}

/**
 * What `step` does on `args`, whose shapes (also the batch's) are part of the result: constants may depend on them.
 * @param weightName the caller's name of a tf.Variable
 * @throws UserError where the step would freeze something, or changes a variable
 */
export function traceStep(
  name: string,
  step: StepFunction,
  args: NamedTensors,
  weightName: (variable: string) => string,
): TracedGraph {
  const backend = nodeBackend()
  const recording = recordStep(backend, name, step, args)
  const [assigned] = recording.assignments
  if (assigned)
    throw new UserError(`The step "${name}" changes its variables and cannot be traced.`, {
      wanted: 'a step that only reads',
      got: `an assignment to "${assigned.variable}"`,
    })
  return tracedGraph(recording, backend.binding, weightName)
}

function tracedGraph(recording: Recording, binding: Binding, weightName: (variable: string) => string): TracedGraph {
  const typed = ({ type, shape }: TensorSpecification): TracedTensor => ({
    elementType: elementTypeOf(binding, type),
    shape: [...shape],
  })
  const kept = liveParts(recording)
  const sourceOf = (source: Source): TracedSource => {
    switch (source.kind) {
      case 'argument':
        return { kind: 'input', name: source.name }
      case 'variable':
        return { kind: 'weight', name: weightName(source.name) }
      case 'constant':
        return { kind: 'constant', index: kept.constants.indexOf(source.index) }
      case 'node':
        return { kind: 'node', index: kept.nodes.indexOf(source.index), output: source.output }
    }
  }
  return {
    inputs: recording.arguments.map((argument) => ({ name: argument.name, ...typed(argument) })),
    nodes: kept.nodes.flatMap((index) => {
      const node = recording.nodes[index]
      if (!node) return []
      const { op, attributes, inputs, outputs } = node
      return [{ op, attributes, inputs: inputs.map(sourceOf), outputs: outputs.map(typed) }]
    }),
    constants: kept.constants.flatMap((index) => {
      const constant = recording.constants[index]
      return constant ? [{ ...typed(constant), content: contentOf(constant) }] : []
    }),
    weightNames: kept.variables.map(weightName),
    outputs: recording.outputs.map(({ name, source, type, shape }) => ({
      name,
      ...typed({ type, shape }),
      source: sourceOf(source),
    })),
  }
}

/** Indices of the nodes and constants, and names of the variables, that the outputs depend on; in recorded order. */
function liveParts({ nodes, outputs }: Recording): { nodes: number[]; constants: number[]; variables: string[] } {
  const live = { nodes: new Set<number>(), constants: new Set<number>(), variables: new Set<string>() }
  const mark = (source: Source): void => {
    if (source.kind === 'node') live.nodes.add(source.index)
    else if (source.kind === 'constant') live.constants.add(source.index)
    else if (source.kind === 'variable') live.variables.add(source.name)
  }
  outputs.forEach(({ source }) => mark(source))
  // A node reads only what was recorded before it.
  for (let index = nodes.length - 1; index >= 0; index--) if (live.nodes.has(index)) nodes[index]?.inputs.forEach(mark)
  const ascending = (indices: Set<number>): number[] => [...indices].sort((left, right) => left - right)
  return { nodes: ascending(live.nodes), constants: ascending(live.constants), variables: [...live.variables].sort() }
}

function elementTypeOf(binding: Binding, type: number): ElementType {
  switch (type) {
    case binding.TF_FLOAT:
      return 'float32'
    case binding.TF_INT32:
      return 'int32'
    case binding.TF_INT64:
      return 'int64'
    case binding.TF_BOOL:
      return 'bool'
    default:
      throw new UserError('A tensor of this step has an element type that is not traced.', {
        wanted: 'float32, int32, int64 or bool',
        got: `TensorFlow's type ${type}`,
      })
  }
}

function contentOf({ content, uniform, shape }: RecordedConstant): Uint8Array {
  if (!uniform) return content
  const count = shape.reduce((product, extent) => product * extent, 1)
  const whole = new Uint8Array(content.byteLength * count)
  for (let at = 0; at < whole.byteLength; at += content.byteLength) whole.set(content, at)
  return whole
}
