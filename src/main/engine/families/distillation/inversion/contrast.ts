/** What the contrastive term lives on for a whole run: its head, the head's optimizer, the memory of earlier images. */
import * as tf from '@tensorflow/tfjs-core'
import { UserError } from '../../../../../shared/errors'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { createAdam } from '../../optimizers/adam'
import type { DistillationContext } from '../types'
import { createContrastiveHead, instanceFeatureCount } from './head'
import { createMemoryBank, type MemoryBank } from './memoryBank'
import type { InversionParameters } from './parameters'
import type { InversionStepParts } from './step'
import { viewArguments, zoomedView } from './views'

export interface Contrast {
  readonly parts: NonNullable<InversionStepParts['contrast']>
  readonly bank: MemoryBank
  arguments(): NamedTensors
  forget(): void
}

/** Head, its optimizer and the memory bank live as long as the run; the local view is drawn per step. */
export function createContrast(values: InversionParameters, context: DistillationContext): Contrast {
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
