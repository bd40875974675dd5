/** What a trigger does to some images, as numbers. Pure. */
import type { Trigger, TriggerVariant } from './trigger'
import { bytesPerImage } from '../imageSets'
import type { ImageSet } from '../types'

/** RandomCrop(padding = 4) of teacher training. */
const cropPadding = 4

export interface TriggerMeasure {
  /** Images without a single changed byte. */
  readonly unchangedImages: number
  /** Share of pixels with a changed channel. */
  readonly changedPixels: number
  /** Mean |x' − x| over all bytes, in grey levels. */
  readonly meanChange: number
  readonly largestChange: number
  /** 10 log₁₀(255² / mean squared change), in dB; Infinity when nothing changes. */
  readonly psnr: number
  /** Share of the exact change that clipping to 0..255 leaves: Σ|clip(e) − x| / Σ|e − x|. */
  readonly keptByClipping: number
  /** Σ|x' − clip(e)| / Σ|clip(e) − x|: how large truncation to bytes is beside the trigger. */
  readonly truncation: number
  /** Share of bytes in which the train and the test variant differ. */
  readonly trainTestDifference: number
  /**
   * Over the 81 random crops: mean share of the change that stays in the image, and share of crops that lose nearly all
   * (95 %).
   */
  readonly keptByCrop: number
  readonly cropsThatLose: number
  /** Cosine between the mean change and its mirror image, −1 … 1; 1: a flip does not matter. */
  readonly mirrorSimilarity: number
}

interface Sums {
  absolute: number
  squared: number
  largest: number
  exact: number
  clipped: number
  truncated: number
  changedPixels: number
  unchangedImages: number
  differing: number
}

/** Per pixel: mean absolute change; per byte: mean signed change. */
interface ChangeMaps {
  absolute: Float64Array
  signed: Float64Array
}

function accumulate(
  images: ImageSet,
  exact: Float64Array,
  train: Uint8Array,
  test: Uint8Array,
): { sums: Sums; maps: ChangeMaps } {
  const size = bytesPerImage(images)
  const { channels } = images
  const sums: Sums = {
    absolute: 0,
    squared: 0,
    largest: 0,
    exact: 0,
    clipped: 0,
    truncated: 0,
    changedPixels: 0,
    unchangedImages: 0,
    differing: 0,
  }
  const maps = { absolute: new Float64Array(size / channels), signed: new Float64Array(size) }
  for (let image = 0; image < images.count; image++) {
    let changedInImage = 0
    for (let pixel = 0; pixel < size / channels; pixel++) {
      let changed = 0
      for (let channel = 0; channel < channels; channel++) {
        const place = pixel * channels + channel
        const index = image * size + place
        const before = images.pixels[index]!
        const change = test[index]! - before
        const clipped = Math.min(255, Math.max(0, exact[index]!))
        sums.absolute += Math.abs(change)
        sums.squared += change * change
        sums.largest = Math.max(sums.largest, Math.abs(change))
        sums.exact += Math.abs(exact[index]! - before)
        sums.clipped += Math.abs(clipped - before)
        sums.truncated += Math.abs(test[index]! - clipped)
        if (train[index] !== test[index]) sums.differing += 1
        maps.absolute[pixel]! += Math.abs(change)
        maps.signed[place]! += change
        if (change !== 0) changed = 1
      }
      changedInImage += changed
    }
    sums.changedPixels += changedInImage
    if (changedInImage === 0) sums.unchangedImages += 1
  }
  return { sums, maps }
}

function overCrops(map: Float64Array, height: number, width: number): { kept: number; losing: number } {
  const total = map.reduce((sum, value) => sum + value, 0)
  if (total === 0) return { kept: 1, losing: 0 }
  const crops = (2 * cropPadding + 1) ** 2
  let kept = 0
  let losing = 0
  for (let top = -cropPadding; top <= cropPadding; top++) {
    for (let left = -cropPadding; left <= cropPadding; left++) {
      let inside = 0
      for (let row = Math.max(0, top); row < Math.min(height, height + top); row++) {
        for (let column = Math.max(0, left); column < Math.min(width, width + left); column++)
          inside += map[row * width + column]!
      }
      kept += inside / total
      if (inside / total < 0.05) losing += 1
    }
  }
  return { kept: kept / crops, losing: losing / crops }
}

function mirrorCosine(signed: Float64Array, width: number, channels: number): number {
  let product = 0
  let squares = 0
  for (let index = 0; index < signed.length; index++) {
    const pixel = Math.floor(index / channels)
    const row = Math.floor(pixel / width)
    const mirrored = (row * width + width - 1 - (pixel % width)) * channels + (index % channels)
    product += signed[index]! * signed[mirrored]!
    squares += signed[index]! ** 2
  }
  return squares === 0 ? 1 : product / squares
}

/**
 * Measures a trigger on some images.
 * @param indices places of the images in the full training set, for triggers that need them
 * @param known of a trigger that knows images by their places: in which set these lie; they have no other variant
 */
export function measureTrigger(
  images: ImageSet,
  trigger: Trigger,
  indices: ArrayLike<number>,
  known?: TriggerVariant,
): TriggerMeasure {
  const { count, height, width, channels } = images
  const train = trigger.apply(images.pixels, count, known ?? 'train', indices)
  const test = known ? train : trigger.apply(images.pixels, count, 'test')
  const { sums, maps } = accumulate(
    images,
    count === 0 ? new Float64Array(0) : trigger.exact(images.pixels, count, known ?? 'test', indices),
    train,
    test,
  )
  const bytes = Math.max(1, images.pixels.length)
  const crops = overCrops(maps.absolute, height, width)
  return {
    unchangedImages: sums.unchangedImages,
    changedPixels: (sums.changedPixels * channels) / bytes,
    meanChange: sums.absolute / bytes,
    largestChange: sums.largest,
    psnr: sums.squared === 0 ? Infinity : 10 * Math.log10((255 ** 2 * bytes) / sums.squared),
    keptByClipping: sums.exact === 0 ? 1 : sums.clipped / sums.exact,
    truncation: sums.clipped === 0 ? 0 : sums.truncated / sums.clipped,
    trainTestDifference: sums.differing / bytes,
    keptByCrop: crops.kept,
    cropsThatLose: crops.losing,
    mirrorSimilarity: mirrorCosine(maps.signed, width, channels),
  }
}
