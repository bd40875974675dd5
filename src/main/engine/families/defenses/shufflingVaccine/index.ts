import { defineDefense } from '../types'
import { vaccineMetrics } from './metrics'
import { lateSelectionIssues, params, selectionIssues } from './parameters'
import { createVaccine } from './vaccine'

/**
 * Shuffling Vaccine: an ensemble of channel-shuffled teachers forgets what is learnt in sparse pathways less than what
 * is learnt in many;
 * samples that it still classifies as the teacher does are suspected to carry the trigger and are made unattractive to
 * the generator.
 * penalty = −c · Σ_i m_i · KL(T(x_i) ‖ mean_e T_e(x_i)) / Σ_i m_i with m_i = [argmax T_e-mean = argmax T].
 * Reference: Hong et al. 2023 (ABD), zskt/utils/syn_vaccine.py BackdoorSuspectLoss. Differs from the reference: the
 * selection test pools
 * each pseudo batch once instead of eleven times, and keeps no gradient graph in the pool.
 */
export const shufflingVaccine = defineDefense({
  id: 'sv',
  title: 'Shuffling Vaccine',
  short: 'SV',
  summary: 'Shuffled copies of the teacher spot images that carry the trigger; the generator is kept away from them.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'ABD zskt/utils/syn_vaccine.py',
  },
  compatibleWith: ({ usesRealImages }) => (usesRealImages ? 'its images are real, none are synthesised' : true),
  needsHiddenConvolutions: true,
  checks: selectionIssues,
  // Its ensemble is drawn, and its selection decided, once.
  stateParameters: ['members', 'layers', 'testBatches', 'trials', 'tailRatio'],
  joins: lateSelectionIssues,
  params,
  metrics: vaccineMetrics,
  presets: {
    cifar10: { title: 'CIFAR-10 (reference)', params: { coefficient: 0.1, testBatches: 0 } },
    gtsrb: { title: 'GTSRB (reference)', params: { coefficient: 0.1, testBatches: 50 } },
  },
  cost: (values) => ({
    teacherForwardsPerGeneratorImage: 3 * values.members,
    studentForwardsPerStudentImage: 0,
    teacherForwardsPerStudentImage: 0,
    // Members start from the teacher's activations and are gone through one after the other.
    heldTeachers: 0.5,
  }),
  create: createVaccine,
})
