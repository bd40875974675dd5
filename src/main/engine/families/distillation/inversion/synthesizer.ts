/** Inversion: each pseudo batch is one synthesis call, which ends with the images of its best step. */
import * as tf from '@tensorflow/tfjs-core'
import type { CallOrigin } from '../../../../../shared/domain'
import type { StepRunner } from '../../../graph/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { createDefendedStep } from '../defendedStep'
import { metricsOf } from '../stepOutputs'
import type { DistillationContext, Position, PseudoBatch, StepMetrics, Synthesizer } from '../types'
import { createSynthesisCall } from './call'
import { createContrast } from './contrast'
import type { InversionParameters } from './parameters'
import { createImageSource, type ImageSource } from './sources'
import { inversionStep } from './step'

/** Images as the source makes them, normalised, with the teacher's answer. */
const presentStep = ({ program, teacher }: DistillationContext, source: ImageSource): StepRunner =>
  program.compile('inversionImages', ({ images }) =>
    tf.tidy(() => {
      const normalized = source.normalized(images as tf.Tensor4D)
      return { images: normalized, teacherLogits: teacher.forward(normalized, { training: false }).logits }
    }),
  )

/** Batches of a generator that lives through the run; undefined for all other sources. */
function createFreshBatches(
  values: InversionParameters,
  context: DistillationContext,
  source: ImageSource,
): (() => NamedTensors) | undefined {
  // Part of the checkpoints of all sources.
  const codes = context.stream('sampleCodes')
  const { fresh } = source
  if (!fresh) return undefined
  const runner = context.program.compile('inversionFresh', ({ latentCodes }) =>
    tf.tidy(() => {
      const images = fresh(latentCodes as tf.Tensor2D)
      return { images, teacherLogits: context.teacher.forward(images, { training: false }).logits }
    }),
  )
  return () => {
    const latentCodes = tf.tensor2d(codes.normal(values.batchSize * values.latent), [values.batchSize, values.latent])
    const outputs = runner.run({ latentCodes })
    latentCodes.dispose()
    return outputs
  }
}

/** For sources whose images are asked for as the last step left them. */
function createLastImages(
  values: InversionParameters,
  { program }: DistillationContext,
  { last }: ImageSource,
): (() => tf.Tensor4D) | undefined {
  if (values.keptImages !== 'last' || !last) return undefined
  const runner = program.compile('inversionLast', () => ({ images: last() }))
  return () => runner.run({}).images as tf.Tensor4D
}

export function createInversionSynthesizer(values: InversionParameters, context: DistillationContext): Synthesizer {
  const { program, teacher, student } = context
  const source = createImageSource(values, context)
  const contrast = values.contrastiveWeight > 0 ? createContrast(values, context) : undefined
  const stepFor = createDefendedStep(
    program,
    'inversion',
    (active) => (args) =>
      inversionStep(
        { teacher, student, source, values, defenses: active, ...(contrast ? { contrast: contrast.parts } : {}) },
        args,
      ),
  )
  const present = presentStep(context, source)
  const fresh = createFreshBatches(values, context, source)
  const lastImages = createLastImages(values, context, source)
  const synthesize = createSynthesisCall(values, context, {
    source,
    contrast,
    stepFor,
    lastStep: fresh !== undefined || lastImages !== undefined,
    shown(images) {
      const outputs = present.run({ images })
      tf.dispose(outputs.teacherLogits ?? [])
      return outputs.images as tf.Tensor4D
    },
  })
  let chosenImages: tf.Tensor4D | undefined
  let origin: CallOrigin | undefined

  /** Of a call: its metrics, and what it leaves for the pseudo batch. */
  const call = async (position: Position): Promise<StepMetrics> => {
    const chosen = await synthesize(position.innerStep)
    const metrics: StepMetrics = position.measure ? metricsOf(chosen.outputs, { loss: 'generatorLoss' }) : {}
    const keptStep = chosen.step + 1
    if (position.measure && !fresh) metrics.keptStep = keptStep
    origin = { call: position.index + 1, keptStep, steps: values.synthesisSteps, loss: chosen.loss }
    const { images, features, ...numbers } = chosen.outputs
    if (contrast && features) contrast.bank.add(features as tf.Tensor2D)
    tf.dispose([numbers, features ?? [], chosenImages ?? []])
    chosenImages = images as tf.Tensor4D
    if (lastImages) {
      chosenImages.dispose()
      chosenImages = lastImages()
    }
    return metrics
  }

  return {
    // Phases of defenses follow the distillation: a generator that lives through the run rests.
    step: (position) => (fresh && position.index >= values.pseudoBatches ? {} : call(position)),
    sample(): PseudoBatch {
      if (!chosenImages && !fresh)
        throw new Error('A pseudo batch was asked for before the synthesis call that makes it.')
      const outputs = fresh ? fresh() : present.run({ images: chosenImages as tf.Tensor4D })
      chosenImages?.dispose()
      chosenImages = undefined
      return {
        images: outputs.images as tf.Tensor4D,
        teacherLogits: outputs.teacherLogits as tf.Tensor2D,
        teacherAttention: [],
        ...(origin && !fresh ? { origin } : {}),
      }
    },
    ...(contrast ? { forget: contrast.forget } : {}),
    ...(fresh
      ? {
          fresh() {
            const args = fresh()
            return { args, own: Object.values(args) }
          },
        }
      : {}),
  }
}
