/** Records one call of a step: puts a recorder before the binding, then undoes what the call did to tf.Variables. */
import * as tf from '@tensorflow/tfjs-core'
import { freshHandle, registeredVariables, tensorId, typeNumber, type NodeBackend } from './backend'
import { watchCheckingKernels } from './checkingKernels'
import { Recorder } from './recorder'
import type { RecordedArgument, RecordedAssignment, RecordedOutput, Recording, TensorSpecification } from './recording'
import type { StepFunction } from './types'
import type { NamedTensors } from '../maths/ops/tensors'

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
