/**
 * Which architecture a set of weights is of. Every architecture gives the outline of its networks (names and shapes)
 * from its own definition; the file
 * is compared with the outlines of all likely parameter sets. Nothing is guessed beyond that: a network fits in every
 * name and shape, or not at all.
 */
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { checkParameters, type Field, type ParameterSchema } from '../../../../shared/schema'
import { architectures, type Architecture, type NetworkOutline, type WeightShapes } from '../architectures'
import type { Finding } from './types'
import { isCounter, keyDifferences, sameShape } from './keyDifferences'

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
    }
  /** The names say what it should be, or somebody did, but parts are missing, left over or of another shape. */
  | {
      kind: 'mismatch'
      title: string
      chosen: boolean
      differences: string[]
      /** Share of names that file and network have in common. */
      shared: number
    }

type Params = RecognizedArchitecture['params']

/** The file beside one network that it may be. */
interface Attempt {
  member: Architecture
  params: Params
  outline: NetworkOutline
  classes: number
  channels: number
  /** Side of the images where the shapes depend on it; else the usual one. */
  side: number
  fits: boolean
  /** Share of names that file and network have in common. */
  shared: number
  /** Share of names with the same shape. */
  equal: number
}

const usualSide = 32
const otherSides = [28, 64, 48, 96, 128, 224, 256]
/** A file that shares fewer names with a network is not said to be a damaged one of its kind. */
const leastShared = 0.5

/**
 * The architecture of weights of these shapes; what keeps them from being one; or null when the names are of no known
 * one.
 * Where several fit alike, `chosen` decides, else the first in the order of registry and defaults, and a finding says
 * so.
 * @param chosen the architecture that somebody named; consulted first, and taken for the comparison where nothing fits
 * @param side height and width of the images that it shall read, where they are known
 * @throws RefusedInputError when `chosen` does not exist or its parameters make no network
 */
export function recognizeArchitecture(
  shapes: WeightShapes,
  chosen: MemberChoice | null = null,
  side?: number,
): Recognition | null {
  const sides = side === undefined ? otherSides : [side, ...otherSides]
  const named = chosen && attemptOf(chosen, shapes, sides)
  const attempts = architectures.members.flatMap((member) =>
    candidatesOf(member, shapes).flatMap((params) =>
      unlessRefused(() => attemptOf({ id: member.id, params }, shapes, sides)),
    ),
  )
  const fitting = attempts.filter(({ fits }) => fits)
  const found = named?.fits ? named : fitting[0]
  if (found)
    return {
      kind: 'recognized',
      architecture: describe(found),
      findings: findingsOf(found, fitting, named, shapes),
      ambiguous: !named?.fits && fitting.length > 1,
    }
  const nearest =
    named ??
    attempts.reduce<Attempt | null>(
      (best, attempt) => (best && best.shared + best.equal >= attempt.shared + attempt.equal ? best : attempt),
      null,
    )
  if (!nearest || (!named && nearest.shared < leastShared)) return null
  return {
    kind: 'mismatch',
    title: titleOf(nearest),
    chosen: named !== null,
    differences: keyDifferences(shapes, nearest.outline),
    shared: nearest.shared,
  }
}

function candidatesOf(member: Architecture, shapes: WeightShapes): Params[] {
  const candidates: readonly object[] = member.candidates?.(shapes) ?? combinations(member.params)
  return candidates.filter((candidate) => checkParameters(member.params, candidate).refusals.length === 0) as Params[]
}

/** Every combination of switches and choices, the defaults first; other fields keep their default. */
function combinations(schema: ParameterSchema): Params[] {
  return Object.entries(schema).reduce<Params[]>(
    (sets, [name, field]) => sets.flatMap((set) => valuesOf(field).map((value) => ({ ...set, [name]: value }))),
    [{}],
  )
}

function valuesOf(field: Field): Params[string][] {
  if (field.kind === 'boolean') return [field.default, !field.default]
  if (field.kind === 'choice')
    return [field.default, ...field.options.map(({ value }) => value).filter((value) => value !== field.default)]
  return typeof field.default === 'object' ? [] : [field.default]
}

