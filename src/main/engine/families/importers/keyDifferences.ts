/** Names and shapes of a file against those of a network. */
import type { NetworkOutline, WeightShapes } from '../architectures'
import { quoteFromFile } from '../../weights/fileText'

/** Counters may be absent: PyTorch has them since 0.4.1, and they start at 0. */
export const isCounter = (name: string): boolean => name.endsWith('.num_batches_tracked')

export const sameShape = (left: readonly number[], right: readonly number[]): boolean =>
  left.length === right.length && left.every((extent, axis) => extent === right[axis])

const mostDifferences = 12

/**
 * Missing, wrongly shaped and unexpected tensors, in this order; empty when the file fits.
 * At most 12 lines and a count of the rest. Names that only the file knows are quoted.
 */
export function keyDifferences(file: WeightShapes, { shapes }: Pick<NetworkOutline, 'shapes'>): string[] {
  const differences: string[] = []
  for (const [name, shape] of shapes) {
    const got = file.get(name)
    if (!got) {
      if (!isCounter(name)) differences.push(`missing ${name} [${shape.join(', ')}]`)
    } else if (!sameShape(got, shape)) {
      differences.push(`${name} is [${got.join(', ')}] instead of [${shape.join(', ')}]${layoutHint(got, shape)}`)
    }
  }
  for (const name of file.keys()) if (!shapes.has(name)) differences.push(`unexpected ${quoteFromFile(name)}`)
  if (differences.length <= mostDifferences) return differences
  return [...differences.slice(0, mostDifferences), `and ${differences.length - mostDifferences} more`]
}

/** Same extents in another order: most likely TensorFlow's layout. */
function layoutHint(got: readonly number[], wanted: readonly number[]): string {
  const sorted = (shape: readonly number[]): number[] => [...shape].sort((left, right) => left - right)
  return got.length > 1 && sameShape(sorted(got), sorted(wanted))
    ? ' (transposed; PyTorch keeps [out, in, height, width] and [out, in])'
    : ''
}
