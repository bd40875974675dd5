/** What a loss term of the inversion is: one file beside this one, and one line in the list. */
import type * as tf from '@tensorflow/tfjs-core'
import type { MemberMetricName, MetricDefinition, ParameterSchema, ValuesOf } from '../../../../../../shared/schema'
import type { BatchStatistics, ClassifierOutput } from '../../../../maths/nn/types'

/** Everything a term may look at; tensors of the step. */
export interface InversionInput {
  /** Before views and normalisation. */
  readonly images: tf.Tensor4D
  /** The teacher's answer to the global view, evaluation mode. */
  readonly teacher: ClassifierOutput
  /** Of the same pass, one per batch-norm layer. */
  readonly statistics: readonly BatchStatistics[]
  /** The student's answer to the global view, evaluation mode; only where a term asks for it. */
  readonly student: () => tf.Tensor2D
  /** The classes that were drawn for the images, where they were. */
  readonly classes?: tf.Tensor1D
  /** The contrastive loss of global and local view. */
  readonly contrast: () => tf.Scalar
}

/** L = Σ sign · weight · value over the terms whose weight is not 0. */
export interface InversionTerm<S extends ParameterSchema = ParameterSchema> {
  /** Name among the step's outputs. */
  readonly id: string
  /** Its weight and whatever else belongs to it alone; they join the parameters of all inversion methods. */
  readonly params: S
  /** Which of the parameters is the weight. */
  readonly weight: keyof S & string
  /** −1 where the synthesis raises the value. */
  readonly sign?: -1
  /** Its value without its weight is recorded as `<id>.loss`. */
  readonly metrics: { readonly loss: MetricDefinition }
  /** Whether the teacher must have batch-norm layers. */
  readonly needsBatchNorm?: true
  value(input: InversionInput, values: ValuesOf<S>): tf.Scalar
}

/** Types the term's own parameters. */
export const defineTerm = <S extends ParameterSchema>(term: InversionTerm<S>): InversionTerm<S> => term

/** Signed weight of a term in the total. */
export const weightOf = (
  { weight, sign }: Pick<InversionTerm, 'weight' | 'sign'>,
  values: Readonly<Record<string, unknown>>,
): number => (sign ?? 1) * Number(values[weight])

export const metricNameOf = ({ id }: Pick<InversionTerm, 'id'>): MemberMetricName => `${id}.loss`

/** What the chart says of a term's value, recorded as `<id>.loss`. */
export const lossMetric = (metric: Omit<MetricDefinition, 'group'>): { loss: MetricDefinition } => ({
  loss: {
    ...metric,
    group: 'loss',
    definition: `${metric.definition} Before its weight; of a synthesis call: of the step whose images are kept, else of its last.`,
  },
})
