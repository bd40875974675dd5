/** A synthesis call: many steps, of which one gives the images. */
import * as tf from '@tensorflow/tfjs-core'
import type { StepRunner } from '../../../graph/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { activeDefenses, argumentsOfDefenses } from '../defendedStep'
import { scalarOf } from '../stepOutputs'
import type { ActiveDefense, DistillationContext, Position } from '../types'
import type { Contrast } from './contrast'
import type { InversionParameters } from './parameters'
import type { ImageSource } from './sources'
import { viewArguments } from './views'

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

/** The step whose images a call gives. */
export interface ChosenStep {
  readonly loss: number
  /** Counted from 0. */
  readonly step: number
  readonly outputs: NamedTensors
}

export interface CallParts {
  readonly source: ImageSource
  readonly contrast: Contrast | undefined
  readonly stepFor: (active: readonly ActiveDefense[]) => StepRunner
  /** A step's images in the teacher's normalised space. */
  readonly shown: (images: tf.Tensor4D) => tf.Tensor4D
  /** Whether the last step is chosen, whatever its loss. */
  readonly lastStep: boolean
}

/**
 * All steps of a call. The outputs of the chosen step survive: of the least loss, or the last.
 * Reference: ABD cmi/datafree/synthesis/contrastive.py CMISynthesizer.synthesize.
 */
export function createSynthesisCall(
  values: InversionParameters,
  context: DistillationContext,
  parts: CallParts,
): (innerStep: Position['innerStep']) => Promise<ChosenStep> {
  const { defenses, image } = context
  const { source, contrast, lastStep } = parts
  const changingArguments = (): NamedTensors => {
    const view = source.globalView?.()
    return {
      ...source.stepArguments(),
      ...(view ? viewArguments('global', view, values.synthesisBatchSize, image) : {}),
      ...contrast?.arguments(),
    }
  }
  const runStep = (runner: StepRunner, fixed: NamedTensors): NamedTensors => {
    const changing = changingArguments()
    const outputs = runner.run({ ...fixed, ...changing })
    tf.dispose(changing)
    for (const defense of defenses) defense.afterSynthesisStep?.(() => parts.shown(outputs.images as tf.Tensor4D))
    return outputs
  }
  return async (innerStep) => {
    const active = activeDefenses(defenses)
    const runner = parts.stepFor(active)
    source.begin()
    const fixed = {
      learningRate: tf.scalar(values.generatorLearningRate),
      ...drawClasses(values, context),
      ...argumentsOfDefenses(active),
    }
    let chosen: ChosenStep | undefined
    try {
      for (let step = 0; step < values.synthesisSteps; step++) {
        const outputs = runStep(runner, fixed)
        const loss = scalarOf(outputs, 'loss')
        const better = !chosen || lastStep || (loss < chosen.loss && contrast?.bank.looksEmpty !== true)
        tf.dispose(better ? (chosen?.outputs ?? {}) : outputs)
        if (better) chosen = { loss, step, outputs }
        const waiting = innerStep?.('Synthesis', step + 1, values.synthesisSteps)
        if (waiting) await waiting
      }
    } catch (error) {
      tf.dispose(chosen?.outputs ?? {})
      throw error
    } finally {
      tf.dispose(fixed)
    }
    if (!chosen) throw new Error('A synthesis call without steps.')
    return chosen
  }
}
