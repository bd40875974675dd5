/** One trainer whose loss weights choose the method. */
import type { ParameterFault, Reference } from '../../../../../shared/schema'
import { cmiGeneratorCost } from '../../architectures/generators/cmi'
import type { ImageShape } from '../../../images/types'
import { faultsOf } from '../faults'
import { defineDistillation, passes, type CostProblem, type DistillationMethod, type MethodWork } from '../types'
import { contrastCost } from './head'
import { inversionParameters, type InversionParameters, type InversionSchema } from './parameters'
import { generatorOptions } from './sources'
import { terms } from '../terms'
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

/**
 * What terms compute at every layer beside the teacher's own pass, in passes as measured (docs/benchmarks-scale.md):
 * batch statistics and their gradients; views, features and the memory bank.
 */
const besideTeacher = ({ batchNormWeight, contrastiveWeight }: InversionParameters): number =>
  (batchNormWeight > 0 ? 1 : 0) + (contrastiveWeight > 0 ? 1.5 : 0)

/** Of the synthesis call and the student updates after it. */
function costOf(values: InversionParameters, { image, teacherFeatures }: CostProblem): MethodWork {
  const made = values.synthesisSteps * values.synthesisBatchSize
  const learnt = values.studentSteps * values.batchSize
  const contrasts = values.contrastiveWeight > 0
  // A kept generator makes each student batch anew; else the images that enter the pool are shown to the teacher once
  // more.
  const [fresh, shown] = values.source === 'generatorKept' ? [learnt, 0] : [0, values.synthesisBatchSize]
  const generator = values.source === 'pixels' ? null : cmiGeneratorCost(generatorOptions(values, image))
  const contrast = contrasts
    ? contrastCost({
        features: teacherFeatures,
        outputs: values.headWidth,
        rows: values.synthesisBatchSize + values.negatives,
      })
    : 0
  return {
    studentForwards: passes.training * learnt + (values.adversarialWeight > 0 ? passes.toImages * made : 0),
    teacherForwards: made * (passes.toImages * (contrasts ? 2 : 1) + besideTeacher(values)) + shown + learnt,
    ownMultiplyAdds:
      (generator?.multiplyAdds ?? 0) * (passes.training * made + fresh) + values.synthesisSteps * contrast,
    ownActivations: (generator?.activations ?? 0) * (passes.training * made + fresh),
    calls: values.synthesisSteps + values.studentSteps,
    defendedImages: made,
    studentImages: learnt,
    held: {
      // Its terms keep what they compare at every layer.
      teacherImages: Math.max(2 * values.synthesisBatchSize * (contrasts ? 2 : 1), values.batchSize),
      studentImages: Math.max(values.adversarialWeight > 0 ? values.synthesisBatchSize : 0, values.batchSize),
      ownActivations: values.synthesisBatchSize * (generator?.activations ?? 0),
    },
  }
}

/** A loss without a term moves nothing, and a generator makes only images of sides that it can double twice. */
function faultsOfInversion(values: InversionParameters, image: ImageShape | undefined): readonly ParameterFault[] {
  const weights = terms.members.map(({ weight }) => weight)
  const aimless = weights.every((weight) => Number(values[weight as keyof InversionParameters]) === 0)
  return [
    ...(aimless
      ? [
          {
            parameter: weights[0],
            wanted: `a weight above 0 for at least one loss term (${weights.join(', ')})`,
            got: '0 for all',
          },
        ]
      : []),
    ...(image && values.source !== 'pixels' ? faultsOf(() => cmiGeneratorCost(generatorOptions(values, image))) : []),
  ]
}

export const defineInversion = ({ defaults, ...member }: InversionMember): DistillationMethod =>
  defineDistillation<InversionSchema>({
    ...member,
    params: inversionParameters(defaults),
    totalPseudoBatches: (values) => values.pseudoBatches,
    synthesisSteps: (values) => values.synthesisSteps,
    cost: costOf,
    lengthParameters: ['pseudoBatches'],
    stateParameters: [
      'source',
      'synthesisBatchSize',
      'batchSize',
      'momentum',
      'latent',
      'generatorWidth',
      'largeGenerator',
      'poolCapacity',
      'keptImages',
      'rounding',
      'contrastiveWeight',
      'bankSize',
      'bankWhenFull',
      'negatives',
      'headWidth',
    ],
    batchParameter: 'batchSize',
    faults: faultsOfInversion,
    batchNormParameters: terms.members.flatMap((term) => (term.needsBatchNorm ? [term.weight] : [])),
    recording: { evaluateEvery: 'callsPerEpoch', imagesEvery: 'callsPerEpoch' },
    createSynthesizer: createInversionSynthesizer,
    createStudentTrainer: createInversionStudent,
  })
