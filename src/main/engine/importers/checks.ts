/** What may be wrong with weights that read well: values that are no numbers, statistics that no training leaves. */
import type { Finding } from './format'
import { quoteFromFile } from './quote'
import { isFloatDtype, toFloat32, type WeightDtype, type WeightMap, type WeightTensor } from './weights'

interface Census {
  notFinite: number
  subnormal: number
  negative: number
  zero: number
  largest: number
}

const smallestNormal = 2 ** -126
const largestPlausible = 1e6
const mostNames = 5

/** Findings over all tensors; each names at most five tensors. */
export function checkWeights(tensors: WeightMap): Finding[] {
  const censuses = new Map<string, Census>()
  for (const [name, tensor] of tensors) if (isFloatDtype(tensor.dtype)) censuses.set(name, takeCensus(toFloat32(tensor)))
  const named = (wanted: (name: string, census: Census, tensor: WeightTensor | undefined) => boolean): string[] =>
    [...censuses].filter(([name, census]) => wanted(name, census, tensors.get(name))).map(([name]) => name)
  const elements = (name: string): number => tensors.get(name)?.data.length ?? 0
  const isVariance = (name: string): boolean => name.endsWith('running_var')
  return [
    ...warn(named((_, census) => census.notFinite > 0), 'NaN or infinite values in'),
    ...warn(named((name, census) => isVariance(name) && census.negative > 0), 'Negative running variance in'),
    ...warn(named((name, census) => isVariance(name) && elements(name) > 0 && census.zero === elements(name)), 'Running variance all zero in'),
    ...warn(named((name, census) => /running_(mean|var)$/.test(name) && census.largest > largestPlausible), 'Batch-norm statistics of absurd size in'),
    ...warn(named((_, census) => census.subnormal > 0), 'Subnormal values (nearly zero, slow on some processors) in'),
    ...untouchedStatistics(tensors),
    ...conversions(tensors),
  ]
}

function takeCensus(values: Float32Array): Census {
  const census: Census = { notFinite: 0, subnormal: 0, negative: 0, zero: 0, largest: 0 }
  for (const value of values) {
    const size = Math.abs(value)
    if (!Number.isFinite(value)) census.notFinite++
    else if (size > census.largest) census.largest = size
    if (size === 0) census.zero++
    else if (size < smallestNormal) census.subnormal++
    if (value < 0) census.negative++
  }
  return census
}

function warn(names: readonly string[], message: string): Finding[] {
  return names.length === 0 ? [] : [{ severity: 'warning', message: `${message} ${listNames(names)}.` }]
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(quoteFromFile).join(', ')
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown
}

/** Means all 0 with variances all 1 are PyTorch's initial values: the network never saw a batch in training mode. */
function untouchedStatistics(tensors: WeightMap): Finding[] {
  const names = [...tensors].filter(([name, tensor]) => {
    if (!name.endsWith('running_var')) return false
    const mean = tensors.get(name.replace(/running_var$/, 'running_mean'))
    return mean !== undefined && tensor.data.length > 0 && toFloat32(tensor).every((value) => value === 1) && toFloat32(mean).every((value) => value === 0)
  }).map(([name]) => name)
  return warn(names, 'Batch-norm statistics never updated (mean 0, variance 1) in')
}

/** Says once per type what is done with element types other than float32. */
function conversions(tensors: WeightMap): Finding[] {
  const counts = new Map<WeightDtype, string[]>()
  for (const [name, { dtype }] of tensors) {
    if (dtype === 'float32' || name.endsWith('num_batches_tracked')) continue
    counts.set(dtype, [...(counts.get(dtype) ?? []), name])
  }
  return [...counts].map(([dtype, names]) => ({ severity: 'warning', message: `${names.length} ${names.length === 1 ? 'tensor is' : 'tensors are'} stored as ${dtype} and computed as float32${dtype === 'float64' ? ', rounded' : ''}.` }))
}
