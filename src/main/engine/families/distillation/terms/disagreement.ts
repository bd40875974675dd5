import { ExhaustiveError } from '../../../../../shared/errors'
import { choice, number } from '../../../../../shared/schema'
import { agreedDivergence, jensenShannon, logitDistance, wholeDivergence } from '../../../maths/losses/disagreement'
import { klDivergence } from '../../../maths/losses/divergence'
import { defineTerm, lossMetric } from './term'

const jensenShannonTemperature = 3

export const disagreement = defineTerm({
  id: 'disagreement',
  title: 'Disagreement',
  summary: 'Images on which student and teacher disagree.',
  reference: {
    citation: 'Micaelli & Storkey 2019 (ZSKT); Fang et al. 2019 (DFAD)',
    link: 'https://arxiv.org/abs/1905.09768',
  },
  params: {
    adversarialWeight: number({
      label: 'Adversarial weight',
      default: 0.5,
      min: 0,
      max: 1e4,
      help: 'Weight of the disagreement of student and teacher that the images shall cause; 0 inverts without the student.',
    }),
    adversarial: choice({
      label: 'Disagreement',
      default: 'agreed',
      help: 'How far apart student and teacher are.',
      visibleWhen: { field: 'adversarialWeight', greaterThan: 0 },
      options: [
        { value: 'agreed', label: 'KL where both decide alike (CMI)' },
        { value: 'kl', label: 'KL (DFQ, ZSKT)' },
        { value: 'jensenShannon', label: 'Jensen–Shannon, T = 3 (DeepInversion)' },
        { value: 'logits', label: 'Mean |S − T| of the logits (DFAD)' },
      ],
    }),
  },
  weight: 'adversarialWeight',
  sign: -1,
  metrics: lossMetric({
    title: 'Disagreement',

    unit: '',
    definition:
      'How far student and teacher disagree on the synthetic images, as configured: KL(teacher ‖ student) over all of them or where both decide alike, Jensen–Shannon at T = 3, or mean |S − T| of the logits. The synthesis raises it.',
    formerly: ['loss.disagreement'],
  }),
  value(input, { adversarial }) {
    const student = input.student()
    const teacher = input.teacher.logits
    if (input.divergence) return klDivergence(student, teacher, input.divergence)
    switch (adversarial) {
      case 'agreed':
        return agreedDivergence(student, teacher)
      case 'kl':
        return wholeDivergence(student, teacher)
      case 'jensenShannon':
        return jensenShannon(student, teacher, jensenShannonTemperature)
      case 'logits':
        return logitDistance(student, teacher)
      default:
        throw new ExhaustiveError(adversarial)
    }
  },
})
