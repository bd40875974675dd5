import type { TFEOpAttr, TFJSBinding, TensorMetadata } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding'

export type { TFEOpAttr, TFJSBinding, TensorMetadata }

/**
 * The native binding as a plain object with the same members, functions bound.
 * The native object's properties are read-only (assignment fails silently); on this one a graph capture can replace
 * `executeOp`.
 */
export function toPlainBinding(native: TFJSBinding): TFJSBinding {
  const plain: Record<string, unknown> = {}
  const source = native as unknown as Record<string, unknown>
  for (const name of Object.getOwnPropertyNames(native)) {
    const member = source[name]
    plain[name] = typeof member === 'function' ? (member as (...parameters: unknown[]) => unknown).bind(native) : member
  }
  return plain as unknown as TFJSBinding
}
