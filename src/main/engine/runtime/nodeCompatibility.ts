import { createRequire } from 'node:module'

/**
 * Node 23 removed `util.isNullOrUndefined`, which tfjs-node 4.22.0 calls in every op (tensorflow/tfjs#8609).
 * Defined where missing, before tfjs-node is first required.
 */
export function defineMissingUtilities(): void {
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: (value: unknown) => boolean }
  util.isNullOrUndefined ??= (value) => value === null || value === undefined
}
