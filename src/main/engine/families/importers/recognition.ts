/**
 * Which architecture a set of weights is of. Every architecture gives the outline of its networks (names and shapes)
 * from its own definition; the file is compared with the outlines of all likely parameter sets. Nothing is guessed
 * beyond that: all tensors of a network are there with their shapes, or it is not this one. What a file has beside them
 * is surplus: ignored with a warning, unless another network explains more of the file.
 */
import type { MemberChoice } from '../../../../shared/domain'
import { architectures, type WeightShapes } from '../architectures'
import { attemptOf, attemptsOf, otherSides, titleOf, type Attempt } from './attempts'
import { keyDifferences } from './keyDifferences'
import { recognitionFindings } from './recognitionFindings'
import type { Finding } from './types'

/** A member of the architecture family with its parameters. */
export interface RecognizedArchitecture {
  /** Id in the registry of architectures. */
  id: string
  /** Declared parameters, plus `classes`. */
  params: Record<string, number | string | boolean>
  title: string
}

export type Recognition =
  | {
      kind: 'recognized'
      architecture: RecognizedArchitecture
      findings: Finding[]
      /** Several fit alike, and nobody named the one. */
      ambiguous: boolean
      /** Names of the file that the network has not. */
      surplus: string[]
    }
  /** The names say what it should be, or somebody did, but parts are missing or of another shape. */
  | {
      kind: 'mismatch'
      title: string
      chosen: boolean
      differences: string[]
      /** Share of names that file and network have in common. */
      shared: number
      /** The most like, with their shares, this one first. */
      nearest: Likeness[]
    }

export type Recognized = Extract<Recognition, { kind: 'recognized' }>

/** How much a network and a file have in common. */
export interface Likeness {
  title: string
  /** Share of names. */
  shared: number
  /** Share of names with the same shape. */
  equal: number
}

export interface RecognitionOptions {
  /** Decides where several fit alike. */
  chosen?: MemberChoice | null
  /** Whether somebody named it: then a file that fits nothing is compared with it. Default: it was named. */
  asked?: boolean
  /** Height and width of the images that the network shall read, where they are known. */
  side?: number | undefined
}

/** A file that shares fewer names with a network is not said to be a damaged one of its kind. */
const leastShared = 0.5

/** Networks that a refusal names. */
const mostNearest = 3

/**
 * The architecture of weights of these shapes; what keeps them from being one; or null when the names are of no known
 * one. Of several that fit, the one with the least surplus; where several fit alike, `chosen` decides, else the first
 * in the order of registry and defaults, and a finding says so.
 * @throws RefusedInputError when `chosen` does not exist or its parameters make no network
 */
export function recognizeArchitecture(
  shapes: WeightShapes,
  { chosen = null, asked = true, side }: RecognitionOptions = {},
): Recognition | null {
  const sides = side === undefined ? otherSides : [side, ...otherSides]
  const named = namedAttempt(chosen, shapes, sides)
  const attempts = attemptsOf(shapes, sides)
  const found = fittingOf({ attempts, named, asked }, shapes)
  if (found) return found
  const compared = asked ? named : null
  const [nearest, ...others] = [...(compared ? [compared] : []), ...nearestOf(attempts)]
  if (!nearest || (!compared && nearest.shared < leastShared)) return null
  return {
    kind: 'mismatch',
    title: titleOf(nearest),
    chosen: compared !== null,
    differences: keyDifferences(shapes, nearest.outline),
    shared: nearest.shared,
    nearest: [nearest, ...others].slice(0, mostNearest).map(likenessOf),
  }
}

/** Names and shapes say nothing of a network that its file describes. */
const namedAttempt = (chosen: MemberChoice | null, shapes: WeightShapes, sides: readonly number[]): Attempt | null =>
  chosen && architectures.get(chosen.id).onlyFromFile !== true ? attemptOf(chosen, shapes, sides) : null

/** The network that fits, or null; nothing is said of those that do not. */
export const findFittingNetwork = (
  shapes: WeightShapes,
  { chosen = null, asked = true, side }: RecognitionOptions,
): Recognized | null => {
  const sides = side === undefined ? otherSides : [side, ...otherSides]
  const named = namedAttempt(chosen, shapes, sides)
  return fittingOf({ attempts: attemptsOf(shapes, sides), named, asked }, shapes)
}

/** The known networks that have most in common with weights of these shapes, one of each title. */
export const nearestNetworks = (shapes: WeightShapes): Likeness[] =>
  nearestOf(attemptsOf(shapes, [])).slice(0, mostNearest).map(likenessOf)

const likenessOf = (attempt: Attempt): Likeness => ({
  title: titleOf(attempt),
  shared: attempt.shared,
  equal: attempt.equal,
})

/** The most like first, each title once. */
function nearestOf(attempts: readonly Attempt[]): Attempt[] {
  const titles = new Set<string>()
  return [...attempts]
    .sort((left, right) => right.shared + right.equal - (left.shared + left.equal))
    .filter((attempt) => attempt.shared > 0 && !titles.has(titleOf(attempt)) && titles.add(titleOf(attempt)))
}

interface Compared {
  attempts: readonly Attempt[]
  named: Attempt | null
  asked: boolean
}

function fittingOf({ attempts, named, asked }: Compared, shapes: WeightShapes): Recognized | null {
  const complete = [...(named ? [named] : []), ...attempts].filter((attempt) => attempt.complete)
  const least = Math.min(...complete.map(({ surplus }) => surplus.length))
  const fits = (attempt: Attempt): boolean => attempt.complete && attempt.surplus.length === least
  const fitting = attempts.filter(fits)
  const namedFits = named !== null && fits(named)
  const found = namedFits ? named : fitting[0]
  if (!found || (least > 0 && !isMeant(found, attempts, shapes))) return null
  return {
    kind: 'recognized',
    architecture: describe(found),
    findings: [...recognitionFindings({ found, fitting, named, namedFits, asked }, shapes)],
    ambiguous: !namedFits && fitting.length > 1,
    surplus: found.surplus,
  }
}

/**
 * Whether a file with surplus tensors is this network: they are not most of it, and no other network explains more of
 * the file, such as a deeper one of which a part is missing. Single numbers are counters of whatever counts.
 */
function isMeant(found: Attempt, attempts: readonly Attempt[], shapes: WeightShapes): boolean {
  const weighty = found.surplus.filter((name) => (shapes.get(name) ?? []).some((extent) => extent > 1))
  const own = shapes.size - found.surplus.length
  return weighty.length <= own && !attempts.some(({ complete, equal }) => !complete && equal > found.equal)
}

function describe(attempt: Attempt): RecognizedArchitecture {
  return { id: attempt.member.id, title: titleOf(attempt), params: { ...attempt.params, classes: attempt.classes } }
}
