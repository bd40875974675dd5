/** One trainer whose loss weights choose the method. */
import type { Reference } from '../../../../shared/schema'
import { cmiGeneratorCost } from '../../architectures/generators/cmi'
import type { ImageShape } from '../../datasets/types'
import { defineDistillation } from '../types'
import type { DistillationMethod } from '../types'
import { inversionParameters } from './parameters'
import type { InversionParameters, InversionSchema } from './parameters'
import { generatorOptions } from './sources'
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
function costOf(values: InversionParameters, image: ImageShape): ReturnType<DistillationMethod<InversionSchema>['cost']> {
  const made = values.synthesisSteps * values.synthesisBatchSize
  const learnt = values.studentSteps * values.batchSize
  return {
    studentForwards: bothWays * learnt + (values.adversarialWeight > 0 ? bothWays * made : 0),
    teacherForwards: bothWays * made * (values.contrastiveWeight > 0 ? 2 : 1) + learnt,
    ...(values.source === 'pixels' ? { generatorForwards: 0, generatorMultiplyAdds: 0 }
      : { generatorForwards: bothWays * made, generatorMultiplyAdds: cmiGeneratorCost(generatorOptions(values, image)).multiplyAdds }),
    defendedImages: made, studentImages: learnt,
  }
}

export const defineInversion = ({ defaults, ...member }: InversionMember): DistillationMethod => defineDistillation<InversionSchema>({
  ...member,
  params: inversionParameters(defaults),
  totalPseudoBatches: (values) => values.pseudoBatches,
  cost: costOf,
  metrics: metricsOfTerms(inversionTerms),
  batchNormParameters: inversionTerms.flatMap((term) => term.needsBatchNorm ? [term.weight] : []),
  recording: { evaluateEvery: 'callsPerEpoch', imagesEvery: 'callsPerEpoch' },
  createSynthesizer: createInversionSynthesizer,
  createStudentTrainer: createInversionStudent,
})
