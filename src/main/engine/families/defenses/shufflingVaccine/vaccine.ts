import * as tf from '@tensorflow/tfjs-core'
import type { ActiveDefense, Position, StepMetrics } from '../../distillation/types'
import type { StepRunner } from '../../../graph/types'
import {
  createShuffledEnsemble,
  shuffledEnsembleLogits,
  suspectKl,
  vaccinePenalty,
  vaccineWeights,
} from '../../../maths/losses/shufflingVaccine'
import type { DefenseContext } from '../types'
import type { VaccineParameters } from './parameters'
import { createSuspectReport } from './report'
import { createSelectionPool, selectShuffles } from './selection'

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export function createVaccine(values: VaccineParameters, context: DefenseContext): ActiveDefense {
  const { teacher, program, state, tell } = context
  const stream = context.stream('shuffles')
  const ensemble = createShuffledEnsemble(teacher, { members: values.members, layers: values.layers, stream })
  ensemble.members.forEach((member, index) => state.addNetwork(`shuffled${index}`, member))
  const pool = createSelectionPool(values.testBatches, state)
  const runners = new Map<number, StepRunner>()
  /** A captured step has one shape: one for each number of images that is asked for. */
  const suspectStep = (count: number): StepRunner => {
    const known = runners.get(count)
    if (known) return known
    const made = program.compile(`suspect@${count}`, ({ images }) =>
      tf.tidy(() => {
        const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
        return { ...suspectKl(shuffledEnsembleLogits(ensemble, images as tf.Tensor4D, activations), logits) }
      }),
    )
    runners.set(count, made)
    return made
  }
  const measured = (images: tf.Tensor4D): { kl: number[]; mask: number[] } => {
    const outputs = suspectStep(images.shape[0]).run({ images })
    const result = { kl: [...(outputs.kl?.dataSync() ?? [])], mask: [...(outputs.mask?.dataSync() ?? [])] }
    tf.dispose(outputs)
    return result
  }

  const report = createSuspectReport(values, context, (images) => measured(images).kl)
  let decided = values.testBatches === 0
  let coefficient = decided ? values.coefficient : 0
  /** Synthesis steps so far, where a pseudo batch is made of many; null until one was seen. */
  let synthesisSteps: number | null = null
  state.addPlain('shufflingVaccine', {
    read: () => ({ decided, coefficient, synthesisSteps, ...report.read() }),
    write: (saved) => {
      decided = saved.decided === true
      coefficient = Number(saved.coefficient ?? 0)
      synthesisSteps = typeof saved.synthesisSteps === 'number' ? saved.synthesisSteps : null
      report.write(saved)
    },
  })

  const select = (step: number): StepMetrics => {
    decided = true
    if (pool.size === 0) {
      tell({
        type: 'warning',
        message: `Shuffling Vaccine pooled no image before its selection test after ${values.testBatches} ${synthesisSteps === null ? 'pseudo batches' : 'synthesis steps'}: the penalty stays off, this student is not defended by it.`,
      })
      return { 'sv.coefficient': coefficient }
    }
    const { accepted, ratio, best } = selectShuffles(values, {
      pooledKl: () => pool.map((images) => measured(images).kl),
      reshuffle() {
        program.readState()
        ensemble.reshuffle(stream)
        program.writeState()
        report.drawn(step)
      },
      onTrial: (_trial, kl, test) => report.judged(step, kl, test.accepted),
    })
    pool.empty()
    if (accepted) coefficient = values.coefficient
    else
      tell({
        type: 'warning',
        message: `Shuffling Vaccine found no ensemble in ${values.trials} trials: the highest tail ratio was ${percent(best)}, accepted is more than ${percent(values.tailRatio)}. The penalty stays off, this student is not defended by it.`,
      })
    return { 'sv.tailRatio': ratio, 'sv.coefficient': coefficient }
  }

  /** What the pseudo batch with this index brings: pooled images, the decision, the coefficient in force. */
  const follow = (images: tf.Tensor4D, { index, measure }: Pick<Position, 'index' | 'measure'>): StepMetrics => {
    const current = measure ? { 'sv.coefficient': coefficient } : {}
    if (decided) return current
    if (synthesisSteps === null) pool.add(images, index)
    return (synthesisSteps ?? index + 1) < values.testBatches ? current : select(index + 1)
  }

  return {
    id: 'sv',
    synthesizerTermActive: () => decided && coefficient > 0,
    synthesizerArguments: () => ({ coefficient: tf.scalar(coefficient) }),
    synthesizerTerm: ({ images, teacherLogits, teacherActivations, args }) => {
      const shuffled = shuffledEnsembleLogits(ensemble, images, teacherActivations)
      const { penalty, maskRate } = vaccinePenalty(shuffled, teacherLogits, args.coefficient as tf.Scalar, {
        shuffledGradient: values.shuffledGradient,
      })
      return { loss: penalty, outputs: { penalty, maskRate } }
    },
    studentWeights: ({ images, teacherLogits, teacherActivations, args }) => {
      const { weights, maskRate } = vaccineWeights(
        shuffledEnsembleLogits(ensemble, images, teacherActivations),
        teacherLogits,
        args.coefficient as tf.Scalar,
      )
      return { weights, outputs: { maskRate } }
    },
    afterSynthesisStep(images) {
      if (decided) return
      const index = synthesisSteps ?? 0
      synthesisSteps = index + 1
      if (!pool.takes(index)) return
      const own = images()
      pool.add(own, index)
      own.dispose()
    },
    afterPseudoBatch(batch, position) {
      // The ensemble of the start is measured here, not where it is made: a resume brings another.
      if (!report.started) report.drawn(position.index)
      const metrics = follow(batch.images, position)
      if (position.index + 1 === position.total) report.ended(position.total, measured(batch.images).kl)
      report.tell()
      if (decided || position.index + 1 < context.methodTotal) return metrics
      decided = true
      tell({
        type: 'warning',
        message: `Shuffling Vaccine’s selection test was to come after ${values.testBatches} ${synthesisSteps === null ? 'pseudo batches' : 'synthesis steps'}, but the distillation has only ${synthesisSteps ?? context.methodTotal}: the penalty was off throughout.`,
      })
      return metrics
    },
    suspects: (batch) => measured(batch.images).mask,
  }
}
