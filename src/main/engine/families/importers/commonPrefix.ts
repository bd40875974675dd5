/** Prefixes that wrappers of a network put before the name of every tensor. */
import type { MemberChoice } from '../../../../shared/domain'
import type { Finding } from './types'
import { quoteFromFile } from '../../weights/fileText'
import { recognizeArchitecture, type Recognition } from './recognition'
import type { StoredMap } from '../../weights/stored'

/** What DataParallel and torch.compile put there: no part of any network, whatever the rest. */
const knownPrefixes = ['module.', '_orig_mod.'] as const
const mostParts = 4

interface Named {
  tensors: StoredMap
  findings: Finding[]
}

const allBegin = (names: readonly string[], prefix: string): boolean =>
  names.length > 0 && names.every((name) => name.startsWith(prefix) && name.length > prefix.length)

const without = (tensors: StoredMap, prefix: string): StoredMap =>
  new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor]))

const removed = (prefix: string): Finding => ({
  severity: 'warning',
  message: `The prefix ${quoteFromFile(prefix)} was removed from every name.`,
})

/** Names without a known prefix, where all of them have it. */
export function withoutKnownPrefixes(tensors: StoredMap): Named {
  const findings: Finding[] = []
  let current = tensors
  for (let pass = 0; pass < knownPrefixes.length; pass++) {
    const names = [...current.keys()]
    const prefix = knownPrefixes.find((candidate) => allBegin(names, candidate))
    if (prefix === undefined) break
    current = without(current, prefix)
    findings.push(removed(prefix))
  }
  return { tensors: current, findings }
}

/**
 * The architecture of the tensors, as they are named or without a dotted prefix that all names share (`model.` of
 * PyTorch Lightning). A prefix goes only
 * where the rest is a known network; where nothing is, the names stay that have most in common with one.
 */
export function nameUnderPrefix(
  tensors: StoredMap,
  chosen: MemberChoice | null,
  side?: number,
): Named & { recognition: Recognition | null } {
  const tryNames = (prefix: string): Named & { recognition: Recognition | null } => {
    const renamed = prefix === '' ? tensors : without(tensors, prefix)
    const recognition = recognizeArchitecture(
      new Map([...renamed].map(([name, { shape }]) => [name, shape])),
      chosen,
      side,
    )
    return { tensors: renamed, recognition, findings: prefix === '' ? [] : [removed(prefix)] }
  }
  const sharedBy = (recognition: Recognition | null): number =>
    recognition?.kind === 'mismatch' ? recognition.shared : -1
  let best = tryNames('')
  if (best.recognition?.kind === 'recognized') return best
  for (const prefix of commonPrefixes([...tensors.keys()])) {
    const attempt = tryNames(prefix)
    if (attempt.recognition?.kind === 'recognized') return attempt
    if (sharedBy(attempt.recognition) > sharedBy(best.recognition)) best = attempt
  }
  return best
}

/** Dotted prefixes of all names, the shortest first, of at most four parts. */
function* commonPrefixes(names: readonly string[]): Generator<string> {
  const parts = (names[0] ?? '').split('.', mostParts)
  for (let count = 1; count <= parts.length; count++) {
    const prefix = `${parts.slice(0, count).join('.')}.`
    if (!allBegin(names, prefix)) return
    yield prefix
  }
}
