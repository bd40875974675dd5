/** Finds the weights in what a checkpoint's pickle left behind. */
import { RefusedInputError } from '../../../../../shared/errors'
import type { IgnoredPart } from '../types'
import { importLimits } from '../../../weights/importLimits'
import { describeValue, type PickleDict, type PickleTensor, type PickleValue } from '../pickle/values'
import { quoteFromFile } from '../../../weights/fileText'

export interface StateDict {
  tensors: Map<string, PickleTensor>
  ignored: IgnoredPart[]
  /** The keys that led to the weights, e.g. `model`; empty for a bare state_dict. */
  wrapper: string[]
}

/** Keys under which training programs keep the weights; the first three in the reference loader's order. */
const wrapperKeys = [
  'state_dict',
  'model',
  'net',
  'model_state_dict',
  'student_state_dict',
  'weights',
  'params',
  'module',
  'network',
  'ema',
] as const
const deepestWrapper = 3

/** @throws RefusedInputError when no dictionary of tensors is found at a known place */
export function findStateDict(value: PickleValue): StateDict {
  const ignored: IgnoredPart[] = []
  const wrapper: string[] = []
  let current = requireDict(value)
  for (let depth = 0; depth < deepestWrapper; depth++) {
    const entries = entriesOf(current)
    const next = nextWrapper(entries)
    if (!next) break
    for (const [key, part] of entries)
      if (key !== next.key) ignored.push({ path: pathOf(wrapper, key), reason: reasonFor(part) })
    wrapper.push(next.key)
    current = next.dict
  }
  const tensors = new Map<string, PickleTensor>()
  for (const [key, part] of entriesOf(current)) {
    if (isKind(part, 'tensor')) tensors.set(key, part)
    else ignored.push({ path: pathOf(wrapper, key), reason: reasonFor(part) })
  }
  if (tensors.size === 0) throw noWeights(describeKeys(current))
  if (tensors.size > importLimits.tensors)
    throw new RefusedInputError('The file has too many tensors.', {
      wanted: `at most ${importLimits.tensors}`,
      got: `${tensors.size}`,
    })
  return { tensors, ignored, wrapper }
}

function requireDict(value: PickleValue): PickleDict {
  if (isKind(value, 'dict')) return value
  throw noWeights(describeValue(value))
}

function noWeights(got: string): RefusedInputError {
  return new RefusedInputError('The file holds no state_dict.', {
    wanted: `a dictionary from names to tensors, bare or under ${wrapperKeys.slice(0, 3).join(', ')}`,
    got,
    where: 'pickle',
    action: 'Save model.state_dict() with torch.save.',
  })
}

function isKind<K extends 'dict' | 'tensor'>(value: PickleValue, kind: K): value is Extract<PickleValue, { kind: K }> {
  return value !== null && typeof value === 'object' && value.kind === kind
}

/** Keys as text; a name that comes twice is refused, because two readers could choose differently. */
function entriesOf(dict: PickleDict): Map<string, PickleValue> {
  const entries = new Map<string, PickleValue>()
  for (let index = 0; index + 1 < dict.pairs.length; index += 2) {
    const key = dict.pairs[index]
    const name = typeof key === 'string' ? key : `(${typeof key === 'number' ? key : describeValue(key)})`
    if (typeof key === 'string' && key.length > importLimits.nameBytes)
      throw new RefusedInputError('A name in the checkpoint is absurdly long.', {
        wanted: `at most ${importLimits.nameBytes} characters`,
        got: `${key.length}`,
        where: quoteFromFile(key),
      })
    if (typeof key === 'string' && entries.has(name))
      throw new RefusedInputError('A name comes twice in the checkpoint.', {
        wanted: 'each name once',
        got: quoteFromFile(name),
        where: 'pickle',
      })
    entries.set(name, dict.pairs[index + 1] ?? null)
  }
  return entries
}

function nextWrapper(entries: ReadonlyMap<string, PickleValue>): { key: string; dict: PickleDict } | null {
  for (const key of wrapperKeys) {
    const dict = entries.get(key)
    if (dict !== undefined && isKind(dict, 'dict') && leadsToTensors(dict)) return { key, dict }
  }
  return null
}

/** Settings may lie under a wrapper's name (`model: {depth: 16}`); only tensors, or a further wrapper, make it one. */
function leadsToTensors(dict: PickleDict): boolean {
  const known = new Set<PickleValue>(wrapperKeys)
  return dict.pairs.some(
    (value, index) =>
      index % 2 === 1 &&
      (isKind(value, 'tensor') || (isKind(value, 'dict') && known.has(dict.pairs[index - 1] ?? null))),
  )
}

function pathOf(wrapper: readonly string[], key: string): string {
  const path = [...wrapper, key].join('.')
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}

function reasonFor(value: PickleValue): string {
  if (value === null || typeof value !== 'object') return 'a plain value beside the weights'
  switch (value.kind) {
    case 'opaque':
      return `an object of ${value.className}; kept as data, not built`
    case 'dict':
      return 'a dictionary beside the weights'
    case 'tensor':
      return 'a tensor beside the weights'
    default:
      return `a ${value.kind} beside the weights`
  }
}

function describeKeys(dict: PickleDict): string {
  const keys = [...entriesOf(dict).keys()]
  return keys.length === 0
    ? 'an empty dictionary'
    : `a dictionary with ${keys.slice(0, 8).map(quoteFromFile).join(', ')}${keys.length > 8 ? ' …' : ''}`
}
