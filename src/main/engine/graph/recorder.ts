/**
 * Records one call of a step at the binding's `executeOp`, then undoes what it did to tf.Variables.
 * Tensors are known by their ids, which are never given twice: an id is an argument, a variable's value at the start, a
 * small host-made
 * constant, or an output of a recorded op. Anything else would be frozen silently into the graph and is an error.
 * The call goes for shapes, not for values: see outline.ts.
 */
import * as tf from '@tensorflow/tfjs-core'
import { UserError } from '../../../shared/errors'
import { toAttributeValue, withInferredTypes } from './attributes'
import {
  freshHandle,
  registeredVariables,
  tensorId,
  typeNumber,
  type Binding,
  type HostValues,
  type NodeBackend,
  type OpAttribute,
  type TensorMetadata,
} from './backend'
import { watchCheckingKernels } from './checkingKernels'
import type { AttributeValue } from './graphDef'
import { Outline } from './outline'
import { here } from './place'
import type {
  RecordedArgument,
  RecordedAssignment,
  RecordedConstant,
  RecordedNode,
  RecordedOutput,
  Recording,
  Source,
  TensorSpecification,
} from './recording'
import type { StepFunction } from './types'
import type { NamedTensors } from '../maths/ops/tensors'

/**
 * Host-made tensors up to this size become constants of the graph; larger ones only where all values are equal, as a
 * Fill.
 */
export const largestConstantBytes = 4096

/** Ids of outputs begin here, far above those that the binding gives. */
const firstOutputId = 2 ** 30

interface KnownTensor {
  readonly source: Source
  readonly type: number
  /** The tensor that stands for it. */
  readonly native: number
  /** What decides shapes: see OutlinedInput. */
  readonly key: string | undefined
  readonly shape: readonly number[]
  readonly integers: Int32Array | undefined
}

function isUniform(values: Float32Array | Int32Array | Uint8Array): boolean {
  const first = values[0]
  return values.every((value) => Object.is(value, first))
}

/** The tensors met so far in one recorded call, by the binding's id. */
class Recorder {
  readonly nodes: RecordedNode[] = []
  readonly constants: RecordedConstant[] = []
  readonly readVariables = new Set<string>()
  private readonly known = new Map<number, KnownTensor>()
  /** Data that the step made on the host; other host data is captured from outside. */
  readonly madeOnHost = new WeakSet<object>()
  /** Whether the step runs; before and after it, kernels run for real. */
  active = false
  /** How many kernels are at work that may read integers to check them. */
  checkingKernels = 0
  private readonly outline: Outline
  private nextOutputId = firstOutputId

  constructor(
    private readonly step: string,
    private readonly native: Binding,
  ) {
    this.outline = new Outline(native)
  }

  /** A tensor from outside the step. */
  remember(id: number, source: Source, { shape, type }: TensorSpecification): void {
    this.known.set(id, {
      source,
      type,
      native: id,
      shape,
      integers: undefined,
      key: type === this.native.TF_FLOAT ? describeShape(type, shape) : undefined,
    })
  }

  dispose(): void {
    this.outline.dispose()
  }

  refuse(message: string, details: { wanted: string; got: string; action: string }): never {
    throw new UserError(`The step "${this.step}" cannot become a graph: ${message}`, {
      ...details,
      where: here().describe(),
    })
  }

  resolve(id: number, user: string): KnownTensor {
    const known = this.known.get(id)
    if (!known) return this.refuseCaptured(user)
    if (known.source.kind === 'variable') this.readVariables.add(known.source.name)
    return known
  }

  refuseCaptured(user: string): never {
    return this.refuse(`${user} uses a tensor that was made outside the step.`, {
      wanted: 'an argument, a tf.Variable, or a tensor made in the step',
      got: 'a captured tensor, whose value would be frozen',
      action: 'pass it as an argument or keep it in a tf.Variable',
    })
  }

