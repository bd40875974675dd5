/**
 * Made or decoded image sets on disk, so that the second start is fast: one file per data set and parameters.
 *
 * Layout: 8 bytes magic, 4 bytes header length (little-endian), header as JSON, then train pixels, train labels, test
 * pixels, test labels.
 * A file whose key, sizes or SHA-256 do not fit is made again; the cache is never needed, so a full disk only costs
 * time.
 */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { sentenceOf } from '../../../../shared/errors'
import { writeAtomically } from '../../weights/atomicFile'
import { openFileSource } from '../../weights/byteSource'
import { createYielding } from '../../images/yielding'
import type { DatasetContext } from './types'
import type { ImageSet } from '../../images/types'

export interface ImagePair {
  readonly train: ImageSet
  readonly test: ImageSet
  /** Small facts that belong to the images (class names); JSON. */
  readonly extra?: unknown
}

const magic = Buffer.from('ABDIMG1\n', 'latin1')
const headerLimit = 1 << 20
const hashChunkBytes = 1 << 20

const imageShape = z.object({
  count: z.number().int().min(0),
  height: z.number().int().min(1),
  width: z.number().int().min(1),
  channels: z.union([z.literal(1), z.literal(3)]),
})
const headerSchema = z.object({
  key: z.string(),
  sha256: z.string(),
  train: imageShape,
  test: imageShape,
  extra: z.unknown(),
})
type Header = z.infer<typeof headerSchema>

const sizesOf = (shape: z.infer<typeof imageShape>): [number, number] => [
  shape.count * shape.height * shape.width * shape.channels,
  shape.count * 4,
]

async function hashOf(parts: readonly Uint8Array[], context: DatasetContext): Promise<string> {
  const yielding = createYielding(context.signal)
  const hash = createHash('sha256')
  for (const part of parts) {
    for (let offset = 0; offset < part.length; offset += hashChunkBytes) {
      hash.update(part.subarray(offset, offset + hashChunkBytes))
      if (yielding.due()) await yielding.pause()
    }
  }
  return hash.digest('hex')
}

const bytesOf = (array: Int32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

async function readCached(file: string, key: string, context: DatasetContext): Promise<ImagePair | null> {
  const source = await openFileSource(file)
  try {
    const start = await source.read(0, magic.length + 4)
    if (!start.subarray(0, magic.length).equals(magic)) return null
    const headerLength = start.readUInt32LE(magic.length)
    if (headerLength > headerLimit) return null
    const header: Header = headerSchema.parse(
      JSON.parse((await source.read(start.length, headerLength)).toString('utf8')),
    )
    const sizes = [...sizesOf(header.train), ...sizesOf(header.test)]
    const payload = start.length + headerLength
    if (header.key !== key || source.size !== payload + sizes.reduce((sum, size) => sum + size, 0)) return null
    const parts: Buffer[] = []
    for (let offset = payload, index = 0; index < sizes.length; offset += sizes[index]!, index++)
      parts.push(await source.read(offset, sizes[index]!))
    if ((await hashOf(parts, context)) !== header.sha256) return null
    const set = (shape: Header['train'], pixels: Buffer, labels: Buffer): ImageSet => ({
      ...shape,
      pixels: new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length),
      labels: new Int32Array(labels.buffer, labels.byteOffset, shape.count),
    })
    return {
      train: set(header.train, parts[0]!, parts[1]!),
      test: set(header.test, parts[2]!, parts[3]!),
      extra: header.extra,
    }
  } finally {
    await source.close()
  }
}

async function writeCached(file: string, key: string, pair: ImagePair, context: DatasetContext): Promise<void> {
  const parts = [pair.train.pixels, bytesOf(pair.train.labels), pair.test.pixels, bytesOf(pair.test.labels)]
  const shape = ({ count, height, width, channels }: ImageSet): Header['train'] => ({ count, height, width, channels })
  const header: Header = {
    key,
    sha256: await hashOf(parts, context),
    train: shape(pair.train),
    test: shape(pair.test),
    extra: pair.extra ?? null,
  }
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(headerBytes.length)
  await mkdir(dirname(file), { recursive: true })
  await writeAtomically(file, [magic, length, headerBytes, ...parts])
}

/**
 * The image sets under `key`, from the cache or made now and stored.
 * @param folder subfolder of the cache, the data set's id
 * @param key everything the images depend on, with a version; part of the file
 */
export async function cachedImages(
  folder: string,
  key: string,
  context: DatasetContext,
  make: () => Promise<ImagePair>,
): Promise<ImagePair> {
  const file = join(
    context.cacheFolder,
    'datasets',
    folder,
    `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.images`,
  )
  // Whatever is wrong with a cached file, making the images anew is right; only the caller's own abort must get
  // through.
  const cached = await readCached(file, key, context).catch(() => null)
  context.signal?.throwIfAborted()
  if (cached) return cached
  const pair = await make()
  await writeCached(file, key, pair, context).catch((error: unknown) => {
    context.signal?.throwIfAborted()
    context.onProgress?.(1, `The images could not be kept for the next start: ${sentenceOf(error)}`)
  })
  return pair
}
