/** What a loss term of synthetic images is: one file beside this one, and one line in the list. */
import type * as tf from '@tensorflow/tfjs-core'
import type { MemberDeclaration, MetricDefinition, ParameterSchema, ValuesOf } from '../../../../../shared/schema'
import type { DivergenceOptions } from '../../../maths/losses/divergence'
import type { BatchStatistics, ClassifierOutput } from '../../../maths/nn/types'

/** Everything a term may look at; tensors of the step. */
export interface TermInput {
  /** Before views and normalisation. */
  readonly images: tf.Tensor4D
  /** The teacher's answer to the images as it is shown them, evaluation mode. */
  readonly teacher: ClassifierOutput
  /** Of the same pass, one per batch-norm layer; empty where no term reads them. */
  readonly statistics: readonly BatchStatistics[]
  /** How a method sums the distances of layers up. */
  readonly layers: 'sum' | 'mean'
  /** The student's answer to the same images; only where a term asks for it. */
  readonly student: () => tf.Tensor2D
  /** The method's own divergence of student and teacher, where it does not leave the choice to the term. */
  readonly divergence?: DivergenceOptions
  /** The classes that were drawn for the images, where they were. */
  readonly classes?: tf.Tensor1D | undefined
  /** The contrastive loss of two views, where the method has a head to compare them. */
  readonly contrast?: () => tf.Scalar
}

/** L = Σ sign · weight · value over the terms whose weight is not 0. */
export interface LossTerm<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Which of the parameters is the weight; the others belong to the term too and join those of its methods. */
  readonly weight: keyof S & string
  /** −1 where the synthesis raises the value. */
  readonly sign?: -1
  /** Its value without its weight is recorded as `<id>.loss`. */
  readonly metrics: { readonly loss: MetricDefinition }
  /** Whether the teacher must have batch-norm layers. */
  readonly needsBatchNorm?: true
  /** Whether it reads `statistics`, which cost a pass over each layer's input. */
  readonly readsStatistics?: true
  value(input: TermInput, values: ValuesOf<S>): tf.Scalar
}

/** Types the term's own parameters. */
export const defineTerm = <S extends ParameterSchema>(term: LossTerm<S>): LossTerm<S> => term

/** Signed weight of a term in the total. */
export const weightOf = (
  { weight, sign }: Pick<LossTerm, 'weight' | 'sign'>,
  values: Readonly<Record<string, unknown>>,
): number => (sign ?? 1) * Number(values[weight])

/** What the chart says of a term's value, recorded as `<id>.loss`. */
export const lossMetric = (metric: Omit<MetricDefinition, 'group'>): { loss: MetricDefinition } => ({
  loss: {
    ...metric,
    group: 'loss',
    definition: `${metric.definition} Before its weight; of a synthesis call: of the step whose images are kept, else of its last.`,
  },
})
