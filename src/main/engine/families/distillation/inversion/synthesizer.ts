/** Inversion: each pseudo batch is one synthesis call, which ends with the images of its best step. */
import * as tf from '@tensorflow/tfjs-core'
import type { CallOrigin } from '../../../../../shared/domain'
import { UserError } from '../../../../../shared/errors'
import type { StepRunner } from '../../../graph/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { createAdam } from '../../optimizers/adam'
import { metricsOf, scalarOf } from '../stepOutputs'
import type {
  ActiveDefense,
  DistillationContext,
  Position,
  PseudoBatch,
  StepMetrics,
  StudentBatch,
  Synthesizer,
} from '../types'
import { createContrastiveHead, instanceFeatureCount } from './head'
import { createMemoryBank } from './memoryBank'
import type { MemoryBank } from './memoryBank'
import type { InversionParameters } from './parameters'
import { createImageSource } from './sources'
import { inversionStep } from './step'
import type { InversionStepParts } from './step'
import { inversionTerms, metricNameOf } from './terms'
import { viewArguments, zoomedView } from './views'

const metricNames: Readonly<Record<string, keyof StepMetrics>> = {
  loss: 'generatorLoss',
  ...Object.fromEntries(inversionTerms.map((term) => [term.id, metricNameOf(term)])),
}

interface Contrast {
  readonly parts: NonNullable<InversionStepParts['contrast']>
  readonly bank: MemoryBank
  arguments(): NamedTensors
  forget(): void
}

/** Head, its optimizer and the memory bank live as long as the run; the local view is drawn per step. */
function createContrast(values: InversionParameters, context: DistillationContext): Contrast {
  const features = instanceFeatureCount(context.teacher)
  if (features === 0) {
    throw new UserError('This teacher has no features that the contrastive term could compare.', {
      wanted: 'a teacher with batch-norm layers',
      got: 'one without',
      where: 'distillation.method.params.contrastiveWeight',
      action: 'Set the contrastive weight to 0 or choose another teacher.',
    })
  }
  const head = createContrastiveHead(features, values.headWidth, context.stream('initialHead'))
  const optimizer = createAdam(head.parameters)
  context.state.addNetwork('contrastiveHead', head)
  context.state.addVariables('contrastiveHeadOptimizer', optimizer.slots)
  const bank = createMemoryBank(
    { capacity: values.bankSize, width: 2 * features, negatives: values.negatives, whenFull: values.bankWhenFull },
    context.stream('negatives'),
    context.state,
  )
  const views = context.stream('localViews')
  const count = values.synthesisBatchSize
  return {
    parts: { head, optimizer },
    bank,
    forget() {
      bank.clear()
      const fresh = createContrastiveHead(features, values.headWidth, context.stream('initialHead'))
      context.program.readState()
      head.parameters.forEach(({ variable }, index) => variable.assign(fresh.parameters[index]?.variable ?? variable))
      tf.tidy(() => {
        for (const slot of Object.values(optimizer.slots)) slot.assign(tf.zeros(slot.shape))
      })
      context.program.writeState()
      fresh.dispose()
    },
    arguments() {
      const { rows, present } = bank.draw()
      const whole = new Float32Array(count + present.length).fill(1)
      whole.set(present, count)
      return {
        bank: rows,
        present: tf.tensor1d(whole),
        ...viewArguments('local', zoomedView(count, context.image, views), count, context.image),
      }
    },
  }
}

/** The classes that the images shall show, in ascending order; a kept generator finds its own. */
function drawClasses(values: InversionParameters, context: DistillationContext): NamedTensors {
  if (values.source === 'generatorKept') return {}
  return {
    classes: tf.tensor1d(
      context.stream('classes').integers(values.synthesisBatchSize, context.classes).sort(),
      'int32',
    ),
  }
}

interface Best {
  loss: number
  step: number
  outputs: NamedTensors
}

