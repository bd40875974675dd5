/**
 * Recorded steps as the nodes of one graph: shared variables, a sub-graph per step, and steps that read and write all
 * variables.
 */
import type { GraphNode } from './graphDef'
import type { Recording, Source, TensorSpecification } from './recording'
import { repeatStep } from './repeated'
import {
  assignment,
  completion,
  constantNode,
  fill,
  ownedCopy,
  placeholder,
  shape,
  text,
  type,
  type BuiltStep,
  type StepOutput,
} from './stepNodes'
import { inFixedOrder } from './sums'

/** One graph variable per tf.Variable; the order is the order of `readFetches` and of the write step's feeds. */
export interface GraphVariable extends TensorSpecification {
  readonly name: string
}

/** A recording, and how often one run does it. */
export interface RepeatedRecording {
  readonly recording: Recording
  readonly repeats: number
}

/**
 * What to feed and fetch to run a step; a feed per argument (in recorded order), a fetch per output and last the
 * completion.
 */
export interface StepPorts {
  readonly feeds: readonly string[]
  readonly fetches: readonly string[]
}

export interface ProgramGraph {
  readonly nodes: readonly GraphNode[]
  readonly steps: ReadonlyMap<string, StepPorts>
  readonly read: StepPorts
  readonly write: StepPorts
}

/** Ops whose output may share its input's buffer. */
const bufferSharing = new Set([
  'Identity',
  'Reshape',
  'Squeeze',
  'ExpandDims',
  'StopGradient',
  'Snapshot',
  'Cast',
  'Transpose',
  'Slice',
  'StridedSlice',
  'Split',
  'SplitV',
  'Unpack',
  'Pack',
  'Concat',
  'ConcatV2',
  'AddN',
  'Tile',
  'Pad',
  'PadV2',
  'Sum',
  'Mean',
  'Max',
  'Min',
  'Prod',
  'Select',
  'SelectV2',
  'ReverseV2',
  'BroadcastTo',
  'ClipByValue',
  'GatherV2',
])

class StepBuilder {
  private readonly nodes: GraphNode[] = []
  private readonly constantNames = new Map<string, string>()
  private readonly readNames = new Map<string, string>()

  constructor(
    private readonly recording: Recording,
    private readonly prefix: string,
    private readonly handles: ReadonlyMap<string, { handle: string; type: number }>,
  ) {}

  private handle(variable: string): { handle: string; type: number } {
    const handle = this.handles.get(variable)
    if (!handle) throw new Error(`The graph has no variable "${variable}".`)
    return handle
  }

  private nodeName(index: number): string {
    return `${this.prefix}/${index}_${this.recording.nodes[index]?.op ?? 'missing'}`
  }

  private argumentName(argument: string): string {
    return `${this.prefix}/argument_${this.recording.arguments.findIndex(({ name }) => name === argument)}`
  }

  private constantName(index: number): string {
    const constant = this.recording.constants[index]
    if (!constant) throw new Error(`The recording has no constant ${index}.`)
    const key = `${constant.type}|${constant.shape.join()}|${String(constant.uniform)}|${Buffer.from(constant.content).toString('base64')}`
    const existing = this.constantNames.get(key)
    if (existing) return existing
    const name = `${this.prefix}/constant_${this.constantNames.size}`
    this.constantNames.set(key, name)
    this.nodes.push(...(constant.uniform ? fill(name, constant) : [constantNode(name, constant)]))
    return name
  }

  private readName(variable: string): string {
    const existing = this.readNames.get(variable)
    if (existing) return existing
    const { handle, type: dtype } = this.handle(variable)
    const name = `${this.prefix}/read_${this.readNames.size}`
    this.readNames.set(variable, name)
    this.nodes.push({ name, op: 'ReadVariableOp', inputs: [handle], attributes: { dtype: type(dtype) } })
    return name
  }

  private sourceName(source: Source): string {
    switch (source.kind) {
      case 'argument':
        return this.argumentName(source.name)
      case 'variable':
        return this.readName(source.name)
      case 'constant':
        return this.constantName(source.index)
      case 'node':
        return source.output === 0 ? this.nodeName(source.index) : `${this.nodeName(source.index)}:${source.output}`
    }
  }

  /** Whether the tensor may lie in the memory of a fed argument. */
  private mayShareArgument(source: Source): boolean {
    if (source.kind === 'argument') return true
    if (source.kind !== 'node') return false
    const node = this.recording.nodes[source.index]
    return node !== undefined && bufferSharing.has(node.op) && node.inputs.some((input) => this.mayShareArgument(input))
  }

