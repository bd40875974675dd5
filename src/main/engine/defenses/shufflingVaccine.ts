import * as tf from '@tensorflow/tfjs-core'
import { boolean, integer, number } from '../../../shared/schema'
import type { ValuesOf } from '../../../shared/schema'
import type { ActiveDefense, PseudoBatch } from '../distillation/types'
import type { StepRunner } from '../graph/types'
import { float32Tensor, toFloat32 } from '../importers/weights'
import { createShuffledEnsemble, shuffledEnsembleLogits, suspectKl, tailTest, vaccinePenalty, vaccineWeights } from '../losses/shufflingVaccine'
import type { DefenseContext } from './types'
import { defineDefense } from './types'

const params = {
  coefficient: number({ label: 'Coefficient', default: 0.1, min: 0, max: 1000, help: 'Weight of the penalty in the generator’s loss; where images come from a picture, of the suspected patches, which the student unlearns.' }),
  members: integer({ label: 'Ensemble', unit: 'teachers', default: 3, min: 1, max: 32, help: 'Copies of the teacher with shuffled channels; their logits are averaged.' }),
  layers: integer({ label: 'Shuffled layers', default: 5, min: 1, max: 200, help: 'The last so many convolutions whose input channels are permuted.' }),
  testBatches: integer({
    label: 'Selection test after', unit: 'pseudo batches', default: 0, min: 0, max: 100_000,
    help: 'The penalty stays off until then; the pooled images decide whether the shuffles are kept. 0: no test, on from the first step (CIFAR-10). GTSRB: 50.',
  }),
  trials: integer({ label: 'Trials', default: 8, min: 1, max: 100, help: 'Ensembles tried by the selection test, the first included; after so many failures the defense stays off.', visibleWhen: { field: 'testBatches', greaterThan: 0 } }),
  tailRatio: number({ label: 'Accepted tail ratio', default: 0.02, min: 0, max: 1, help: 'The ensemble is accepted when more than this share of log10 KL lies below mean − 3 standard deviations.', visibleWhen: { field: 'testBatches', greaterThan: 0 } }),
  shuffledGradient: boolean({ label: 'Gradient through the shuffled teachers', default: true, advanced: true, help: 'Off: their logits are constants for the generator (the reference’s no_shuf_grad).' }),
}
type VaccineParameters = ValuesOf<typeof params>

/** The first pooled pseudo batch; the reference compares the pseudo-batch count with its 11 iterations per batch. */
const firstPooledBatch = 11

interface Pool { images: tf.Tensor4D[] }