export function createInversionSynthesizer(values: InversionParameters, context: DistillationContext): Synthesizer {
  const { program, teacher, student, defenses, image } = context
  const source = createImageSource(values, context)
  const contrast = values.contrastiveWeight > 0 ? createContrast(values, context) : undefined
  const codes = context.stream('sampleCodes')
  const runners = new Map<string, StepRunner>()
  let kept: tf.Tensor4D | undefined
  let origin: CallOrigin | undefined

  const stepFor = (active: readonly ActiveDefense[]): StepRunner => {
    const key = ['inversion', ...active.map((defense) => defense.id)].join('+')
    const known = runners.get(key)
    if (known) return known
    const made = program.compile(key, (args) =>
      inversionStep(
        { teacher, student, source, values, defenses: active, ...(contrast ? { contrast: contrast.parts } : {}) },
        args,
      ),
    )
    runners.set(key, made)
    return made
  }
  const present = program.compile('inversionImages', ({ images }) =>
    tf.tidy(() => {
      const normalized = source.normalized(images as tf.Tensor4D)
      return { images: normalized, teacherLogits: teacher.forward(normalized, { training: false }).logits }
    }),
  )
  const wholeImages = (images: tf.Tensor4D): tf.Tensor4D => {
    const outputs = present.run({ images })
    tf.dispose(outputs.teacherLogits ?? [])
    return outputs.images as tf.Tensor4D
  }
  const fresh =
    source.fresh &&
    program.compile('inversionFresh', ({ latentCodes }) =>
      tf.tidy(() => {
        const images = source.fresh?.(latentCodes as tf.Tensor2D) as tf.Tensor4D
        return { images, teacherLogits: teacher.forward(images, { training: false }).logits }
      }),
    )
  const takeLast =
    values.keptImages === 'last' && source.last
      ? program.compile('inversionLast', () => ({ images: source.last?.() as tf.Tensor4D }))
      : undefined
  const drawFresh = (): NamedTensors => {
    const latentCodes = tf.tensor2d(codes.normal(values.batchSize * values.latent), [values.batchSize, values.latent])
    const outputs = fresh?.run({ latentCodes }) ?? {}
    latentCodes.dispose()
    return outputs
  }
  const ofDefenses = (active: readonly ActiveDefense[]): NamedTensors =>
    Object.fromEntries(
      active.flatMap((defense) =>
        Object.entries(defense.synthesizerArguments?.() ?? {}).map(([name, tensor]) => [
          `${defense.id}.${name}`,
          tensor,
        ]),
      ),
    )

  /**
   * All steps of a call. The best step's outputs survive; the last one's with a kept generator, or where the last
   * images are asked for.
   */
  const synthesize = async (
    runner: StepRunner,
    active: readonly ActiveDefense[],
    innerStep: Position['innerStep'],
  ): Promise<Best> => {
    source.begin()
    const fixed = {
      learningRate: tf.scalar(values.generatorLearningRate),
      ...drawClasses(values, context),
      ...ofDefenses(active),
    }
    let best: Best | undefined
    try {
      for (let step = 0; step < values.synthesisSteps; step++) {
        const view = source.globalView?.()
        const changing = {
          ...source.stepArguments(),
          ...(view ? viewArguments('global', view, values.synthesisBatchSize, image) : {}),
          ...contrast?.arguments(),
        }
        const outputs = runner.run({ ...fixed, ...changing })
        tf.dispose(changing)
        for (const defense of defenses) defense.afterSynthesisStep?.(() => wholeImages(outputs.images as tf.Tensor4D))
        const loss = scalarOf(outputs, 'loss')
        if (!best || source.fresh || takeLast || (loss < best.loss && contrast?.bank.looksEmpty !== true)) {
          if (best) tf.dispose(best.outputs)
          best = { loss, step, outputs }
        } else {
          tf.dispose(outputs)
        }
        const waiting = innerStep?.('Synthesis', step + 1, values.synthesisSteps)
        if (waiting) await waiting
      }
    } catch (error) {
      tf.dispose(best?.outputs ?? {})
      throw error
    } finally {
      tf.dispose(fixed)
    }
    if (!best) throw new Error('A synthesis call without steps.')
    return best
  }

  return {
    async step(position) {
      // Phases of defenses follow the distillation: a generator that lives through the run rests.
      if (source.fresh && position.index >= values.pseudoBatches) return {}
      const active = defenses.filter(
        (defense) => defense.synthesizerTermActive?.() ?? defense.synthesizerTerm !== undefined,
      )
      const best = await synthesize(stepFor(active), active, position.innerStep)
      const metrics: StepMetrics = position.measure ? metricsOf(best.outputs, metricNames) : {}
      const keptStep = best.step + 1
      if (position.measure && !source.fresh) metrics.keptStep = keptStep
      origin = { call: position.index + 1, keptStep, steps: values.synthesisSteps, loss: best.loss }
      const { images, features, ...numbers } = best.outputs
      if (contrast && features) contrast.bank.add(features as tf.Tensor2D)
      tf.dispose([numbers, features ?? [], kept ?? []])
      kept = images as tf.Tensor4D
      if (takeLast) {
        kept.dispose()
        kept = takeLast.run({}).images as tf.Tensor4D
      }
      return metrics
    },
    sample(): PseudoBatch {
      if (!kept && !source.fresh)
        throw new Error('A pseudo batch was asked for before the synthesis call that makes it.')
      const outputs = source.fresh ? drawFresh() : present.run({ images: kept as tf.Tensor4D })
      kept?.dispose()
      kept = undefined
      return {
        images: outputs.images as tf.Tensor4D,
        teacherLogits: outputs.teacherLogits as tf.Tensor2D,
        teacherAttention: [],
        ...(origin && !source.fresh ? { origin } : {}),
      }
    },
    ...(contrast ? { forget: contrast.forget } : {}),
    ...(source.fresh
      ? {
          fresh(): StudentBatch {
            const args = drawFresh()
            return { args, own: Object.values(args) }
          },
        }
      : {}),
  }
}
