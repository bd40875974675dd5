/** How an architecture is recognized from the names and shapes of its weights. */
import type { WeightMap } from '../weights'

/** A member of the architecture family with its parameters; `classes` comes along where the shapes tell. */
export interface RecognizedArchitecture {
  /** Id in the registry of architectures. */
  id: string
  /** Declared parameters, plus `classes`. */
  params: Record<string, number | string | boolean>
  title: string
}

export type Recognition =
  | { kind: 'recognized'; architecture: RecognizedArchitecture; notes: string[] }
  /** The names say what it should be, but parts are missing, left over or of another shape. */
  | { kind: 'mismatch'; title: string; differences: string[] }

/** One architecture: one file here, one line in index.ts. */
export interface ArchitectureRecognizer {
  readonly id: string
  /** A cheap look at the names. */
  match(tensors: WeightMap): boolean
  /** Deduces the parameters and compares every name and shape. */
  recognize(tensors: WeightMap): Recognition
}

/** Expected shape of each name; `optional` names may be absent without harm. */
export interface Expectation {
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly optional: (name: string) => boolean
}

const mostDifferences = 12

/**
 * The key diff of a file against an architecture: missing, unexpected and wrongly shaped tensors.
 * Returns at most 12 lines and a count of the rest.
 */
export function compareWithExpectation(tensors: WeightMap, { shapes, optional }: Expectation): string[] {
  const differences: string[] = []
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name)
    if (!tensor) {
      if (!optional(name)) differences.push(`missing ${name} [${shape.join(', ')}]`)
    } else if (tensor.shape.join() !== shape.join()) {
      differences.push(`${name} is [${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]${layoutHint(tensor.shape, shape)}`)
    }
  }
  for (const name of tensors.keys()) if (!shapes.has(name)) differences.push(`unexpected ${name.slice(0, 200)}`)
  if (differences.length <= mostDifferences) return differences
  return [...differences.slice(0, mostDifferences), `and ${differences.length - mostDifferences} more`]
}

/** Same extents in another order: most likely TensorFlow's layout. */
function layoutHint(got: readonly number[], wanted: readonly number[]): string {
  const sorted = (shape: readonly number[]): string => [...shape].sort((left, right) => left - right).join()
  return got.length > 1 && sorted(got) === sorted(wanted) ? ' (transposed; PyTorch keeps [out, in, height, width] and [out, in])' : ''
}
