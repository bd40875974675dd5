/** What turns gradients into updates. A new optimizer is one file and its place in the list. */
import { createRegistry, valuesForMember, type ParameterSchema } from '../../../../shared/schema'
import type { Parameter } from '../../maths/nn/types'
import { adam } from './adam'
import { sgd } from './sgd'
import type { Optimizer, OptimizerMember } from './types'

/** With the types of their parameters, for schemas that offer them. */
export const optimizerMembers = [sgd, adam] as const

export const optimizers = createRegistry(
  'optimizer',
  'Optimizers',
  optimizerMembers as unknown as readonly OptimizerMember[],
)

/** The optimizer that `values.optimizer` names, with those of its parameters that show in `schema`. */
export function createOptimizer(
  schema: ParameterSchema,
  values: Readonly<Record<string, unknown>> & { readonly optimizer: string },
  parameters: readonly Parameter[],
): Optimizer {
  const member = optimizers.get(values.optimizer)
  return member.create(valuesForMember(member, schema, values) as never, parameters)
}

export { adam, createAdam } from './adam'
export type { AdamOptions } from './adam'
export { createSgd, sgd } from './sgd'
export type { SgdOptions } from './sgd'
export type { Optimizer, OptimizerMember } from './types'
