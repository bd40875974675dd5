import * as tf from '@tensorflow/tfjs-core'
import type { MemberMetricName } from '../../../../shared/schema'
import type { NamedTensors } from '../../maths/ops/tensors'
import type { MemberMetrics, PseudoBatch, StepMetrics } from './types'

/**
 * The numbers of an output: one, or those of a repeated step in order; waits for the device.
 * @throws Error where there are not so many: a step that was not repeated would be a shorter training
 */
export function valuesOf(outputs: NamedTensors, name: string, count = 1): Float32Array | Int32Array | Uint8Array {
  const tensor = outputs[name]
  if (!tensor) throw new Error(`The step gave no output called ${name}.`)
  if (tensor.size !== count)
    throw new Error(`The step was to give ${count} numbers called ${name}; it gave ${tensor.size}.`)
  return tensor.dataSync()
}

/** A scalar output of a step; waits for the device. */
export const scalarOf = (outputs: NamedTensors, name: string): number => valuesOf(outputs, name)[0] ?? NaN

const isMemberMetric = (name: string): name is MemberMetricName => name.includes('.')

/**
 * The outputs that are there, under their public metric names; those of loss terms and defenses have theirs already,
 * `<member>.<metric>`.
 */
export function metricsOf(outputs: NamedTensors, names: Readonly<Record<string, keyof StepMetrics>>): StepMetrics {
  const metrics: StepMetrics = {}
  for (const output of Object.keys(outputs)) {
    const metric = names[output] ?? (isMemberMetric(output) ? output : undefined)
    if (metric) metrics[metric] = scalarOf(outputs, output)
  }
  return metrics
}

/** A member's own metrics under the names of the catalogue, `<member>.<metric>`. */
export const metricsOfMember = (member: string, metrics: MemberMetrics): StepMetrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${member}.${name}`, value]))

/** Gives back the tensors of a pseudo batch. */
export const disposePseudoBatch = (batch: PseudoBatch): void =>
  tf.dispose([
    batch.images,
    batch.teacherLogits,
    ...batch.teacherAttention,
    batch.labels ?? [],
    batch.imageWeights ?? [],
  ])
