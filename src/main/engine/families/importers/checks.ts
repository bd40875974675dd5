/** What may be wrong with weights that read well: values that are no numbers, statistics that no training leaves. */
import type { ByteSource } from '../../weights/byteSource'
import type { Finding } from './types'
import { quoteFromFile } from '../../weights/fileText'
import { createPieceReader, placeOf, type StoredMap } from '../../weights/stored'
import { isFloatDtype, toFloat32, type WeightDtype } from '../../weights/weightMap'

interface Census {
  values: number
  notFinite: number
  subnormal: number
  negative: number
  zero: number
  one: number
  largest: number
}

const smallestNormal = 2 ** -126
const largestPlausible = 1e6
const mostNames = 5

/** Findings over all tensors; each names at most five tensors. Reads every value once and keeps none. */
export async function checkWeights(source: ByteSource, tensors: StoredMap): Promise<Finding[]> {
  const piecesOf = createPieceReader(source)
  const censuses = new Map<string, Census>()
  // A file may give one place thousands of names: it is read once.
  const censusOf = new Map<string, Census>()
  for (const [name, tensor] of tensors) {
    if (!isFloatDtype(tensor.dtype)) continue
    const place = placeOf(tensor)
    const census = censusOf.get(place) ?? emptyCensus()
    if (!censusOf.has(place))
      for await (const data of piecesOf(tensor))
        count(census, toFloat32({ dtype: tensor.dtype, shape: [data.length], data }))
    censusOf.set(place, census)
    censuses.set(name, census)
  }
  const named = (wanted: (name: string, census: Census) => boolean): string[] =>
    [...censuses].filter(([name, census]) => wanted(name, census)).map(([name]) => name)
  const isVariance = (name: string): boolean => name.endsWith('running_var')
  const allZero = ({ values, zero }: Census): boolean => values > 0 && zero === values
  /** Means all 0 with variances all 1 are PyTorch's initial values: the network never saw a batch in training mode. */
  const isUntouched = (name: string, { values, one }: Census): boolean => {
    const mean = censuses.get(name.replace(/running_var$/, 'running_mean'))
    return mean !== undefined && values > 0 && one === values && mean.zero === mean.values
  }
  return [
    ...warn(
      named((_, census) => census.notFinite > 0),
      'NaN or infinite values in',
    ),
    ...warn(
      named((name, census) => isVariance(name) && census.negative > 0),
      'Negative running variance in',
    ),
    ...warn(
      named((name, census) => isVariance(name) && allZero(census)),
      'Running variance all zero in',
    ),
    ...warn(
      named((name, census) => /running_(mean|var)$/.test(name) && census.largest > largestPlausible),
      'Batch-norm statistics of absurd size in',
    ),
    ...warn(
      named((_, census) => census.subnormal > 0),
      'Subnormal values (nearly zero, slow on some processors) in',
    ),
    ...warn(
      named((name, census) => isVariance(name) && isUntouched(name, census)),
      'Batch-norm statistics never updated (mean 0, variance 1) in',
    ),
    ...conversions(tensors),
  ]
}

const emptyCensus = (): Census => ({ values: 0, notFinite: 0, subnormal: 0, negative: 0, zero: 0, one: 0, largest: 0 })

function count(census: Census, values: Float32Array): void {
  census.values += values.length
  for (const value of values) {
    const size = Math.abs(value)
    if (!Number.isFinite(value)) census.notFinite++
    else if (size > census.largest) census.largest = size
    if (size === 0) census.zero++
    else if (size < smallestNormal) census.subnormal++
    if (value === 1) census.one++
    if (value < 0) census.negative++
  }
}

function warn(names: readonly string[], message: string): Finding[] {
  return names.length === 0 ? [] : [{ severity: 'warning', message: `${message} ${listNames(names)}.` }]
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(quoteFromFile).join(', ')
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown
}

/** Says once per type what is done with element types other than float32. */
function conversions(tensors: StoredMap): Finding[] {
  const counts = new Map<WeightDtype, string[]>()
  for (const [name, { dtype }] of tensors) {
    if (dtype === 'float32' || name.endsWith('num_batches_tracked')) continue
    counts.set(dtype, [...(counts.get(dtype) ?? []), name])
  }
  return [...counts].map(([dtype, names]) => ({
    severity: 'warning',
    message: `${names.length} ${names.length === 1 ? 'tensor is' : 'tensors are'} stored as ${dtype} and computed as float32${dtype === 'float64' ? ', rounded' : ''}.`,
  }))
}
