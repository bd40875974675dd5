import { requireReadable } from '../../../../src/main/engine/families/importers/readable'
import type { Importer } from '../../../../src/main/engine/families/importers/types'
import { readTensors } from '../../../../src/main/engine/weights/stored'
import { memorySource } from '../../../unit/importers/craft/memorySource'
import { name } from './inFile'

/** The importers' tensors, as a run reads them. */
export const importing =
  (importer: Importer) =>
  async (bytes: Buffer): Promise<void> => {
    const source = memorySource(bytes, name)
    const { networks, verify } = await importer.open(source)
    await verify()
    for (const { tensors } of networks) {
      requireReadable(tensors, source.size)
      // Copies of what expand() repeats are wanted, not a leak: bounded above, and not made here.
      if ([...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0) < 1_000_000)
        await readTensors(source, tensors)
    }
  }
