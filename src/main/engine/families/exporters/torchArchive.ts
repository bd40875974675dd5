/**
 * Writes a state_dict as PyTorch's zip format, which torch.load(path, weights_only=True) reads: stored entries,
 * protocol 2
 * pickle, contents aligned to 64 bytes. Reference: pytorch/pytorch torch/serialization.py, _save.
 */
import { basename } from 'node:path'
import { UserError } from '../../../../shared/errors'
import { quoteFromFile } from '../../weights/fileText'
import { bytesOf, bytesPer, elementCount, type WeightMap } from '../../weights/weightMap'
import { pickleStateDict } from './pickleWriter'
import { writeAtomically } from '../../weights/atomicFile'
import { zipChunks, type ZipEntry } from '../../weights/zipWriter'

const alignment = 64

/**
 * Writes the map as a PyTorch file, atomically; names, order, types and layout are kept.
 * @throws UserError when a tensor's data contradict its shape, or the file would pass 4 GB
 */
export async function writeTorch(path: string, tensors: WeightMap): Promise<void> {
  await writeAtomically(path, encodeTorch(tensors, rootName(path)))
}

/** The archive as chunks. `root` is the folder inside it. */
export function encodeTorch(tensors: WeightMap, root = 'archive'): Uint8Array[] {
  const entries: ZipEntry[] = []
  const add = (name: string, bytes: Uint8Array): void => void entries.push({ name: `${root}/${name}`, bytes })
  add('data.pkl', pickleStateDict(tensors))
  add('byteorder', Buffer.from('little'))
  let key = 0
  for (const [name, tensor] of tensors) {
    const bytes = bytesOf(tensor)
    const wanted = elementCount(tensor.shape) * bytesPer(tensor.dtype)
    if (bytes.byteLength !== wanted) {
      throw new UserError(`The tensor ${quoteFromFile(name)} cannot be written.`, {
        wanted: `${wanted} bytes for [${tensor.shape.join(', ')}]`,
        got: `${bytes.byteLength} bytes`,
        where: quoteFromFile(name),
      })
    }
    add(`data/${key}`, bytes)
    key += 1
  }
  add('version', Buffer.from('3\n'))
  try {
    return zipChunks(entries, { alignment })
  } catch (error) {
    throw new UserError('The file would be too large for this format.', {
      wanted: 'at most 4 GB and 65,534 entries',
      got: error instanceof Error ? error.message : undefined,
      action: 'Export as safetensors.',
      cause: error,
    })
  }
}

/** torch.save names the folder after the file; anything but plain characters is replaced. */
function rootName(path: string): string {
  const name = basename(path)
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 100)
  return name === '' ? 'archive' : name
}
