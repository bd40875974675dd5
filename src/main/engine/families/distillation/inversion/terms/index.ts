/**
 * The loss terms of inversion. A new term is one file and its place in this list; its parameters, weight, curve and
 * definition follow.
 */
import type { ParameterSchema } from '../../../../../../shared/schema'
import { activation } from './activation'
import { balance } from './balance'
import { batchNorm } from './batchNorm'
import { contrastive } from './contrastive'
import { disagreement } from './disagreement'
import { norm } from './norm'
import { oneHot } from './oneHot'
import type { InversionTerm } from './term'
import { variation } from './variation'

const terms = [batchNorm, oneHot, disagreement, contrastive, balance, activation, variation, norm] as const

/** Their own parameters' types are forgotten, as in registries. */
export const inversionTerms = terms as unknown as readonly InversionTerm[]

type Together<Union> = (Union extends unknown ? (member: Union) => void : never) extends (member: infer All) => void
  ? All
  : never
type TermSchema = Together<(typeof terms)[number]['params']>

/** The parameters of all terms, in their order. */
export const termFields = Object.assign({}, ...terms.map(({ params }): ParameterSchema => params)) as TermSchema

export { metricNameOf, weightOf } from './term'
export type { InversionInput, InversionTerm } from './term'
