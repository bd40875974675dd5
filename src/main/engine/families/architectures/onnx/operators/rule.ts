/** What an operator of ONNX is here: the attributes and values that are accepted, and how it is planned. */
import type { OnnxAttribute } from '../../../../weights/onnxGraph'
import type { PlanValue } from '../plan'
import type { OperatorCall } from '../call'

export interface AttributeRule {
  readonly kind: OnnxAttribute['kind']
  /** The only values that are accepted; of a list, of its entries. Absent: any. */
  readonly only?: readonly (number | string)[]
}

export interface OperatorRule {
  /** Others are refused. */
  readonly attributes: Readonly<Record<string, AttributeRule>>
  /** Values of the outputs, in order; those that are left out cannot be read. */
  plan(call: OperatorCall): readonly PlanValue[]
}

export const int: AttributeRule = { kind: 'int' }
export const ints: AttributeRule = { kind: 'ints' }
export const float: AttributeRule = { kind: 'float' }
export const only = (kind: AttributeRule['kind'], ...values: (number | string)[]): AttributeRule => ({
  kind,
  only: values,
})

/** An operator without attributes. */
export const plainRule = (plan: OperatorRule['plan']): OperatorRule => ({ attributes: {}, plan })