function attemptOf(choice: MemberChoice, shapes: WeightShapes, sides: readonly number[]): Attempt {
  const { member, values } = architectures.open(choice, 'architecture')
  const params = values as Params
  const usual = compare(member, params, shapes, usualSide)
  if (usual.fits || usual.shared < 1) return usual
  // All names are there; where a layer reads a whole image, its shape tells the size.
  return (
    sides.flatMap((side) => unlessRefused(() => compare(member, params, shapes, side))).find(({ fits }) => fits) ??
    usual
  )
}

/** Parameters that make no network, or none for such images, are no candidate. */
function unlessRefused(attempt: () => Attempt): Attempt[] {
  try {
    return [attempt()]
  } catch (error) {
    if (error instanceof RefusedInputError) return []
    throw error
  }
}

function compare(member: Architecture, params: Params, shapes: WeightShapes, side: number): Attempt {
  const image = { height: side, width: side }
  const { firstConvolution, lastLinear } = member.outline(params, { ...image, classes: 2, channels: 3 })
  const classes = Math.max(1, shapes.get(`${lastLinear}.bias`)?.[0] ?? shapes.get(`${lastLinear}.weight`)?.[0] ?? 2)
  const channels = channelsOf(member.outline(params, { ...image, classes, channels: 3 }), firstConvolution, shapes)
  const outline = member.outline(params, { ...image, classes, channels })
  return { member, params, outline, classes, channels, side, ...likeness(shapes, outline) }
}

/** An absent counter counts for nothing; one of a wrong shape does. */
function likeness(shapes: WeightShapes, outline: NetworkOutline): Pick<Attempt, 'fits' | 'shared' | 'equal'> {
  let all = 0
  let shared = 0
  let equal = 0
  for (const [name, shape] of outline.shapes) {
    const got = shapes.get(name)
    if (!got && isCounter(name)) continue
    all++
    if (!got) continue
    shared++
    if (sameShape(got, shape)) equal++
  }
  for (const name of shapes.keys()) if (!outline.shapes.has(name)) all++
  return { fits: equal === all, shared: shared / all, equal: equal / all }
}

/** The file may hold the first filters in another layout; then three channels are expected. */
function channelsOf(outline: NetworkOutline, firstConvolution: string, shapes: WeightShapes): number {
  const [outputs, , ...kernel] = outline.shapes.get(`${firstConvolution}.weight`) ?? []
  const [gotOutputs, channels, ...gotKernel] = shapes.get(`${firstConvolution}.weight`) ?? []
  return gotOutputs === outputs && channels !== undefined && channels >= 1 && sameShape(gotKernel, kernel)
    ? channels
    : 3
}

const titleOf = ({ member, params }: Attempt): string => member.label(params as never)

function describe(attempt: Attempt): RecognizedArchitecture {
  return { id: attempt.member.id, title: titleOf(attempt), params: { ...attempt.params, classes: attempt.classes } }
}

/** How the command line names a network. */
const optionsOf = ({ member, params }: Attempt): string =>
  ` --architecture ${member.id}${Object.entries(params)
    .map(([name, value]) => ` --architecture-param ${name}=${String(value)}`)
    .join('')}`

function findingsOf(
  found: Attempt,
  fitting: readonly Attempt[],
  named: Attempt | null,
  shapes: WeightShapes,
): Finding[] {
  const findings: Finding[] = []
  if (named && !named.fits)
    findings.push({
      severity: 'info',
      message: `The names and shapes are those of ${titleOf(found)}, not of ${titleOf(named)}, which was asked for.`,
    })
  if (!named?.fits && fitting.length > 1) {
    const others = fitting.slice(1)
    findings.push({
      severity: 'warning',
      message: `The names and shapes fit ${others.map(titleOf).join(', ')} as well; it is taken for ${titleOf(found)}. Where that is wrong, choose the network in the form, or name it, e.g. abd evaluate${others.slice(0, 1).map(optionsOf).join('')}.`,
    })
  }
  if ([...found.outline.shapes.keys()].some((name) => isCounter(name) && !shapes.has(name))) {
    findings.push({
      severity: 'info',
      message: 'num_batches_tracked is absent, as in files before PyTorch 0.4.1; it starts at 0.',
    })
  }
  if (found.channels !== 3)
    findings.push({
      severity: 'info',
      message: `The first layer takes ${found.channels} ${found.channels === 1 ? 'channel' : 'channels'}.`,
    })
  if (found.side !== usualSide)
    findings.push({ severity: 'info', message: `The last layer takes images of ${found.side} × ${found.side} pixels.` })
  return findings
}
