/** Names in a file without what wrappers of a network put into them: the networks that lie in one dictionary. */
import type { WeightShapes } from '../architectures'
import type { StoredMap } from '../../weights/stored'
import { quoteFromFile } from '../../weights/fileText'
import {
  findFittingNetwork,
  recognizeArchitecture,
  type Recognition,
  type RecognitionOptions,
  type Recognized,
} from './recognition'
import { withRenamedHead } from './renamedHead'
import type { Finding } from './types'

/** What DataParallel and torch.compile put before or between names: no part of any network. */
const wrapperParts: ReadonlySet<string> = new Set(['module', '_orig_mod'])
const mostParts = 4
/** Groups of names that are looked at on one level. */
const mostGroups = 16
/** Fewer tensors make no classifier that is known here. */
export const fewestTensors = 8

/** A network within a dictionary, under its own names. */
export interface NamedNetwork {
  /** What its names had in common and lost, without the last dot; '' for nothing. */
  prefix: string
  /** Its tensors and no others. */
  tensors: StoredMap
  recognition: Recognized
  findings: Finding[]
}

/** The networks that a dictionary of tensors holds under known names, a prefix apart; mostly one or none. */
export function networksWithin(tensors: StoredMap, options: RecognitionOptions): NamedNetwork[] {
  if (tensors.size < fewestTensors) return []
  const { names, findings } = withoutWrappers([...tensors.keys()])
  const within = (prefix: string, own: ReadonlyMap<string, string>): NamedNetwork[] => {
    const recognition = findFittingNetwork(shapesOf(tensors, own), options)
    if (recognition)
      return [named({ tensors, own, prefix, recognition, findings }), ...besides(prefix, own, recognition)]
    const below = groupsOf(own).flatMap(([part, group]) => within(prefix === '' ? part : `${prefix}.${part}`, group))
    return below.length > 0 ? below : headed(prefix, own)
  }
  const headed = (prefix: string, own: ReadonlyMap<string, string>): NamedNetwork[] => {
    const found = withRenamedHead(own, (renamed) => shapesOf(tensors, renamed), options)
    if (!found) return []
    const { recognition, finding } = found
    return [named({ tensors, own: found.own, prefix, recognition, findings: [...findings, finding] })]
  }
  /** Another network among what the first one leaves over. */
  const besides = (prefix: string, own: ReadonlyMap<string, string>, { surplus }: Recognized): NamedNetwork[] => {
    if (surplus.length < fewestTensors) return []
    const rest = new Map(surplus.map((name) => [name, own.get(name) ?? name]))
    return groupsOf(rest).flatMap(([part, group]) => within(prefix === '' ? part : `${prefix}.${part}`, group))
  }
  return within('', names)
}

/** Why the dictionary holds no known network: its names, or those under a prefix that nearly all share, beside one. */
export function compareNames(tensors: StoredMap, options: RecognitionOptions): Recognition | null {
  const { names } = withoutWrappers([...tensors.keys()])
  let best: Recognition | null = null
  let own: ReadonlyMap<string, string> | null = names
  for (let parts = 0; own && parts <= mostParts; parts++) {
    const found = recognizeArchitecture(shapesOf(tensors, own), options)
    if (found && (!best || sharedOf(found) > sharedOf(best))) best = found
    own = groupsOf(own).find(([, group]) => group.size >= 0.8 * tensors.size)?.[1] ?? null
  }
  return best
}

const sharedOf = (recognition: Recognition): number => (recognition.kind === 'mismatch' ? recognition.shared : 1)

/** Shapes under the new names. */
export const shapesOf = (tensors: StoredMap, names: ReadonlyMap<string, string>): WeightShapes =>
  new Map([...names].map(([name, original]) => [name, tensors.get(original)?.shape ?? []]))

/** The names without wrappers' parts, each with what it was; as they are where two names would become one. */
export function withoutWrappers(originals: readonly string[]): { names: Map<string, string>; findings: Finding[] } {
  const removed = new Map<string, number>()
  const names = new Map<string, string>()
  for (const original of originals) {
    const parts = original.split('.')
    const kept = parts.filter((part, index) => index === parts.length - 1 || !wrapperParts.has(part))
    for (const part of new Set(parts.slice(0, -1).filter((each) => wrapperParts.has(each))))
      removed.set(part, (removed.get(part) ?? 0) + 1)
    names.set(kept.join('.'), original)
  }
  if (names.size < originals.length) return { names: new Map(originals.map((name) => [name, name])), findings: [] }
  return { names, findings: [...removed].map(([part, count]) => removal(`${part}.`, count, originals.length)) }
}

function removal(prefix: string, count: number, all: number): Finding {
  const names = count === all ? 'every name' : `${count} of ${all} names`
  return { severity: 'warning', message: `The prefix ${quoteFromFile(prefix)} was removed from ${names}.` }
}

/** Names by their first part, without it; the largest groups, each large enough for a network. */
function groupsOf(names: ReadonlyMap<string, string>): [string, Map<string, string>][] {
  const groups = new Map<string, Map<string, string>>()
  for (const [name, original] of names) {
    const dot = name.indexOf('.')
    if (dot < 0) continue
    const part = name.slice(0, dot)
    const group = groups.get(part) ?? new Map<string, string>()
    group.set(name.slice(dot + 1), original)
    groups.set(part, group)
  }
  return [...groups]
    .filter(([, group]) => group.size >= fewestTensors)
    .sort(([, left], [, right]) => right.size - left.size)
    .slice(0, mostGroups)
}

interface Found {
  tensors: StoredMap
  own: ReadonlyMap<string, string>
  prefix: string
  recognition: Recognized
  findings: readonly Finding[]
}

function named({ tensors, own, prefix, recognition, findings }: Found): NamedNetwork {
  const surplus = new Set(recognition.surplus)
  const kept: StoredMap = new Map()
  for (const [name, original] of own) {
    const tensor = tensors.get(original)
    if (tensor && !surplus.has(name)) kept.set(name, tensor)
  }
  return {
    prefix,
    tensors: kept,
    recognition,
    findings: prefix === '' ? [...findings] : [...findings, removal(`${prefix}.`, own.size, tensors.size)],
  }
}