  createTensor(shape: number[], type: number, values: HostValues): number {
    if (!ArrayBuffer.isView(values)) {
      return this.refuse('it makes a tensor of strings.', {
        wanted: 'numbers or booleans',
        got: 'strings',
        action: 'keep strings out of the step',
      })
    }
    const uniform = values.byteLength > largestConstantBytes && type !== this.native.TF_INT64 && isUniform(values)
    if (values.byteLength > largestConstantBytes && !uniform) {
      this.refuse('it makes a large tensor on the host.', {
        wanted: `at most ${largestConstantBytes} bytes`,
        got: `${values.byteLength} bytes, shape [${shape.join(', ')}]`,
        action: 'make it with kernels (fill, zerosLike), pass it as an argument or keep it in a tf.Variable',
      })
    }
    const id = this.native.createTensor(shape, type, values)
    const kept = uniform ? values.subarray(0, 1) : values
    const content = new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength).slice()
    this.constants.push({ shape, type, content, uniform, place: here() })
    const values64 = type === this.native.TF_FLOAT ? '' : `:${Buffer.from(content).toString('base64')}`
    const integers = values instanceof Int32Array && type === this.native.TF_INT32 ? values : undefined
    this.known.set(id, {
      source: { kind: 'constant', index: this.constants.length - 1 },
      type,
      native: id,
      shape,
      integers,
      key: `${describeShape(type, shape)}${values64}`,
    })
    return id
  }

  executeOp(op: string, attributes: OpAttribute[], ids: number[], outputCount: number): TensorMetadata[] {
    const inputs = ids.map((id) => this.resolve(id, op))
    const named: Record<string, AttributeValue> = {}
    for (const attribute of attributes) named[attribute.name] = toAttributeValue(this.native, attribute)
    const results = this.outline.run(op, attributes, inputs, outputCount)
    this.nodes.push({
      op,
      attributes: withInferredTypes(
        op,
        named,
        inputs.map((input) => input.type),
      ),
      inputs: inputs.map((input) => input.source),
      outputs: results.map(({ shape, dtype }) => ({ shape, type: dtype })),
      place: here(),
    })
    const index = this.nodes.length - 1
    return results.map(({ shape, dtype, native }, output) => {
      const id = this.nextOutputId
      this.nextOutputId += 1
      const key = dtype === this.native.TF_FLOAT ? describeShape(dtype, shape) : undefined
      this.known.set(id, {
        source: { kind: 'node', index, output },
        type: dtype,
        native,
        shape,
        integers: undefined,
        key,
      })
      return { id, shape, dtype }
    })
  }

  deleteTensor(id: number): void {
    if (id < firstOutputId) this.native.deleteTensor(id)
  }

  readOnHost(id: number): ReturnType<Binding['tensorDataSync']> {
    const known = this.known.get(id)
    // Integers have their true values here: see outline.ts.
    if (known && known.type !== this.native.TF_FLOAT && this.checkingKernels > 0)
      return this.native.tensorDataSync(known.native)
    return this.refuse("it reads a tensor's values on the host.", {
      wanted: 'tensors only',
      got: 'dataSync(), data() or array() inside the step',
      action: 'return the tensor and read it after the step',
    })
  }

  binding(): Binding {
    const { native } = this
    return {
      ...native,
      deleteTensor: (id) => {
        this.deleteTensor(id)
      },
      createTensor: (shape, type, values) =>
        this.active ? this.createTensor(shape, type, values as HostValues) : native.createTensor(shape, type, values),
      executeOp: (op, attributes, ids, count) =>
        this.active
          ? this.executeOp(op, attributes as OpAttribute[], ids, count)
          : native.executeOp(op, attributes, ids, count),
      tensorDataSync: (id) => (this.active ? this.readOnHost(id) : native.tensorDataSync(id)),
      runSavedModel: () =>
        this.refuse('it runs another compiled step.', {
          wanted: 'eager operations',
          got: 'a call of a step runner',
          action: "call the step's function, or run the steps one after another",
        }),
    }
  }

  /** Runs the step, and with it everything that reads its results. */
  during<T>(work: () => T): T {
    this.active = true
    try {
      return work()
    } finally {
      this.active = false
    }
  }
}

function describeShape(type: number, shape: readonly number[]): string {
  return `${type}[${shape.join()}]`
}

/** Runs `work` with the backend's kernels going to the recorder. */
function intercepted<T>(backend: NodeBackend, recorder: Recorder, work: () => T): T {
  const { binding } = backend
  const endWatch = watchCheckingKernels(
    () => (recorder.checkingKernels += 1),
    () => (recorder.checkingKernels -= 1),
  )
  backend.binding = recorder.binding()
  backend.write = (values, shape, dtype) => {
    const dataId = writeOf(backend).call(backend, values, shape, dtype)
    recorder.madeOnHost.add(dataId)
    return dataId
  }
  backend.getInputTensorIds = (tensors) => {
    for (const tensor of recorder.active ? tensors : []) {
      const waiting = 'dataId' in tensor && backend.tensorMap.get(tensor.dataId).values !== null
      if (waiting && !recorder.madeOnHost.has(tensor.dataId)) recorder.refuseCaptured('an operation')
    }
    return idsOf(backend).call(backend, tensors)
  }
  try {
    return work()
  } finally {
    backend.binding = binding
    endWatch()
    recorder.dispose()
    // The methods of the class show again.
    Reflect.deleteProperty(backend, 'write')
    Reflect.deleteProperty(backend, 'getInputTensorIds')
  }
}

function prototypeOf(backend: NodeBackend): NodeBackend {
  return Object.getPrototypeOf(backend) as NodeBackend
}
function writeOf(backend: NodeBackend): NodeBackend['write'] {
  return prototypeOf(backend).write
}
function idsOf(backend: NodeBackend): NodeBackend['getInputTensorIds'] {
  return prototypeOf(backend).getInputTensorIds
}

