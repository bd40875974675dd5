/**
 * Which of the networks in a file is meant: the one that somebody named by its key, else the only one that is known
 * here. What lies beside it (optimizers, generators, grids, objects) is left out and named.
 */
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { quoteFromFile } from '../../weights/fileText'
import type { StoredMap } from '../../weights/stored'
import { compareNames, networksWithin, type NamedNetwork } from './naming'
import { nearestNetworks, type Likeness, type Recognized } from './recognition'
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
  /** Whether somebody named it; else it only decides where several fit. */
  asked: boolean
  /** Key of the network that is meant; '' for the only one that is known here. */
  weights: string
  /** Height and width of the images, where they are known. */
  side: number | undefined
}

export interface Selection {
  key: string
  /** Under the network's names. */
  tensors: StoredMap
  recognition: Recognized
  findings: Finding[]
  /** All that could have been meant, where there are several. */
  candidates: Candidate[]
}

interface Known extends NamedNetwork {
  network: StoredNetwork
  /** Where it lies; a prefix counts where its dictionary holds other networks too. */
  key: string
}

const bareKey = '.'

/** @throws RefusedInputError where none is known, several are, or the named one is not there */
export function selectNetwork(opened: OpenedCheckpoint, options: SelectionOptions): Selection {
  const all = opened.networks.flatMap((network) => knownIn(network, options))
  const wanted = options.weights === bareKey ? '' : options.weights
  const isWanted = ({ key }: { key: string }): boolean => options.weights !== '' && key === wanted
  const known = withoutCopies(all, isWanted)
  const candidates = known.length > 1 ? known.map(candidateOf) : []
  if (options.weights === '' && candidates.length > 0) throw new SeveralNetworksError(candidates)
  const chosen = options.weights === '' ? known[0] : known.find(isWanted)
  if (!chosen) throw refusal(opened, options, wanted)
  const { network, key, tensors, recognition, findings } = chosen
  return {
    key,
    tensors,
    recognition,
    findings: [...placeFindings(network, opened), ...findings, ...recognition.findings],
    candidates,
  }
}

function refusal(opened: OpenedCheckpoint, options: SelectionOptions, wanted: string): RefusedInputError {
  if (options.weights === '') return unknown(opened.networks, opened, options)
  const meant = opened.networks.filter(({ key }) => key === wanted)
  if (meant.length > 0) return unknown(meant, opened, options)
  return new RefusedInputError(`The file has no weights under ${quoteFromFile(options.weights)}.`, {
    wanted: `one of the keys that hold tensors: ${listKeys(opened.networks)}`,
    got: quoteFromFile(options.weights),
    where: 'weights',
  })
}

function knownIn(network: StoredNetwork, { architecture, asked, side }: SelectionOptions): Known[] {
  const found = networksWithin(network.tensors, { chosen: architecture, asked, side })
  return found.map((each) => ({
    ...each,
    network,
    key: found.length < 2 ? network.key : [network.key, each.prefix].filter((part) => part !== '').join('.'),
  }))
}

/** Two keys that lead to the same values lead to one network; of those the wanted one stays, else the first. */
function withoutCopies(known: readonly Known[], isWanted: (candidate: Known) => boolean): Known[] {
  const placesOf = ({ tensors }: Known): string =>
    [...tensors].map(([name, { at, strides }]) => `${name} ${at} ${strides.join(' ')}`).join('\n')
  const distinct = new Map<string, Known>()
  for (const candidate of known) {
    const places = known.length > 1 ? placesOf(candidate) : ''
    if (!distinct.has(places) || isWanted(candidate)) distinct.set(places, candidate)
  }
  return [...distinct.values()]
}

const candidateOf = ({ key, tensors, recognition }: Known): Candidate => ({
  key: key === '' ? bareKey : key,
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

/** Dictionaries that are compared with the known networks for a refusal: the largest ones. */
const mostCompared = 4

function unknown(
  networks: readonly StoredNetwork[],
  { advice, ignored }: OpenedCheckpoint,
  { architecture, asked, side }: SelectionOptions,
): RefusedInputError {
  const largest = [...networks].sort((left, right) => right.tensors.size - left.tensors.size).slice(0, mostCompared)
  const [nearest] = largest
    .flatMap((network) => {
      const recognition = compareNames(network.tensors, { chosen: architecture, asked, side })
      return recognition?.kind === 'mismatch' ? [{ network, recognition }] : []
    })
    .sort((left, right) => right.recognition.shared - left.recognition.shared)
  if (!nearest) return ofNoNetwork(largest[0], networks, advice)
  const { network, recognition } = nearest
  const objects = ignored
    .filter(({ beside, reason }) => beside === network.key && reason.startsWith('an object of'))
    .map(({ path, reason }) => `${quoteFromFile(path)} is ${reason}`)
  return new RefusedInputError(
    recognition.chosen
      ? `The weights are not those of ${recognition.title}, the chosen architecture.`
      : `The weights look like ${recognition.title} but do not fit it.`,
    {
      wanted: `the names and shapes of ${recognition.title}`,
      got: [...recognition.differences, ...objects.slice(0, mostKeys)].join('; '),
      ...(network.key === '' ? {} : { where: quoteFromFile(network.key) }),
      action: `${nearestSentence(recognition.nearest)} ${
        recognition.chosen
          ? 'Choose the architecture and parameters that the file was saved from.'
          : (advice ?? 'Export the state_dict of one whole network that is known here.')
      }`,
    },
  )
}

/** Nothing known has half of its names: what the file has, and what is least unlike it. */
function ofNoNetwork(
  largest: StoredNetwork | undefined,
  networks: readonly StoredNetwork[],
  advice: string | null = null,
): RefusedInputError {
  const tensors = largest?.tensors ?? new Map()
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
  const first = [...shapes].slice(0, 3).map(([name, shape]) => `${quoteFromFile(name)} [${shape.join(', ')}]`)
  const nearest = shapes.size > 1 ? nearestSentence(nearestNetworks(shapes)) : ''
  return new RefusedInputError('The weights are of no network that is known here.', {
    wanted: 'the weights of a known architecture under its PyTorch names',
    got: `${listKeys(networks)}; the first ${first.length === 1 ? 'is' : 'are'} ${first.join(', ')}`,
    action: `${nearest}${nearest === '' ? '' : ' '}${advice ?? 'Save the state_dict of a network that is known here.'}`,
  })
}

const percent = (share: number): string => `${Math.floor(100 * share)} %`

const nearestSentence = (nearest: readonly Likeness[]): string =>
  nearest.length === 0
    ? ''
    : `Nearest: ${nearest
        .map(
          ({ title, shared, equal }) =>
            `${title} (${percent(shared)} of the names, ${percent(equal)} with their shapes)`,
        )
        .join(', ')}.`