function create(values: VaccineParameters, context: DefenseContext): ActiveDefense {
  const { teacher, program, state } = context
  const stream = context.stream('shuffles')
  const ensemble = createShuffledEnsemble(teacher, { members: values.members, layers: values.layers, stream })
  ensemble.members.forEach((member, index) => state.addNetwork(`shuffled${index}`, member))
  const pool: Pool = { images: [] }
  let decided = values.testBatches === 0
  let coefficient = decided ? values.coefficient : 0
  state.addPlain('shufflingVaccine', {
    read: () => ({ decided, coefficient }),
    write: (saved) => {
      decided = saved.decided === true
      coefficient = Number(saved.coefficient ?? 0)
    },
  })
  state.addPooled('shufflingVaccinePool', {
    read: () => new Map(pool.images.map((images, index) => [String(index), float32Tensor(images.shape, Float32Array.from(images.dataSync()))])),
    write: (saved) => {
      tf.dispose(pool.images)
      pool.images = [...saved.values()].map((tensor) => tf.tensor4d(toFloat32(tensor), tensor.shape as [number, number, number, number]))
    },
  })
  let suspectRunner: StepRunner | undefined
  const suspectStep = (): StepRunner => suspectRunner ??= program.compile('suspect', ({ images, teacherLogits }) => {
    const shuffled = shuffledEnsembleLogits(ensemble, images as tf.Tensor4D)
    return suspectKl(shuffled, teacherLogits as tf.Tensor2D)
  })

  const klOf = (images: tf.Tensor4D, teacherLogits: tf.Tensor2D): { kl: number[]; mask: number[] } => {
    const outputs = suspectStep().run({ images, teacherLogits })
    const result = { kl: [...(outputs.kl?.dataSync() ?? [])], mask: [...(outputs.mask?.dataSync() ?? [])] }
    tf.dispose(outputs)
    return result
  }

  let teacherRunner: StepRunner | undefined
  const teacherLogitsOf = (images: tf.Tensor4D): tf.Tensor2D => {
    teacherRunner ??= program.compile('suspectTeacher', (args) => ({ logits: teacher.forward(args.images as tf.Tensor4D, { training: false }).logits }))
    const { logits } = teacherRunner.run({ images })
    if (!logits) throw new Error('The teacher gave no logits.')
    return logits as tf.Tensor2D
  }

  /** Re-shuffles until the tail test accepts, at most `trials` times; returns the last ratio. */
  const select = (): number => {
    let ratio = 0
    for (let trial = 0; trial < values.trials; trial++) {
      const kl = pool.images.flatMap((images) => {
        const logits = teacherLogitsOf(images)
        const found = klOf(images, logits).kl
        logits.dispose()
        return found
      })
      const test = tailTest(kl, values.tailRatio)
      ratio = test.ratio
      if (test.accepted) {
        coefficient = values.coefficient
        break
      }
      if (trial + 1 < values.trials) {
        program.readState()
        ensemble.reshuffle(stream)
        program.writeState()
      }
    }
    decided = true
    tf.dispose(pool.images)
    pool.images = []
    return ratio
  }

  return {
    id: 'sv',
    synthesizerTermActive: () => decided && coefficient > 0,
    synthesizerArguments: () => ({ coefficient: tf.scalar(coefficient) }),
    synthesizerTerm: ({ images, teacherLogits, teacherActivations, args }) => {
      const shuffled = shuffledEnsembleLogits(ensemble, images, teacherActivations)
      const { penalty, maskRate } = vaccinePenalty(shuffled, teacherLogits, args.coefficient as tf.Scalar, { shuffledGradient: values.shuffledGradient })
      return { loss: penalty, outputs: { svPenalty: penalty, svMaskRate: maskRate } }
    },
    studentWeights: ({ images, teacherLogits, teacherActivations, args }) => {
      const { weights, maskRate } = vaccineWeights(shuffledEnsembleLogits(ensemble, images, teacherActivations), teacherLogits, args.coefficient as tf.Scalar)
      return { weights, outputs: { svMaskRate: maskRate } }
    },
    afterPseudoBatch(batch: PseudoBatch, position) {
      if (decided) return {}
      if (position.index >= firstPooledBatch && position.index < values.testBatches) pool.images.push(batch.images.clone())
      if (position.index + 1 < values.testBatches) return {}
      return pool.images.length === 0 ? {} : { svTailRatio: select() }
    },
    suspects: (batch) => klOf(batch.images, batch.teacherLogits).mask,
  }
}

/**
 * Shuffling Vaccine: an ensemble of channel-shuffled teachers forgets what is learnt in sparse pathways less than what is learnt in many;
 * samples that it still classifies as the teacher does are suspected to carry the trigger and are made unattractive to the generator.
 * penalty = −c · Σ_i m_i · KL(T(x_i) ‖ mean_e T_e(x_i)) / Σ_i m_i with m_i = [argmax T_e-mean = argmax T].
 * Reference: Hong et al. 2023 (ABD), zskt/utils/syn_vaccine.py BackdoorSuspectLoss. Differs from the reference: the selection test pools
 * each pseudo batch once instead of eleven times, and keeps no gradient graph in the pool.
 */
export const shufflingVaccine = defineDefense({
  id: 'sv',
  title: 'Shuffling Vaccine',
  summary: 'Shuffled copies of the teacher spot images that carry the trigger; the generator is kept away from them.',
  reference: { citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers', link: 'https://arxiv.org/abs/2306.02368', place: 'ABD zskt/utils/syn_vaccine.py' },
  needsSynthesis: true,
  params,
  presets: {
    cifar10: { title: 'CIFAR-10 (reference)', params: { coefficient: 0.1, testBatches: 0 } },
    gtsrb: { title: 'GTSRB (reference)', params: { coefficient: 0.1, testBatches: 50 } },
  },
  cost: (values) => ({ teacherForwardsPerGeneratorImage: 3 * values.members, studentForwardsPerStudentImage: 0, teacherForwardsPerStudentImage: 0 }),
  create,
})
