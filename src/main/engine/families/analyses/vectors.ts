/** Lengths and directions of vectors, in float64. */

function product(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0
  for (let place = 0; place < left.length; place++) sum += (left[place] ?? 0) * (right[place] ?? 0)
  return sum
}

/** L2 norm. */
export const normOf = (values: ArrayLike<number>): number => Math.sqrt(product(values, values))

/** −1…1; null where one of them is zero. */
export function cosineOf(left: ArrayLike<number>, right: ArrayLike<number>): number | null {
  const norms = normOf(left) * normOf(right)
  return norms > 0 ? product(left, right) / norms : null
}