  private addAssignments(): string[] {
    // All values first: one may add a read that another variable's assignment has to wait for.
    const values = this.recording.assignments.map(({ source }) => this.sourceName(source))
    return this.recording.assignments.map(({ variable, source }, index) => {
      const { handle, type: dtype } = this.handle(variable)
      let value = values[index] ?? ''
      if (this.mayShareArgument(source)) {
        const copy = ownedCopy(`${this.prefix}/copy_${index}`, value, dtype)
        this.nodes.push(copy)
        value = copy.name
      }
      // Every read of the step sees the value from before it.
      const read = this.readNames.get(variable)
      const name = `${this.prefix}/assign_${index}`
      this.nodes.push(assignment(name, handle, value, dtype, read ? [read] : []))
      return name
    })
  }

  /** The placeholders, in the order of the recorded arguments. */
  get feeds(): string[] {
    return this.recording.arguments.map(({ name }) => this.argumentName(name))
  }

  build(): BuiltStep {
    const { recording, prefix } = this
    for (const argument of recording.arguments) this.nodes.push(placeholder(this.argumentName(argument.name), argument))
    recording.nodes.forEach((node, index) => {
      const { op, attributes } = node
      const inputs = node.inputs.map((input) => this.sourceName(input))
      this.nodes.push(...inFixedOrder({ name: this.nodeName(index), op, inputs, attributes }))
    })
    const outputs = recording.outputs.map((output, index): StepOutput => ({
      name: `${prefix}/output_${index}`,
      source: this.sourceName(output.source),
      type: output.type,
      shape: output.shape,
    }))
    const assigned = this.addAssignments()
    return { nodes: this.nodes, outputs, assigned }
  }
}

/** A recorded step as nodes, done as often as it says, and what to feed and fetch for it. */
function buildStep(
  { recording, repeats }: RepeatedRecording,
  prefix: string,
  handles: ReadonlyMap<string, { handle: string; type: number }>,
): { nodes: GraphNode[]; ports: StepPorts } {
  const builder = new StepBuilder(recording, prefix, handles)
  const once = builder.build()
  const { nodes, outputs, assigned } = repeats > 1 ? repeatStep(once, `${prefix}/repeated`, repeats) : once
  // An output may be an argument, which cannot be fed and fetched at once.
  const fetched = outputs.map(({ name, source, type: dtype }): GraphNode => ({
    name,
    op: 'Identity',
    inputs: [source],
    attributes: { T: type(dtype) },
  }))
  const done = completion(`${prefix}/done`, assigned)
  const port = (name: string): string => `${name}:0`
  return {
    nodes: [...nodes, ...fetched, done],
    ports: { feeds: builder.feeds.map(port), fetches: [...fetched, done].map(({ name }) => port(name)) },
  }
}

function buildState(
  variables: readonly GraphVariable[],
  handles: ReadonlyMap<string, { handle: string; type: number }>,
): { nodes: GraphNode[]; read: StepPorts; write: StepPorts } {
  const nodes: GraphNode[] = []
  const feeds: string[] = []
  const fetches: string[] = []
  const assigned: string[] = []
  variables.forEach((variable, index) => {
    const handle = handles.get(variable.name)?.handle ?? ''
    const dtype = variable.type
    nodes.push(
      {
        name: handle,
        op: 'VarHandleOp',
        inputs: [],
        attributes: {
          dtype: type(dtype),
          shape: shape(variable.shape),
          container: text(''),
          shared_name: text(handle),
        },
      },
      { name: `state/read_${index}`, op: 'ReadVariableOp', inputs: [handle], attributes: { dtype: type(dtype) } },
      placeholder(`state/value_${index}`, variable),
      ownedCopy(`state/copy_${index}`, `state/value_${index}`, dtype),
      assignment(`state/assign_${index}`, handle, `state/copy_${index}`, dtype, []),
    )
    fetches.push(`state/read_${index}:0`)
    feeds.push(`state/value_${index}:0`)
    assigned.push(`state/assign_${index}`)
  })
  nodes.push(completion('state/written', assigned))
  return { nodes, read: { feeds: [], fetches }, write: { feeds, fetches: ['state/written:0'] } }
}

/** All recordings over `variables` as one graph. */
export function buildGraph(
  variables: readonly GraphVariable[],
  recordings: readonly RepeatedRecording[],
): ProgramGraph {
  const handles = new Map(
    variables.map((variable, index) => [variable.name, { handle: `variable_${index}`, type: variable.type }]),
  )
  const state = buildState(variables, handles)
  const nodes = [...state.nodes]
  const steps = new Map<string, StepPorts>()
  recordings.forEach((recorded, index) => {
    const built = buildStep(recorded, `step_${index}`, handles)
    nodes.push(...built.nodes)
    steps.set(recorded.recording.step, built.ports)
  })
  return { nodes, steps, read: state.read, write: state.write }
}
