/** Writes safetensors files (huggingface/safetensors README, "Format"). */
import { UserError } from '../../../../shared/errors'
import { importLimits } from '../importLimits'
import { quoteFromFile } from '../fileText'
import { bytesOf, bytesPer, elementCount, type WeightDtype, type WeightMap } from '../weightMap'
import { writeAtomically, type AtomicFileOptions } from '../atomicFile'

const nameOf: Record<WeightDtype, string> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
}

/**
 * Writes the map to one safetensors file, atomically; every data type is kept. Tensors lie in order of falling element
 * size, then in map order, so that each is aligned; a reader gets them back in that order. `metadata` becomes
 * `__metadata__`.
 * @throws UserError when a tensor's data contradict its shape, or the header would be larger than our reader accepts
 */
export async function writeSafetensors(
  path: string,
  tensors: WeightMap,
  metadata: Record<string, string> = {},
  options: AtomicFileOptions = {},
): Promise<void> {
  await writeAtomically(path, encodeSafetensors(tensors, metadata), options)
}

/** The file as chunks: header, then one chunk per tensor. */
export function encodeSafetensors(tensors: WeightMap, metadata: Record<string, string> = {}): Uint8Array[] {
  const ordered = [...tensors].sort(([, left], [, right]) => bytesPer(right.dtype) - bytesPer(left.dtype))
  const entries: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [['__metadata__', metadata]]
  const chunks: Uint8Array[] = []
  let offset = 0
  for (const [name, tensor] of ordered) {
    const bytes = bytesOf(tensor)
    const wanted = elementCount(tensor.shape) * bytesPer(tensor.dtype)
    if (name === '__metadata__' || bytes.byteLength !== wanted) {
      throw new UserError(`The tensor ${quoteFromFile(name)} cannot be written.`, {
        wanted: `${wanted} bytes for [${tensor.shape.join(', ')}], and a name other than __metadata__`,
        got: `${bytes.byteLength} bytes`,
        where: quoteFromFile(name),
      })
    }
    entries.push([
      name,
      { dtype: nameOf[tensor.dtype], shape: tensor.shape, data_offsets: [offset, offset + bytes.byteLength] },
    ])
    chunks.push(bytes)
    offset += bytes.byteLength
  }
  return [encodeHeader(entries), ...chunks]
}

function encodeHeader(entries: readonly [string, unknown][]): Uint8Array {
  // Object keys that look like integers would be reordered, so the object is written by hand.
  const json = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
  const length = Buffer.byteLength(json)
  const padded = length + ((8 - (length % 8)) % 8)
  if (padded > importLimits.safetensorsHeaderBytes) {
    throw new UserError('The header of the safetensors file would be too large.', {
      wanted: `at most ${importLimits.safetensorsHeaderBytes} bytes of names and metadata`,
      got: `${padded} bytes`,
    })
  }
  const bytes = Buffer.alloc(8 + padded, ' ')
  bytes.writeBigUInt64LE(BigInt(padded), 0)
  bytes.write(json, 8)
  return bytes
}
