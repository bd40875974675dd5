/**
 * Which of the networks in a file is meant: the one that somebody named by its key, else the only one that is known
 * here. What lies beside it (optimizers, generators, grids, objects) is left out and named.
 */
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { quoteFromFile } from '../../weights/fileText'
import type { StoredMap } from '../../weights/stored'
import { nameUnderPrefix, withoutKnownPrefixes } from './commonPrefix'
import type { Recognition } from './recognition'
import type { Finding, OpenedCheckpoint, StoredNetwork } from './types'

/** A network that a file holds, to choose from. */
export interface Candidate {
  /** What `weights` names it by; '.' for a bare one. */
  key: string
  title: string
  tensors: number
}

/** Several networks of a file are known here, and nobody named one. */
export class SeveralNetworksError extends RefusedInputError {
  constructor(readonly candidates: readonly Candidate[]) {
    const listed = candidates.map(({ key, title, tensors }) => `${quoteFromFile(key)} (${title}, ${tensors} tensors)`)
    super(`The file holds ${candidates.length} networks that are known here.`, {
      wanted: 'the key of one of them',
      got: listed.join(', '),
      action: `Name it: abd import or abd evaluate with --weights ${candidates[0]?.key ?? 'KEY'}, abd run with --set teacher.weights=${candidates[0]?.key ?? 'KEY'}, or choose it in the form.`,
    })
  }
}

export interface SelectionOptions {
  /** The architecture that the weights are said to be of. */
  architecture: MemberChoice | null
  /** Key of the network that is meant; '' for the only one that is known here. */
  weights: string
  /** Height and width of the images, where they are known. */
  side: number | undefined
}

export interface Selection {
  key: string
  /** Under the network's names. */
  tensors: StoredMap
  recognition: Extract<Recognition, { kind: 'recognized' }>
  findings: Finding[]
  /** All that could have been meant, where there are several. */
  candidates: Candidate[]
}

interface Named {
  network: StoredNetwork
  tensors: StoredMap
  recognition: Recognition | null
  findings: Finding[]
}

const bareKey = '.'
/** Fewer tensors make no classifier that is known here. */
const fewestTensors = 8

/** @throws RefusedInputError where none is known, several are, or the named one is not there */
export function selectNetwork(opened: OpenedCheckpoint, options: SelectionOptions): Selection {
  const wanted = options.weights === '' ? null : networkOf(opened.networks, options.weights)
  const named = opened.networks.map((network) => recognize(network, options))
  const known = withoutCopies(named.filter(isKnown), wanted)
  const meant = wanted ? named.filter(({ network }) => network === wanted) : named
  const candidates = known.length > 1 ? known.map(candidateOf) : []
  const chosen = wanted ? known.find(({ network }) => network === wanted) : known[0]
  if (!chosen) throw unknown(meant, options, opened.advice)
  if (!wanted && candidates.length > 0) throw new SeveralNetworksError(candidates)
  const { network, tensors, recognition, findings } = chosen
  return {
    key: network.key,
    tensors,
    recognition,
    findings: [...placeFindings(network, opened), ...findings, ...recognition.findings],
    candidates,
  }
}

function networkOf(networks: readonly StoredNetwork[], key: string): StoredNetwork {
  const network = networks.find((candidate) => candidate.key === (key === bareKey ? '' : key))
  if (network) return network
  throw new RefusedInputError(`The file has no weights under ${quoteFromFile(key)}.`, {
    wanted: `one of the keys that hold tensors: ${listKeys(networks)}`,
    got: quoteFromFile(key),
    where: 'weights',
  })
}

function recognize(network: StoredNetwork, { architecture, side }: SelectionOptions): Named {
  if (network.tensors.size < fewestTensors && !architecture)
    return { network, tensors: network.tensors, recognition: null, findings: [] }
  const known = withoutKnownPrefixes(network.tensors)
  const { tensors, recognition, findings } = nameUnderPrefix(known.tensors, architecture, side)
  return { network, tensors, recognition, findings: [...known.findings, ...findings] }
}

type Known = Named & Pick<Selection, 'recognition'>
const isKnown = (named: Named): named is Known => named.recognition?.kind === 'recognized'

/** Two keys that lead to the same values lead to one network; of those the wanted one stays, else the first. */
function withoutCopies(known: readonly Known[], wanted: StoredNetwork | null): Known[] {
  const placesOf = ({ tensors }: Named): string =>
    [...tensors].map(([name, { at, strides }]) => `${name} ${at} ${strides.join(' ')}`).join('\n')
  const distinct = new Map<string, Known>()
  for (const candidate of known) {
    const places = known.length > 1 ? placesOf(candidate) : ''
    if (!distinct.has(places) || candidate.network === wanted) distinct.set(places, candidate)
  }
  return [...distinct.values()]
}

const candidateOf = ({ network, tensors, recognition }: Known): Candidate => ({
  key: network.key === '' ? bareKey : network.key,
  title: recognition.architecture.title,
  tensors: tensors.size,
})

/** Where the weights lie, and which other dictionaries of tensors are left out. */
function placeFindings({ key }: StoredNetwork, { networks }: OpenedCheckpoint): Finding[] {
  const findings: Finding[] = []
  if (key !== '') findings.push({ severity: 'info', message: `The weights lie under ${quoteFromFile(key)}.` })
  const others = networks.filter((network) => network.key !== key)
  if (others.length > 0) findings.push({ severity: 'info', message: `Left out: ${listKeys(others)}.` })
  return findings
}

const mostKeys = 8

function listKeys(networks: readonly StoredNetwork[]): string {
  const shown = networks
    .slice(0, mostKeys)
    .map(({ key, tensors }) => {
      const count = `${tensors.size} ${tensors.size === 1 ? 'tensor' : 'tensors'}`
      return key === '' ? `${count} at the top` : `${quoteFromFile(key)} (${count})`
    })
    .join(', ')
  return networks.length > mostKeys ? `${shown} and ${networks.length - mostKeys} more` : shown
}

function unknown(
  named: readonly Named[],
  { architecture }: SelectionOptions,
  advice: string | null = null,
): RefusedInputError {
  const [nearest] = named
    .flatMap(({ network, recognition }) => (recognition?.kind === 'mismatch' ? [{ network, recognition }] : []))
    .sort((left, right) => right.recognition.shared - left.recognition.shared)
  if (!nearest)
    return new RefusedInputError('The weights are of no network that is known here.', {
      wanted: 'the weights of a known architecture under its PyTorch names',
      got: listKeys(named.map(({ network }) => network)),
      action: advice ?? 'Save the state_dict of a network that is known here.',
    })
  const { title, differences } = nearest.recognition
  const where = nearest.network.key === '' ? {} : { where: quoteFromFile(nearest.network.key) }
  return new RefusedInputError(
    architecture
      ? `The weights are not those of ${title}, the chosen architecture.`
      : `The weights look like ${title} but do not fit it.`,
    {
      wanted: `the names and shapes of ${title}`,
      got: differences.join('; '),
      ...where,
      action: architecture
        ? 'Choose the architecture and parameters that the file was saved from.'
        : (advice ?? 'Export the state_dict of one whole network.'),
    },
  )
}
