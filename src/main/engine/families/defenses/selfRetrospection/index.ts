import { defineDefense } from '../types'
import { selfRetrospectionMetrics } from './metrics'
import { selfRetrospectionParameters, type SelfRetrospectionParameters } from './parameters'
import { createUniversalPerturbation } from './perturbation'
import { phaseIssues, phaseOf } from './phase'
import { wrapTrainer } from './unlearning'

/** What the reference's sweeps set in all of its programs. */
const reference = {
  rounds: 10,
  learningRate: 5e-4,
  portion: 0.02,
  model: 'teacher',
  update: 'hypergradient',
} as const satisfies Partial<SelfRetrospectionParameters>
/** UnlearnOptimizer, which its CMI and OoD programs share. */
const unlearnOptimizer = {
  ...reference,
  reduction: 'batchMean',
  constantTarget: false,
  penaltyInSearch: false,
} as const satisfies Partial<SelfRetrospectionParameters>
/** The divergence takes T from the scripts' --T, also where the method's own student does not: 20, DFAD 1. */
const inversion = {
  ...unlearnOptimizer,
  temperature: 20,
  optimizer: 'sgd',
  momentum: 0.9,
  weightDecay: 1e-4,
} as const satisfies Partial<SelfRetrospectionParameters>
/** Batches of 512 in 50,000 patches. */
const oodEpoch = 97

/**
 * Self-Retrospection: late in the distillation the student looks for what a backdoor would answer to, a universal
 * perturbation, and unlearns it.
 * p* = argmin_p −KL(f(x) ‖ f(x + p)) + λ‖p‖².
 * update 'hypergradient': θ ← θ − Adam(∇_θ KL(S(x) ‖ S(x + m·p*(θ))) + ∇_θ L_S), the first argument constant, by K
 * fixed-point steps.
 * update 'consistency': θ ← θ − Adam(w · ∇_θ L_S(x + m·p*; T(x))): the student keeps the teacher's clean answer under
 * the perturbation.
 * Reference: Hong et al. 2023 (ABD), zskt/solver.py (sup_backdoor, use_hg), zskt/utils/hypergrad.py;
 * cmi/datafree/unlearn.py UnlearnOptimizer for CMI and OoD, whose
 * differences from the solver are parameters (optimizer, constantTarget, penaltyInSearch, rateEvery, emptyPool,
 * imageWeights); the defaults are the solver's.
 * 'consistency' is ours: first order, for short runs.
 * Differs from the reference: p starts from small random numbers, at least one image is perturbed (`atLeastOneImage`),
 * the passes made only for logging are left out.
 */
export const selfRetrospection = defineDefense({
  id: 'sr',
  title: 'Self-Retrospection',
  short: 'SR',
  summary:
    'Late in the distillation the student looks for a universal perturbation that a backdoor answers to, and unlearns it.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'ABD zskt/solver.py',
  },
  params: selfRetrospectionParameters,
  metrics: selfRetrospectionMetrics,
  // A preset called like a method holds what this defense defaults to with it: the last two epochs, on the method's own
  // schedule.
  presets: {
    zskt: { title: 'Reference, ZSKT CIFAR-10', params: { ...reference, takeover: 600 } },
    gtsrb: {
      title: 'Reference, ZSKT GTSRB',
      params: { ...reference, takeover: 200, temperature: 0.5, squaredTemperature: false },
    },
    cmi: { title: 'Reference, CMI', params: { ...inversion, takeover: 2, emptyPool: true } },
    ood: {
      title: 'Reference, OoD',
      params: { ...unlearnOptimizer, takeover: 2 * oodEpoch, temperature: 8, rateEvery: oodEpoch, imageWeights: false },
    },
    deepinversion: { title: 'DeepInversion', params: { ...inversion, takeover: 2, emptyPool: true } },
    dafl: { title: 'DAFL', params: { ...inversion, takeover: 160, rateEvery: 80 } },
    dfq: { title: 'DFQ', params: { ...inversion, takeover: 80, rateEvery: 40 } },
    dfad: { title: 'DFAD', params: { ...inversion, temperature: 1, takeover: 160, rateEvery: 80 } },
    zskt_inversion: { title: 'ZSKT (inversion setting)', params: { ...inversion, takeover: 160, rateEvery: 80 } },
  },
  // The search for p goes back to the image alone: a backward pass without the weights' half costs as much as a forward
  // pass.
  cost: (values) => ({
    teacherForwardsPerGeneratorImage: 0,
    studentForwardsPerStudentImage:
      (values.model === 'student' ? 3 * values.rounds : 0) +
      (values.update === 'hypergradient' ? 8 + 4 * values.iterations : 0),
    teacherForwardsPerStudentImage: values.model === 'teacher' ? 2 * values.rounds : 0,
    // A derivative of a derivative keeps what both were made from.
    heldStudents: values.update === 'hypergradient' ? 8 : 1,
  }),
  phase: phaseOf,
  // Of its optimizer, which every checkpoint of a student with it holds.
  stateParameters: ['optimizer', 'momentum'],
  perturbation: { against: ({ model }) => model, create: createUniversalPerturbation },
  checks: phaseIssues,
  create(values, context) {
    const phase = phaseOf(values, context.methodTotal)
    const perturbation = createUniversalPerturbation(values, context)
    return {
      id: 'sr',
      ...(values.emptyPool ? { forgetsBefore: phase.start } : {}),
      wrapStudentTrainer: (trainer, distillation) =>
        wrapTrainer(values, { phase, perturbation }, trainer, distillation),
    }
  },
})
