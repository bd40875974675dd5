/** A file beside each network that it may be: what they have in common, in names and shapes. */
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { checkParameters, type Field, type ParameterSchema } from '../../../../shared/schema'
import {
  architectures,
  trainableArchitectures,
  type Architecture,
  type NetworkOutline,
  type WeightShapes,
} from '../architectures'
import { isCounter, sameShape } from './keyDifferences'

type Params = Record<string, number | string | boolean>

/** The file beside one network that it may be. */
export interface Attempt {
  member: Architecture
  params: Params
  outline: NetworkOutline
  classes: number
  channels: number
  /** Side of the images where the shapes depend on it; else the usual one. */
  side: number
  /** Everything of the network is there, with its shape. */
  complete: boolean
  /** All its names are there. */
  named: boolean
  /** Names of the file that the network has not; empty where it is not complete. */
  surplus: string[]
  /** Share of names that file and network have in common. */
  shared: number
  /** Share of names with the same shape. */
  equal: number
}

/** Images are taken to have it where the shapes do not depend on it. */
export const usualSide = 32
export const otherSides = [28, 64, 48, 96, 128, 224, 256]
/** Of every likely parameter set of every architecture, where it has a name in common with the file. */
export const attemptsOf = (shapes: WeightShapes, sides: readonly number[]): Attempt[] =>
  trainableArchitectures.flatMap((member) =>
    candidatesOf(member, shapes).flatMap((params) =>
      // Outlines are large, and there are hundreds: those that nobody will ask for are let go at once.
      unlessRefused(() => attemptOf({ id: member.id, params }, shapes, sides)).filter(({ shared }) => shared > 0),
    ),
  )

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

/** @throws RefusedInputError when the choice does not exist or its parameters make no network */
export function attemptOf(choice: MemberChoice, shapes: WeightShapes, sides: readonly number[]): Attempt {
  const { member, values } = architectures.open(choice, 'architecture')
  const params = values as Params
  const usual = compare(member, params, shapes, usualSide)
  if (usual.complete || !usual.named) return usual
  // All names are there; where a layer reads a whole image, its shape tells the size.
  return (
    sides
      .flatMap((side) => unlessRefused(() => compare(member, params, shapes, side)))
      .find(({ complete }) => complete) ?? usual
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
  const first = member.outline(params, { ...image, classes: 2, channels: 3 })
  const { firstConvolution, lastLinear } = first
  const classes = Math.max(1, shapes.get(`${lastLinear}.bias`)?.[0] ?? shapes.get(`${lastLinear}.weight`)?.[0] ?? 2)
  const channels = channelsOf(first, firstConvolution, shapes)
  // Outlines are what a comparison takes its time for. Of classes and channels a network has shapes, but no names.
  const own = (classes === 2 && channels === 3) || ![...first.shapes.keys()].some((name) => shapes.has(name))
  const outline = own ? first : member.outline(params, { ...image, classes, channels })
  return { member, params, outline, classes, channels, side, ...likeness(shapes, outline) }
}

/** An absent counter counts for nothing; one of a wrong shape does. */
function likeness(
  shapes: WeightShapes,
  outline: NetworkOutline,
): Pick<Attempt, 'complete' | 'named' | 'surplus' | 'shared' | 'equal'> {
  let own = 0
  let shared = 0
  let equal = 0
  for (const [name, shape] of outline.shapes) {
    const got = shapes.get(name)
    if (!got && isCounter(name)) continue
    own++
    if (!got) continue
    shared++
    if (sameShape(got, shape)) equal++
  }
  let further = 0
  for (const name of shapes.keys()) if (!outline.shapes.has(name)) further++
  const all = own + further
  // Of a network that is not complete nobody asks, and there are many of those.
  const surplus = equal === own ? [...shapes.keys()].filter((name) => !outline.shapes.has(name)) : []
  return { complete: equal === own, named: shared === own, surplus, shared: shared / all, equal: equal / all }
}

/** The file may hold the first filters in another layout; then three channels are expected. */
function channelsOf(outline: NetworkOutline, firstConvolution: string, shapes: WeightShapes): number {
  const [outputs, , ...kernel] = outline.shapes.get(`${firstConvolution}.weight`) ?? []
  const [gotOutputs, channels, ...gotKernel] = shapes.get(`${firstConvolution}.weight`) ?? []
  return gotOutputs === outputs && channels !== undefined && channels >= 1 && sameShape(gotKernel, kernel)
    ? channels
    : 3
}

export const titleOf = ({ member, params }: Attempt): string => member.label(params as never)