function specificationOf(backend: NodeBackend, { shape, dtype }: tf.Tensor): TensorSpecification {
  return { shape, type: typeNumber(backend.binding, dtype) }
}

/**
 * Gives every tf.Variable an id of its own, so that a value shared with another tensor is not taken for the variable.
 */
function nameVariables(backend: NodeBackend, recorder: Recorder): void {
  for (const variable of Object.values(registeredVariables())) {
    if (variable.dtype === 'string') continue
    if (backend.refCount(variable.dataId) > 1) {
      const fresh = freshHandle(backend, variable)
      variable.assign(fresh)
      fresh.dispose()
    }
    recorder.remember(
      tensorId(backend, variable),
      { kind: 'variable', name: variable.name },
      specificationOf(backend, variable),
    )
  }
}

function nameArguments(backend: NodeBackend, recorder: Recorder, args: NamedTensors): NamedTensors {
  const fresh: NamedTensors = {}
  for (const [name, tensor] of Object.entries(args)) {
    const handle = freshHandle(backend, tensor)
    recorder.remember(tensorId(backend, handle), { kind: 'argument', name }, specificationOf(backend, tensor))
    fresh[name] = handle
  }
  return fresh
}

/** The variables as they were, to put back after the recorded call. */
function snapshotVariables(): Map<tf.Variable, tf.Tensor> {
  return new Map(Object.values(registeredVariables()).map((variable) => [variable, variable.clone()]))
}

function restoreVariables(snapshot: Map<tf.Variable, tf.Tensor>): void {
  for (const [variable, value] of snapshot) {
    if (variable.dataId !== value.dataId) variable.assign(value)
    value.dispose()
  }
}

function readAssignments(
  backend: NodeBackend,
  recorder: Recorder,
  snapshot: Map<tf.Variable, tf.Tensor>,
): RecordedAssignment[] {
  const now = Object.values(registeredVariables())
  const strangers = now.filter((variable) => !snapshot.has(variable))
  const gone = snapshot.size - (now.length - strangers.length)
  if (strangers.length > 0 || gone > 0) {
    recorder.refuse('it makes or disposes tf.Variables.', {
      wanted: 'variables that live longer than the step',
      got: strangers[0]?.name ?? `${gone} disposed`,
      action: 'make the variables before the first call',
    })
  }
  const assignments: RecordedAssignment[] = []
  for (const [variable, before] of snapshot) {
    if (variable.dataId === before.dataId) continue
    const { source } = recorder.resolve(tensorId(backend, variable), `assign to "${variable.name}"`)
    assignments.push({ variable: variable.name, source })
  }
  return assignments
}

function readOutputs(backend: NodeBackend, recorder: Recorder, outputs: NamedTensors): RecordedOutput[] {
  return Object.entries(outputs).map(([name, tensor]) => {
    const { source, type, shape } = recorder.resolve(tensorId(backend, tensor), `output "${name}"`)
    return { name, source, type, shape }
  })
}

/**
 * Runs `step` once on `args` and returns what it did; tf.Variables keep their values, no tensor is left behind.
 * Errors: UserError naming the place, where something would be frozen into the graph.
 */
export function recordStep(backend: NodeBackend, name: string, step: StepFunction, args: NamedTensors): Recording {
  const recorder = new Recorder(name, backend.binding)
  let recording: Recording | undefined
  intercepted(backend, recorder, () => {
    tf.tidy(() => {
      const fresh = nameArguments(backend, recorder, args)
      nameVariables(backend, recorder)
      const snapshot = snapshotVariables()
      try {
        recording = recorder.during(() => readRecording(backend, recorder, name, args, step(fresh), snapshot))
      } finally {
        restoreVariables(snapshot)
      }
    })
  })
  if (!recording) throw new Error(`The step "${name}" was not recorded.`)
  return recording
}

function readRecording(
  backend: NodeBackend,
  recorder: Recorder,
  step: string,
  args: NamedTensors,
  results: NamedTensors,
  snapshot: Map<tf.Variable, tf.Tensor>,
): Recording {
  const outputs = readOutputs(backend, recorder, results)
  const assignments = readAssignments(backend, recorder, snapshot)
  return {
    step,
    outputs,
    assignments,
    nodes: recorder.nodes,
    constants: recorder.constants,
    arguments: Object.entries(args).map(([name, tensor]): RecordedArgument => ({
      name,
      shape: tensor.shape,
      dtype: tensor.dtype,
      type: typeNumber(backend.binding, tensor.dtype),
    })),
    variables: [...new Set([...recorder.readVariables, ...assignments.map((assignment) => assignment.variable)])],
  }
}
