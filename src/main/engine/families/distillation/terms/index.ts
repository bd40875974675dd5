/**
 * What synthetic images are asked to be: the loss terms that ZSKT and the inversion methods share. A new term is one
 * file and its place in this list; in the inversion methods its parameters, weight, curve and definition follow.
 */
import { createRegistry, type ParameterSchema, type Together } from '../../../../../shared/schema'
import { activation } from './activation'
import { balance } from './balance'
import { batchNorm } from './batchNorm'
import { contrastive } from './contrastive'
import { disagreement } from './disagreement'
import { norm } from './norm'
import { oneHot } from './oneHot'
import type { LossTerm } from './term'
import { variation } from './variation'

/** The order is that of the sum, on whose last bit it bears. */
const members = [batchNorm, oneHot, disagreement, contrastive, balance, activation, variation, norm] as const

/** Their own parameters' types are forgotten, as in every registry. */
export const terms = createRegistry('term', 'Loss terms', members as unknown as readonly LossTerm[])

/** ZSKT's terms in the order of its sum; it declares their weights with its own defaults. */
export const zsktTerms = [disagreement, batchNorm, oneHot, balance] as unknown as readonly LossTerm[]

/** The parameters of all terms, in their order. */
export const termFields = Object.assign({}, ...members.map(({ params }): ParameterSchema => params)) as Together<
  (typeof members)[number]['params']
>

export { weightOf } from './term'
export type { LossTerm, TermInput } from './term'
