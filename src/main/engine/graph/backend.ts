/** The parts of tfjs-node's backend that recording and replay reach into. */
import * as tf from '@tensorflow/tfjs-core'
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding'

export type Binding = TFJSBinding
export type HostValues = Float32Array | Int32Array | Uint8Array | Uint8Array[]

export interface TensorMetadata {
  id: number
  shape: number[]
  dtype: number
}

export interface OpAttribute {
  name: string
  type: number
  value: boolean | number | object | string | number[]
}

/** What tfjs-node keeps for a tensor; `values` are host values that no op has used yet. */
interface TensorRecord {
  readonly id: number
  readonly values: HostValues | null
}

/** NodeJSKernelBackend with the members that its declarations call private. */
export interface NodeBackend {
  binding: Binding
  readonly tensorMap: { get(dataId: object): TensorRecord }
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[]
  createOutputTensor(metadata: TensorMetadata): tf.Tensor
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: readonly tf.Tensor[]): tf.Tensor
  write(values: unknown, shape: number[], dtype: tf.DataType): object
  refCount(dataId: object): number
}

/** The running TensorFlow backend. */
export function nodeBackend(): NodeBackend {
  const backend: unknown = tf.findBackend('tensorflow')
  if (typeof backend !== 'object' || backend === null || !('binding' in backend)) {
    throw new Error('TensorFlow is not running in this process; start the runtime first.')
  }
  return backend as NodeBackend
}

/** All tf.Variables of this process, by name. */
export function registeredVariables(): Readonly<Record<string, tf.Variable>> {
  return tf.engine().state.registeredVariables
}

/** TensorFlow's DataType number of a tfjs dtype. */
export function typeNumber(binding: Binding, dtype: tf.DataType): number {
  switch (dtype) {
    case 'float32':
      return binding.TF_FLOAT
    case 'int32':
      return binding.TF_INT32
    case 'bool':
      return binding.TF_BOOL
    case 'complex64':
      return binding.TF_COMPLEX64
    case 'string':
      return binding.TF_STRING
    default:
      throw new Error(`Unknown dtype: ${String(dtype)}`)
  }
}

/** A new tensor with its own id over the same buffer: what is done to one does not show in the other's name. */
export function freshHandle(backend: NodeBackend, tensor: tf.Tensor): tf.Tensor {
  const type = typeNumber(backend.binding, tensor.dtype)
  return backend.executeSingleOutput(
    'Identity',
    [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: type }],
    [tensor],
  )
}

/** The binding's id of a tensor, after its host values (if they still wait) went to the device. */
export function tensorId(backend: NodeBackend, tensor: tf.TensorInfo): number {
  const [id] = backend.getInputTensorIds([tensor])
  if (id === undefined) throw new Error('The backend gave no id for a tensor.')
  return id
}
