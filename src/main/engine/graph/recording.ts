/** What one call of a step did, as data: the nodes it ran and where their inputs came from. */
import type * as tf from '@tensorflow/tfjs-core'
import type { AttributeValue, ConstantTensor } from './graphDef'
import type { Place } from './place'

/** Where a tensor of a step comes from. */
export type Source =
  | { readonly kind: 'argument'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'constant'; readonly index: number }
  | { readonly kind: 'node'; readonly index: number; readonly output: number }

export interface TensorSpecification {
  readonly shape: readonly number[]
  readonly type: number
}

export interface RecordedNode {
  readonly op: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly inputs: readonly Source[]
  readonly outputs: readonly TensorSpecification[]
  readonly place: Place
}

export interface RecordedConstant extends ConstantTensor {
  /** Large with all values equal (tf.zeros, tf.ones of a batch): `content` holds one value. */
  readonly uniform: boolean
  readonly place: Place
}

export interface RecordedArgument extends TensorSpecification {
  readonly name: string
  readonly dtype: tf.DataType
}

export interface RecordedOutput extends TensorSpecification {
  readonly name: string
  readonly source: Source
}

export interface RecordedAssignment {
  readonly variable: string
  readonly source: Source
}

export interface Recording {
  readonly step: string
  readonly arguments: readonly RecordedArgument[]
  readonly nodes: readonly RecordedNode[]
  readonly constants: readonly RecordedConstant[]
  readonly outputs: readonly RecordedOutput[]
  readonly assignments: readonly RecordedAssignment[]
  /** Names of the tf.Variables that the step reads or assigns. */
  readonly variables: readonly string[]
}
