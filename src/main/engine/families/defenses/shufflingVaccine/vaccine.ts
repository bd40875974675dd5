import * as tf from '@tensorflow/tfjs-core'
import type { ActiveDefense } from '../../distillation/types'
import {
  createShuffledEnsemble,
  shuffledEnsembleLogits,
  vaccinePenalty,
  vaccineWeights,
} from '../../../maths/losses/shufflingVaccine'
import type { DefenseContext } from '../types'
import { createDecision } from './decision'
import { createSuspectMeasure } from './measure'
import type { VaccineParameters } from './parameters'
import { createSuspectReport } from './report'
import { createSelectionPool } from './selection'

export function createVaccine(values: VaccineParameters, context: DefenseContext): ActiveDefense {
  const { teacher, program, state } = context
  const stream = context.stream('shuffles')
  const ensemble = createShuffledEnsemble(teacher, { members: values.members, layers: values.layers, stream })
  ensemble.members.forEach((member, index) => state.addNetwork(`shuffled${index}`, member))
  const pool = createSelectionPool(values.testBatches, state)
  const measure = createSuspectMeasure(program, teacher, ensemble)
  const report = createSuspectReport(values, context, (images) => measure(images).kl)
  const decision = createDecision(values, context, {
    pool,
    measure,
    report,
    reshuffle() {
      program.readState()
      ensemble.reshuffle(stream)
      program.writeState()
    },
  })

  return {
    id: 'sv',
    synthesizerTermActive: () => decision.made && decision.coefficient > 0,
    synthesizerArguments: () => ({ coefficient: tf.scalar(decision.coefficient) }),
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
    afterSynthesisStep: decision.afterSynthesisStep,
    afterPseudoBatch(batch, position) {
      // The ensemble of the start is measured here, not where it is made: a resume brings another.
      if (!report.started) report.drawn(position.index)
      const metrics = decision.follow(batch.images, position)
      if (position.index + 1 === position.total) report.ended(position.total, measure(batch.images).kl)
      report.tell()
      if (!decision.made && position.index + 1 >= context.methodTotal) decision.giveUp()
      return metrics
    },
    suspects: (batch) => measure(batch.images).mask,
  }
}
