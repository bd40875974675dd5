import { integer } from '../../../../shared/schema'
import { createYielding } from '../../images/yielding'
import { cachedImages } from './cache'
import { drawSign, signLabel, signSize } from './signs/draw'
import { signClasses } from './signs/shapes'
import { defineDataset, type DatasetContext } from './types'
import type { ImageSet } from '../../images/types'

/** Raised whenever a pixel of any image changes, so that no cache holds the old ones. */
const version = 1
const splits = { train: 0, test: 1 } as const
const imageBytes = signSize * signSize * 3

async function drawSigns(
  seed: number,
  split: keyof typeof splits,
  first: number,
  count: number,
  context: Pick<DatasetContext, 'signal'>,
  onImage?: (done: number) => void,
): Promise<ImageSet> {
  const yielding = createYielding(context.signal)
  const pixels = new Uint8Array(count * imageBytes)
  const labels = new Int32Array(count)
  for (let index = 0; index < count; index++) {
    drawSign(seed, splits[split], first + index, pixels, index * imageBytes)
    labels[index] = signLabel(first + index)
    if (yielding.due()) {
      onImage?.(index)
      await yielding.pause()
    }
  }
  return { count, height: signSize, width: signSize, channels: 3, pixels, labels }
}

/**
 * Signs: ten classes of road signs drawn by code, 32×32 RGB, so that the workbench works without a download.
 *
 * Each image: a sign (shape, rim, fill, glyph) at random scale 0.50–0.85 of the half side, rotation ±15°, shift ±0.15,
 * colours ±0.07;
 * over a two-colour gradient with up to three boxes; under light 0.6–1.15 with a slope; with triangular noise of
 * standard deviation 0.01–0.05.
 * Edges are antialiased over one pixel. Label = index mod 10, so the classes are balanced and interleaved. Labels
 * int32, pixels NHWC bytes.
 * Deterministic: an image depends on (seed, split, index) alone. Easy on purpose (a small network passes 99 %): results
 * on it say that a
 * pipeline works, not how methods rank.
 */
export const signs = defineDataset({
  id: 'signs',
  title: 'Signs (built in)',
  summary: 'Ten classes of road signs, 32×32 RGB, drawn by code from a seed; nothing to download.',
  reference: { citation: 'ABD Workbench, this project', place: 'docs/decisions.md' },
  facts: {
    classNames: signClasses.map((sign) => sign.name),
    classes: signClasses.length,
    needsFiles: false,
    augmentation: { crop: false, flip: false },
    licence: 'MIT, part of this project',
  },
  params: {
    seed: integer({
      label: 'Seed of the images',
      default: 0,
      min: 0,
      max: 2 ** 31 - 1,
      advanced: true,
      help: 'Which signs are drawn. Independent of the experiment’s seed, so that repeated runs see the same images.',
    }),
    trainImages: integer({
      label: 'Training images',
      unit: 'images',
      default: 5000,
      min: 20,
      max: 100_000,
      help: 'Evenly spread over the ten classes. Fewer make a quicker and weaker teacher.',
    }),
    testImages: integer({
      label: 'Test images',
      unit: 'images',
      default: 1000,
      min: 20,
      max: 100_000,
      help: 'Never trained on; accuracy and attack success rate are measured on them. One image of 1,000 is 0.1 points.',
    }),
  },
  imageCounts: ({ trainImages, testImages }) => ({ train: trainImages, test: testImages }),
  async load(params, context) {
    const { seed, trainImages, testImages } = params
    const total = trainImages + testImages
    const pair = await cachedImages(
      'signs',
      JSON.stringify({ version, seed, trainImages, testImages }),
      context,
      async () => {
        const report = (done: number): void =>
          context.onProgress?.(done / total, `Drawing signs: ${done} of ${total} images`)
        return {
          train: await drawSigns(seed, 'train', 0, trainImages, context, report),
          test: await drawSigns(seed, 'test', 0, testImages, context, (done) => report(trainImages + done)),
        }
      },
    )
    return {
      id: 'signs',
      title: 'Signs',
      classNames: signClasses.map((sign) => sign.name),
      train: pair.train,
      test: pair.test,
      // Measured over the 5,000 training images of seed 0.
      normalization: { mean: [0.4798, 0.4543, 0.4446], standardDeviation: [0.2529, 0.2411, 0.2507] },
    }
  },
  image: () => ({ height: signSize, width: signSize, channels: 3 }),
  labels: ({ trainImages, testImages }) => ({
    train: Int32Array.from({ length: trainImages }, (_, index) => signLabel(index)),
    test: Int32Array.from({ length: testImages }, (_, index) => signLabel(index)),
  }),
  preview(params, context, range) {
    const size = range.split === 'train' ? params.trainImages : params.testImages
    const first = Math.min(Math.max(0, range.first), size)
    return drawSigns(params.seed, range.split, first, Math.min(Math.max(0, range.count), size - first), context)
  },
})
