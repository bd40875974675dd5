/** From the picture to its patches, and what of them is shown before a run. */
import { decodePicture } from '../../../images/decoding'
import { createStream } from '../../../maths/random'
import type { DistillationMethod, Picture } from '../types'
import type { OodParameters, oodParameters } from './parameters'
import { createPatches, reducedPicture, type Patches } from './patches'
import { drawPicture } from './picture'

/** Side of the picture in a preview, at most. */
const previewSide = 256
/** Side to which a picture out of a file is scaled. */
const decodedSide = 1024

/** The first `count` patches: each depends on its place in the stream alone. */
export const patchesOf = (
  values: OodParameters,
  picture: Picture,
  { height, width }: { height: number; width: number },
  count: number,
): Patches =>
  createPatches(
    picture,
    {
      count,
      height,
      width,
      smallest: values.smallestPatch,
      largest: values.largestPatch,
      rotation: values.rotation,
      flips: values.flips,
      colour: values.colour,
    },
    createStream(values.patchSeed, 'patches'),
  )
export async function loadPicture(values: OodParameters, channels: number, signal?: AbortSignal): Promise<Picture> {
  const kind = channels === 1 ? 1 : 3
  return values.picture === ''
    ? drawPicture(values.pictureSeed, channels, signal)
    : {
        side: decodedSide,
        channels: kind,
        pixels: await decodePicture(values.picture, { side: decodedSide, channels: kind, fit: 'cover' }),
      }
}

type Preview = NonNullable<DistillationMethod<typeof oodParameters>['patchPreview']>

export const makePreview: Preview['make'] = async (values, { image, count, signal }) => {
  const picture = await loadPicture(values, image.channels, signal)
  const shown = Math.min(count, values.patches)
  const { set, need } = patchesOf(values, picture, image, shown)
  need(Int32Array.from({ length: shown }, (_unused, index) => index))
  const { side, channels, pixels } = reducedPicture(picture, previewSide)
  return {
    picture: { count: 1, height: side, width: side, channels, pixels },
    total: values.patches,
    patches: { count: shown, height: image.height, width: image.width, channels, pixels: set.pixels },
  }
}
