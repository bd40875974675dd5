/**
 * A network whose last layer has another name: `features.conv1.weight` with `classifier.fc.weight` (a body and a head
 * of their own, as TrojanZoo and many training programs build them), or `fc.1.weight` (a dropout before it).
 */
import type { WeightShapes } from '../architectures'
import { quoteFromFile } from '../../weights/fileText'
import { attemptsOf } from './attempts'
import { isCounter } from './keyDifferences'
import { findFittingNetwork, type RecognitionOptions, type Recognized } from './recognition'
import type { Finding } from './types'

/** Names of a network, each with what it is in the file. */
export type OwnNames = ReadonlyMap<string, string>

export interface HeadedNetwork {
  /** Under the network's names. */
  readonly own: OwnNames
  readonly recognition: Recognized
  readonly finding: Finding
}

/** A body with less of the names has other things missing than its last layer. */
const leastBody = 0.8

/**
 * The network that the names are of but for its last layer, where the file has one linear layer that no part of the
 * network is; null where there is none, or more than one could be meant.
 * @param shapesOf shapes of the file under names of the network
 */
export function withRenamedHead(
  names: OwnNames,
  shapesOf: (names: OwnNames) => WeightShapes,
  options: RecognitionOptions,
): HeadedNetwork | null {
  for (const own of [names, ...bodyAndRest(names)]) {
    const shapes = shapesOf(own)
    const linear = linearLayers(shapes)
    if (linear.length === 0) continue
    for (const last of lastLayersMissing(shapes)) {
      const [head, ...others] = linear.filter((name) => !last.names.has(`${name}.weight`))
      if (head === undefined || others.length > 0) continue
      const renamed = rename(own, head, last.name)
      const recognition = findFittingNetwork(shapesOf(renamed), options)
      if (recognition) return { own: renamed, recognition, finding: renamedFinding(own, head, last.name) }
    }
  }
  return null
}

/** Names with what nearly all of them begin with taken away from those; nothing where they have nothing in common. */
function bodyAndRest(names: OwnNames): OwnNames[] {
  const counts = new Map<string, number>()
  for (const name of names.keys()) {
    const part = name.slice(0, name.indexOf('.') + 1)
    if (part !== '') counts.set(part, (counts.get(part) ?? 0) + 1)
  }
  const [largest] = [...counts].sort(([, left], [, right]) => right - left)
  if (!largest || largest[1] < leastBody * names.size || largest[1] === names.size) return []
  const [prefix] = largest
  const shortened = new Map(
    [...names].map(([name, original]) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, original]),
  )
  return shortened.size === names.size ? [shortened] : []
}

/** Names of the layers with a matrix, and a bias of its rows or none. */
function linearLayers(shapes: WeightShapes): string[] {
  return [...shapes].flatMap(([key, shape]) => {
    if (!key.endsWith('.weight') || shape.length !== 2) return []
    const name = key.slice(0, -'.weight'.length)
    const bias = shapes.get(`${name}.bias`)
    return !bias || (bias.length === 1 && bias[0] === shape[0]) ? [name] : []
  })
}

interface MissingLast {
  /** As the network names it. */
  readonly name: string
  /** Of the whole network. */
  readonly names: Pick<WeightShapes, 'has'>
}

/** Last layers of the networks of which nothing else is missing, each name once. */
function lastLayersMissing(shapes: WeightShapes): MissingLast[] {
  const found = new Map<string, MissingLast>()
  for (const { outline } of attemptsOf(shapes, [])) {
    const { lastLinear, shapes: names } = outline
    const missing = [...names.keys()].filter((name) => !shapes.has(name) && !isCounter(name))
    const only = missing.length > 0 && missing.every((name) => name.startsWith(`${lastLinear}.`))
    if (only && !found.has(lastLinear)) found.set(lastLinear, { name: lastLinear, names })
  }
  return [...found.values()]
}

const rename = (own: OwnNames, from: string, to: string): OwnNames =>
  new Map(
    [...own].map(([name, original]) => [name.startsWith(`${from}.`) ? to + name.slice(from.length) : name, original]),
  )

function renamedFinding(own: OwnNames, head: string, last: string): Finding {
  const original = own.get(`${head}.weight`) ?? `${head}.weight`
  const layer = quoteFromFile(original.slice(0, -'.weight'.length))
  return {
    severity: 'warning',
    message: `${layer} was taken for the last layer, ${last}: the only linear layer that the network has no other place for.`,
  }
}
