/** One trainer whose loss weights choose the method. */
import type { ParameterFault, Reference } from '../../../../shared/schema'
import { cmiGeneratorStart } from '../../architectures/generators/cmi'
import type { ImageShape } from '../../datasets/types'
import { faultsOf } from '../faults'
import { defineDistillation } from '../types'
import type { DistillationMethod } from '../types'
import { inversionParameters } from './parameters'
import type { InversionParameters, InversionSchema } from './parameters'
import { inversionTerms, metricsOfTerms } from './terms'
import { createInversionStudent } from './student'
import { createInversionSynthesizer } from './synthesizer'

export interface InversionMember {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly reference: Reference
  readonly defaults: Partial<InversionParameters>
  readonly presets: Record<string, { title: string; params: Partial<InversionParameters> }>
}

/** A forward and a backward pass, in units of a forward pass. */
const bothWays = 3

/** Forward passes per synthesis call. */
function costOf(values: InversionParameters): ReturnType<DistillationMethod<InversionSchema>['cost']> {
  const made = values.synthesisSteps * values.synthesisBatchSize
  const learnt = values.studentSteps * values.batchSize
  return {
    studentForwards: bothWays * learnt + (values.adversarialWeight > 0 ? bothWays * made : 0),
    teacherForwards: bothWays * made * (values.contrastiveWeight > 0 ? 2 : 1) + learnt,
    generatorForwards: values.source === 'pixels' ? 0 : bothWays * made, generatorWidth: values.generatorWidth * (values.largeGenerator ? 3 : 2),
    defendedImages: made, studentImages: learnt,
  }
}

/** A loss without a term moves nothing, and a generator makes only images of sides that it can double twice. */
function faultsOfInversion(values: InversionParameters, image: ImageShape | undefined): readonly ParameterFault[] {
  const weights = inversionTerms.map(({ weight }) => weight)
  const aimless = weights.every((weight) => Number(values[weight as keyof InversionParameters]) === 0)
  return [
    ...(aimless ? [{ parameter: weights[0], wanted: `a weight above 0 for at least one loss term (${weights.join(', ')})`, got: '0 for all' }] : []),
    ...(image && values.source !== 'pixels' ? faultsOf(() => cmiGeneratorStart({ height: image.height, imageWidth: image.width })) : []),
  ]
}

export const defineInversion = ({ defaults, ...member }: InversionMember): DistillationMethod => defineDistillation<InversionSchema>({
  ...member,
  params: inversionParameters(defaults),
  totalPseudoBatches: (values) => values.pseudoBatches,
  cost: costOf,
  faults: faultsOfInversion,
  metrics: metricsOfTerms(inversionTerms),
  batchNormParameters: inversionTerms.flatMap((term) => term.needsBatchNorm ? [term.weight] : []),
  recording: { evaluateEvery: 'callsPerEpoch', imagesEvery: 'callsPerEpoch' },
  createSynthesizer: createInversionSynthesizer,
  createStudentTrainer: createInversionStudent,
})
