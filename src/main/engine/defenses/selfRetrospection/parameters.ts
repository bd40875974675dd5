/** Self-Retrospection's parameters; the reference's values are the defaults. */
import { choice, integer, number } from '../../../../shared/schema'
import type { ValuesOf } from '../../../../shared/schema'

export const selfRetrospectionParameters = {
  takeover: integer({ label: 'Takes over', unit: 'pseudo batches before the end', default: 600, min: 0, max: 10_000_000, help: 'How many pseudo batches before the end of the distillation it begins. The reference resumes 80,000 pseudo batches at 79,400. 0: after the end.' }),
  extra: integer({ label: 'Goes on for', unit: 'further pseudo batches', default: 0, min: 0, max: 1_000_000, help: 'Pseudo batches after the distillation’s own end; the generator rests then.' }),
  update: choice({
    label: 'Unlearning', default: 'hypergradient', help: 'How the student is made to forget what the perturbation finds.',
    options: [
      { value: 'hypergradient', label: 'Hypergradient (reference)', help: 'The student’s own answer must not move under the perturbation; the gradient also counts how the perturbation would follow the weights.' },
      { value: 'consistency', label: 'Consistency', help: 'Some images carry the perturbation, all must keep the teacher’s clean answer. First order, fast.' },
    ],
  }),
  iterations: integer({ label: 'Fixed-point iterations', default: 5, min: 1, max: 100, help: 'K of the hypergradient.', advanced: true, visibleWhen: { field: 'update', equals: 'hypergradient' } }),
  fixedPointStep: number({ label: 'Fixed-point step', default: 0.1, min: 1e-6, max: 10, help: 'Step of the map that the fixed point belongs to; 0.1 in the reference, whatever the perturbation’s own learning rate.', advanced: true, visibleWhen: { field: 'update', equals: 'hypergradient' } }),
  model: choice({
    label: 'Perturbation against', default: 'teacher', help: 'Whose answers the perturbation changes. The reference’s sweeps use the teacher, its command line defaults to the student.',
    options: [{ value: 'teacher', label: 'The teacher' }, { value: 'student', label: 'The student (training mode)' }],
  }),
  rounds: integer({ label: 'Perturbation rounds', default: 10, min: 1, max: 1000, help: 'Adam steps on the universal perturbation per student update. The reference’s sweeps use 10 and 20.' }),
  perturbationLearningRate: number({ label: 'Perturbation learning rate', default: 0.1, min: 1e-6, max: 100, logarithmic: true, help: 'Adam, begun anew for each perturbation.' }),
  perturbationPenalty: number({ label: 'Perturbation penalty', default: 0.001, min: 0, max: 10, help: 'Weight of ‖p‖² against the divergence it causes.', advanced: true }),
  perturbationStart: number({ label: 'Perturbation start', default: 0.001, min: 0, max: 1, help: 'Standard deviation of p’s random start. At exactly 0 the divergence is at its minimum and rounding noise would choose the direction, as it does in the reference.', advanced: true }),
  temperature: number({ label: 'Temperature', default: 1, min: 0.01, max: 1000, help: 'T in T² · KL(·/T ‖ ·/T) of the perturbation. 1 for ZSKT; the reference’s CMI and OoD programs take the method’s own (20 and 8).', advanced: true }),
  reduction: choice({
    label: 'KL reduction', default: 'mean', help: 'How the divergence of the perturbation is averaged.', advanced: true,
    options: [{ value: 'mean', label: 'Per image and class (reference)' }, { value: 'batchMean', label: 'Per image' }],
  }),
  portion: number({ label: 'Perturbed share', unit: 'of the batch', default: 0.02, min: 0, max: 1, step: 0.01, help: 'Share of a student batch, drawn at random, that carries the perturbation; at least one image does (the reference’s int() gives none below 50 images).' }),
  distillationWeight: number({ label: 'Distillation weight', default: 1, min: 0, max: 1e6, help: 'Factor on the method’s loss; T² with a temperature T keeps its gradient at the usual size. 1 in the reference.' }),
  learningRate: number({ label: 'Learning rate', default: 5e-4, min: 1e-7, max: 1, logarithmic: true, help: 'A new Adam for the student; cosine to 0 over the phase.' }),
  gradientClip: number({ label: 'Gradient clip', default: 0, min: 0, max: 1e6, help: 'Global norm; 0 does not clip. The reference does not clip here.', advanced: true, visibleWhen: { field: 'update', equals: 'consistency' } }),
  settle: integer({ label: 'Settling passes', default: 0, min: 0, max: 1000, help: 'Training-mode passes over clean synthetic batches at the very end, so that the running statistics forget the perturbation.', advanced: true }),
}
export type SelfRetrospectionParameters = ValuesOf<typeof selfRetrospectionParameters>

/** How many images of a student batch carry the perturbation: int(N · portion), as the reference counts, but never none. */
export const perturbedCount = (count: number, portion: number): number => Math.max(1, Math.trunc(count * portion))
