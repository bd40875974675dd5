/** Pictures of a panel of images. */
import type { ImagesArtifact } from '../../../../shared/domain'
import type { ImageShape } from '../../images/types'

export interface CaptionedPicture {
  readonly caption: string
  /** Bytes, [H][W][C]. */
  readonly pixels: Uint8Array
}

export function imagesOf(
  { height, width, channels }: ImageShape,
  pictures: readonly CaptionedPicture[],
): ImagesArtifact {
  return {
    count: pictures.length,
    height,
    width,
    channels,
    pixels: Buffer.concat(pictures.map(({ pixels }) => pixels)).toString('base64'),
    captions: pictures.map(({ caption }) => caption),
  }
}

/** Grey where a change is 0, black and white where it is largest. */
export function signedPicture(change: Float32Array): Uint8Array {
  const most = change.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  return Uint8Array.from(change, (value) => (most > 0 ? Math.round(127.5 + (127.5 * value) / most) : 128))
}
