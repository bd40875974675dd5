import { defineDefense } from '../types'
import { selfRetrospectionParameters } from './parameters'
import type { SelfRetrospectionParameters } from './parameters'
import { createUniversalPerturbation } from './perturbation'
import { wrapTrainer } from './trainer'
import type { Phase } from './trainer'

const phaseOf = (values: SelfRetrospectionParameters, methodTotal: number): Phase =>
  ({ start: Math.max(0, methodTotal - values.takeover), total: methodTotal + values.extra })

/**
 * Self-Retrospection: late in the distillation the student looks for what a backdoor would answer to, a universal perturbation, and unlearns it.
 * p* = argmin_p −KL(f(x) ‖ f(x + p)) + λ‖p‖².
 * update 'hypergradient': θ ← θ − Adam(∇_θ KL(S(x) ‖ S(x + m·p*(θ))) + ∇_θ L_S), the first argument constant, by K fixed-point steps.
 * update 'consistency': θ ← θ − Adam(w · ∇_θ L_S(x + m·p*; T(x))): the student keeps the teacher's clean answer under the perturbation.
 * Reference: Hong et al. 2023 (ABD), zskt/solver.py (sup_backdoor, use_hg), utils/hypergrad.py. 'consistency' is ours: first order, for short runs.
 * Differs from the reference: p starts from small random numbers, at least one image is perturbed, the passes made only for logging are left out. Around CMI the reference steps with the student's
 * SGD and leaves λ out of the search for p (cmi/datafree/unlearn.py); here Adam and λ serve every method.
 */
export const selfRetrospection = defineDefense({
  id: 'sr',
  title: 'Self-Retrospection',
  summary: 'Late in the distillation the student looks for a universal perturbation that a backdoor answers to, and unlearns it.',
  reference: { citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers', link: 'https://arxiv.org/abs/2306.02368', place: 'ABD zskt/solver.py' },
  params: selfRetrospectionParameters,
  presets: {
    cifar10: { title: 'CIFAR-10 (reference)', params: { takeover: 600, rounds: 10, learningRate: 5e-4, portion: 0.02, model: 'teacher', update: 'hypergradient' } },
    gtsrb: { title: 'GTSRB (reference)', params: { takeover: 200, rounds: 10, learningRate: 5e-4, portion: 0.02, model: 'teacher', update: 'hypergradient' } },
    cmi: { title: 'CMI on CIFAR-10 (reference)', params: { takeover: 2, rounds: 10, learningRate: 5e-4, portion: 0.02, model: 'teacher', update: 'hypergradient', reduction: 'batchMean', temperature: 20 } },
    ood: { title: 'One image on CIFAR-10 (reference)', params: { takeover: 2 * 97, rounds: 10, learningRate: 5e-4, portion: 0.02, model: 'teacher', update: 'hypergradient', reduction: 'batchMean', temperature: 8 } },
  },
  cost: (values) => ({
    teacherForwardsPerGeneratorImage: 0,
    studentForwardsPerStudentImage: (values.model === 'student' ? 3 * values.rounds + 1 : 0) + (values.update === 'hypergradient' ? 8 + 6 * values.iterations : 0),
    teacherForwardsPerStudentImage: values.model === 'teacher' ? 3 * values.rounds : 0,
  }),
  phase: phaseOf,
  create(values, context) {
    const phase = phaseOf(values, context.methodTotal)
    const perturbation = createUniversalPerturbation(values, context)
    return { id: 'sr', wrapStudentTrainer: (trainer, distillation) => wrapTrainer(values, phase, perturbation, trainer, distillation) }
  },
})
