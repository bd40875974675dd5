/** The subset of ONNX that is read: every operator with the attributes and values that are accepted. */
import { elementOperators } from './elements'
import { imageOperators } from './images'
import { productOperators } from './products'
import { reductionOperators } from './reductions'
import { shapeOperators } from './shapes'
import type { OperatorRule } from './rule'

export const operators: ReadonlyMap<string, OperatorRule> = new Map(
  Object.entries({
    ...imageOperators,
    ...elementOperators,
    ...productOperators,
    ...reductionOperators,
    ...shapeOperators,
  }),
)
export type { AttributeRule, OperatorRule } from './rule'
