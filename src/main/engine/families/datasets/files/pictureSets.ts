/** Labelled picture files as image sets: decoded once, kept in the cache until one of the files changes. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { RefusedInputError } from '../../../../../shared/errors'
import { decodePictures, type PictureShape } from '../../../images/decoding'
import type { RandomStream } from '../../../maths/random'
import { createYielding, type Yielding } from '../../../images/yielding'
import type { ImageSet } from '../../../images/types'
import { cachedImages, type ImagePair } from '../cache'
import { heldOut } from './heldOut'
import type { DatasetContext } from '../types'

/** 4 GB of decoded images: beyond it the sets do not fit into memory beside a training run. */
const memoryLimit = 4_000_000_000

const lookedAtOnce = 64

export interface LabelledPictures {
  readonly paths: string[]
  readonly labels: number[]
}

/** A share of each class as test set (heldOut); both sides keep the list's order. */
export function holdOut(
  { paths, labels }: LabelledPictures,
  share: number,
  streamOf: (label: number) => RandomStream,
): { train: LabelledPictures; test: LabelledPictures } {
  const chosen = heldOut(labels, share, streamOf)
  const side = (held: boolean): LabelledPictures => ({
    paths: paths.filter((_, place) => chosen.has(place) === held),
    labels: labels.filter((_, place) => chosen.has(place) === held),
  })
  return { train: side(false), test: side(true) }
}

export interface PictureSets {
  readonly train: LabelledPictures
  readonly test: LabelledPictures
  readonly shape: PictureShape
  /** Where they lie, for messages. */
  readonly where: string
}

export interface KeptAs {
  /** Subfolder of the cache, the data set's id. */
  readonly id: string
  /** Raised when what is made of the files changes. */
  readonly version: number
  /** Files that decide labels, beside the pictures. */
  readonly lists?: readonly string[]
}

/** A hash over names, sizes and times of files: decoded images are kept under it until one changes. */
export async function fingerprint(paths: readonly string[], yielding: Yielding): Promise<string> {
  const hash = createHash('sha256')
  for (let first = 0; first < paths.length; first += lookedAtOnce) {
    const some = paths.slice(first, first + lookedAtOnce)
    const found = await Promise.all(some.map((path) => stat(path).catch(() => null)))
    for (const [index, path] of some.entries())
      hash.update(`${path}\0${found[index]?.size ?? -1}\0${found[index]?.mtimeMs ?? -1}\n`)
    if (yielding.due()) await yielding.pause()
  }
  return hash.digest('hex')
}

function refuseTooMany(images: number, { side, channels }: PictureShape, where: string): void {
  const bytes = images * side * side * channels
  if (bytes <= memoryLimit) return
  throw new RefusedInputError('These pictures do not fit into memory.', {
    wanted: `at most ${memoryLimit / 1e9} GB decoded`,
    got: `${(bytes / 1e9).toFixed(1)} GB: ${images.toLocaleString('en-US')} images of ${side}×${side}`,
    where,
    action: 'Choose a smaller image size or fewer pictures.',
  })
}

/** Both sets, in the order of their lists. @throws RefusedInputError naming a picture that cannot be read */
export async function readPictureSets(
  { train, test, shape, where }: PictureSets,
  { id, version, lists = [] }: KeptAs,
  context: DatasetContext,
): Promise<ImagePair> {
  const total = train.paths.length + test.paths.length
  refuseTooMany(total, shape, where)
  const report = (done: number): void => {
    if (done % 100 === 0)
      context.onProgress?.(
        done / total,
        `Decoding ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} pictures`,
      )
  }
  const decode = async (listed: LabelledPictures, before: number): Promise<ImageSet> => ({
    count: listed.paths.length,
    height: shape.side,
    width: shape.side,
    channels: shape.channels,
    pixels: await decodePictures(listed.paths, shape, context.signal, (done) => report(before + done)),
    labels: Int32Array.from(listed.labels),
  })
  const yielding = createYielding(context.signal)
  const labels = createHash('sha256')
    .update(Int32Array.from([...train.labels, ...test.labels]))
    .digest('hex')
  const files = await fingerprint([...train.paths, '', ...test.paths, ...lists], yielding)
  return cachedImages(id, JSON.stringify({ version, shape, files, labels }), context, async () => ({
    train: await decode(train, 0),
    test: await decode(test, train.paths.length),
  }))
}
