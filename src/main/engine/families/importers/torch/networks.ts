/** Finds every dictionary of tensors in what a checkpoint's pickle left behind, in dictionaries, lists and tuples. */
import { RefusedInputError } from '../../../../../shared/errors'
import type { IgnoredPart } from '../types'
import { importLimits } from '../../../weights/importLimits'
import {
  describeValue,
  measureOf,
  type PickleDict,
  type PickleList,
  type PickleTensor,
  type PickleTuple,
  type PickleValue,
} from '../pickle/values'
import { quoteFromFile } from '../../../weights/fileText'
import { adviceFor, refuseObject, type PlacedObject } from './objects'

export interface FoundNetworks {
  networks: { key: string; tensors: Map<string, PickleTensor> }[]
  ignored: IgnoredPart[]
  /** What to do where none of them is known: other objects hold weights too. */
  advice: string | null
}

/** What networks may lie in; those of a list or tuple are named by their places, from 0. */
type Container = PickleDict | PickleList | PickleTuple

/** `{'epoch': 3, 'models': {'netC': {'state_dict': …}}}` and a level or two more; nobody nests deeper. */
const deepestKey = 6

/**
 * Dictionaries that hold tensors, the outer ones first; each once, however many keys lead to it.
 * @throws RefusedInputError when there is none
 */
export function findNetworks(value: PickleValue): FoundNetworks {
  const outermost = requireContainer(value)
  const found: FoundNetworks = { networks: [], ignored: [], advice: null }
  const objects: PlacedObject[] = []
  const seen = new Map<Container, string>()
  let tooMany: RefusedInputError | null = null

  /** Whether named tensors lie in the container or below it. */
  function visit(container: Container, key: string, depth: number): boolean {
    seen.set(container, key)
    const { tensors, others } = isKind(container, 'dict') ? partsOf(container) : placesOf(container)
    if (tensors.size > importLimits.tensors) {
      found.ignored.push({ path: key, beside: '', reason: `a dictionary of ${tensors.size} tensors` })
      tooMany ??= tooManyTensors(tensors.size)
    } else if (tensors.size > 0) found.networks.push({ key, tensors })
    let leads = tensors.size > 0
    const beside: IgnoredPart[] = []
    for (const [name, part] of others) {
      const path = key === '' ? name : `${key}.${name}`
      if (isKind(part, 'opaque') && (part.isModule || part.holdsTensors)) objects.push({ path, object: part })
      const known = isContainer(part) ? seen.get(part) : undefined
      if (known !== undefined)
        beside.push({ path, beside: key, reason: `the same dictionary as ${quoteFromFile(known)}` })
      else if (mayLead(part) && depth < deepestKey && visit(part, path, depth + 1)) leads = true
      else beside.push({ path, beside: key, reason: reasonFor(part) })
    }
    if (leads) found.ignored.push(...beside)
    return leads
  }

  visit(outermost, '', 0)
  const [object] = objects.sort((left, right) => Number(right.object.isModule) - Number(left.object.isModule))
  if (found.networks.length === 0)
    throw tooMany ?? (object ? refuseObject(object) : noWeights(describeContents(outermost)))
  found.advice = isLightning(outermost) ? lightningAdvice : object ? adviceFor(object) : null
  return found
}

/** PyTorch Lightning's own files say so. */
const isLightning = (outermost: Container): boolean =>
  isKind(outermost, 'dict') &&
  outermost.pairs.some((key, index) => index % 2 === 0 && key === 'pytorch-lightning_version')
const lightningAdvice =
  'Save the network alone where its LightningModule is at hand: torch.save(Module.load_from_checkpoint(path).model.state_dict(), other), with the name that it has there in place of model.'

function requireContainer(value: PickleValue): Container {
  if (isContainer(value)) return value
  if (isKind(value, 'opaque') && (value.foreign || value.holdsTensors)) throw refuseObject({ path: '', object: value })
  throw noWeights(describeContents(value))
}

function noWeights(got: string): RefusedInputError {
  return new RefusedInputError('The file holds no state_dict.', {
    wanted: 'a dictionary from names to tensors, bare, under a key such as state_dict, model, net, or in a list',
    got,
    where: 'pickle',
    action: 'Save model.state_dict() with torch.save.',
  })
}

const tooManyTensors = (count: number): RefusedInputError =>
  new RefusedInputError('The file has too many tensors.', {
    wanted: `at most ${importLimits.tensors}`,
    got: `${count}`,
    where: 'pickle',
  })

function isKind<K extends 'dict' | 'list' | 'tuple' | 'tensor' | 'opaque'>(
  value: PickleValue,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return value !== null && typeof value === 'object' && value.kind === kind
}

const isContainer = (value: PickleValue): value is Container =>
  isKind(value, 'dict') || isKind(value, 'list') || isKind(value, 'tuple')

/** Lists are many and long, so only those with tensors are looked through. */
const mayLead = (value: PickleValue): value is Container =>
  isKind(value, 'dict') || (isContainer(value) && measureOf(value).holdsTensors === true)

/** What a network may lie in, by its place: a tensor of a list has no name, and plain values of one say nothing. */
function placesOf({ items }: PickleList | PickleTuple): ReturnType<typeof partsOf> {
  const others = items.flatMap((item, place): [string, PickleValue][] =>
    isContainer(item) || isKind(item, 'opaque') ? [[String(place), item]] : [],
  )
  return { tensors: new Map(), others }
}

/** Tensors by name, and the rest. A name that comes twice is refused, because two readers could choose differently. */
function partsOf(dict: PickleDict): { tensors: Map<string, PickleTensor>; others: [string, PickleValue][] } {
  const tensors = new Map<string, PickleTensor>()
  const others: [string, PickleValue][] = []
  const names = new Set<string>()
  for (let index = 0; index + 1 < dict.pairs.length; index += 2) {
    const key = dict.pairs[index] ?? null
    const part = dict.pairs[index + 1] ?? null
    const name = nameOf(key)
    if (typeof key === 'string') {
      if (names.has(name)) throw comesTwice(name)
      names.add(name)
    }
    if (isKind(part, 'tensor')) tensors.set(name, part)
    else others.push([name, part])
  }
  return { tensors, others }
}

function nameOf(key: PickleValue): string {
  if (typeof key === 'number' || typeof key === 'bigint') return String(key)
  return typeof key === 'string' ? key : `(${describeValue(key)})`
}

const comesTwice = (name: string): RefusedInputError =>
  new RefusedInputError('A name comes twice in the checkpoint.', {
    wanted: 'each name once',
    got: quoteFromFile(name),
    where: 'pickle',
  })

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

/** The keys of a dictionary, the kind of anything else. */
export function describeContents(value: PickleValue): string {
  if (isKind(value, 'opaque')) return `an object of ${quoteFromFile(value.className)}`
  if (isKind(value, 'list') || isKind(value, 'tuple')) return `a ${value.kind} of ${value.items.length}`
  if (!isKind(value, 'dict')) return describeValue(value)
  const keys = value.pairs.filter((_, index) => index % 2 === 0).map(nameOf)
  return keys.length === 0
    ? 'an empty dictionary'
    : `a dictionary with ${keys.slice(0, 8).map(quoteFromFile).join(', ')}${keys.length > 8 ? ' …' : ''}`
}
