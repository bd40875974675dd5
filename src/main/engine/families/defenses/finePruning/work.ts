/** Fine-pruning step by step: pseudo batches are gathered, channels cut off one by one, the student is fine-tuned. */
import * as tf from '@tensorflow/tfjs-core'
import { disposePseudoBatch, scalarOf } from '../../distillation/stepOutputs'
import type { StateBundle } from '../../distillation/state'
import type { AfterDistillation, FinishedDistillation, MemberMetrics, Position } from '../../distillation/types'
import type { Parameter } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { createOptimizer } from '../../optimizers'
import { cosineSchedule } from '../../schedules'
import { channelActivity, keptChannels, lastLinear } from './channels'
import { createGatheredBatches, type GatheredBatches } from './gathered'
import { finePruningParameters, type FinePruningParameters } from './parameters'
import { agreementOf, cutOff, fineTuningStep } from './steps'

/** What is computed, captured once each. Who calls keeps the batches. */
function compiledSteps(
  values: FinePruningParameters,
  { student, program, state }: FinishedDistillation,
  head: Parameter,
) {
  const optimizer = createOptimizer(finePruningParameters, values, student.parameters)
  state.addVariables('finePruningOptimizer', optimizer.slots)
  const observe = program.compile('finePruningObserve', ({ images }) =>
    tf.tidy(() => ({ activity: channelActivity(student, images as tf.Tensor4D) })),
  )
  const cut = program.compile('finePruningCut', ({ kept }) => {
    cutOff({ head }, kept as tf.Tensor1D)
    return {}
  })
  const tune = program.compile('fineTune', (args) =>
    fineTuningStep({ student, head, optimizer, temperature: values.temperature }, args),
  )
  const judge = program.compile('finePruningJudge', (args) => ({ agreement: agreementOf({ student }, args) }))
  const read = (outputs: NamedTensors, name: string): number => {
    const value = scalarOf(outputs, name)
    tf.dispose(outputs)
    return value
  }
  return {
    activity(images: tf.Tensor4D): ArrayLike<number> {
      const { activity } = observe.run({ images })
      if (!activity) throw new Error('The student’s activity was not measured.')
      const found = activity.dataSync()
      activity.dispose()
      return found
    },
    cut(kept: Float32Array): void {
      const mask = tf.tensor1d(kept)
      tf.dispose([cut.run({ kept: mask }), mask])
    },
    /** @returns the loss before the update, where it is to be measured: that waits for the device */
    tune(batch: NamedTensors, own: { kept: Float32Array; rate: number; measure: boolean }): number | undefined {
      const args = { kept: tf.tensor1d(own.kept), learningRate: tf.scalar(own.rate) }
      const outputs = tune.run({ ...batch, ...args })
      tf.dispose(args)
      if (own.measure) return read(outputs, 'loss')
      tf.dispose(outputs)
      return undefined
    },
    agreement: (batch: NamedTensors): number => read(judge.run(batch), 'agreement'),
  }
}

/** mean |a_c| over the gathered batches, as far as they are gathered; part of every checkpoint. */
function createActivity(channels: number, batches: number, state: StateBundle) {
  let activity = new Array<number>(channels).fill(0)
  state.addPlain('finePruning', {
    read: () => ({ activity: [...activity] }),
    write: (saved) => {
      activity = (saved.activity as readonly unknown[]).map(Number)
    },
  })
  return {
    add(ofBatch: ArrayLike<number>): void {
      activity = activity.map((value, channel) => value + (ofBatch[channel] ?? 0) / batches)
    },
    /** 0 for so many of the least active channels. */
    without: (count: number): Float32Array => keptChannels(activity, count),
  }
}

const meanOver = (count: number, value: (index: number) => number): number =>
  Array.from({ length: count }, (_, index) => value(index)).reduce((sum, one) => sum + one, 0) / count

export function createFinePruning(
  values: FinePruningParameters,
  distillation: FinishedDistillation,
): AfterDistillation {
  const { student, state, pseudoBatch } = distillation
  const head = lastLinear(student)
  const channels = head.variable.shape[0] ?? 0
  const pruned = Math.trunc(values.ratio * channels)
  const compiled = compiledSteps(values, distillation, head)
  const gathered = createGatheredBatches(state)
  const activity = createActivity(channels, values.batches, state)
  const rate = cosineSchedule(values.learningRate, values.steps)
  const ofBatch = <Result>(index: number, use: (batch: ReturnType<GatheredBatches['at']>) => Result): Result => {
    const batch = gathered.at(index)
    const result = use(batch)
    tf.dispose(batch)
    return result
  }

  async function gather(position: Position): Promise<MemberMetrics> {
    const batch = await pseudoBatch(position)
    activity.add(compiled.activity(batch.images))
    gathered.add(batch)
    disposePseudoBatch(batch)
    return position.measure ? { pruned: 0 } : {}
  }
  function cut(index: number, measure: boolean): MemberMetrics {
    compiled.cut(activity.without(index + 1))
    if (!measure) return {}
    const agreement = meanOver(values.batches, (place) => ofBatch(place, compiled.agreement))
    return { pruned: (index + 1) / channels, agreement }
  }
  const tune = (index: number, measure: boolean): MemberMetrics =>
    ofBatch(index, (batch) => {
      const loss = compiled.tune(batch, { kept: activity.without(pruned), rate: rate(index), measure })
      return measure ? { pruned: pruned / channels, loss, agreement: compiled.agreement(batch) } : {}
    })
  return {
    steps: values.batches + pruned + values.steps,
    step(position) {
      const { index, measure } = position
      if (index < values.batches) return gather(position)
      const cutBefore = index - values.batches
      return cutBefore < pruned ? cut(cutBefore, measure) : tune(cutBefore - pruned, measure)
    },
  }
}
