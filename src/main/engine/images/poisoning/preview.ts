import type { TriggerPreview } from '../../../../shared/contract'
import type { ImageSet } from '../types'
import { lintTrigger, type LintInput } from './lint'

/** Stated beside the difference in the view. */
const differenceGain = 8

/** |poisoned − clean| · 8, clipped to bytes. */
function differenceOf(clean: Uint8Array, poisoned: Uint8Array): Uint8Array {
  return clean.map((value, index) => Math.min(255, Math.abs(poisoned[index]! - value) * differenceGain))
}

/**
 * Clean, poisoned and difference images as the training variant of the trigger makes them, with the lint's findings.
 */
export function previewTrigger(input: LintInput, classNames: readonly string[] | undefined): TriggerPreview {
  const { images, trigger } = input
  const indices = input.indices ?? Array.from({ length: images.count }, (_, index) => index)
  const poisoned = trigger.apply(images.pixels, images.count, 'train', indices)
  const batch = (pixels: Uint8Array): Omit<ImageSet, 'labels'> => ({
    count: images.count,
    height: images.height,
    width: images.width,
    channels: images.channels,
    pixels,
  })
  return {
    clean: batch(images.pixels),
    poisoned: batch(poisoned),
    difference: batch(differenceOf(images.pixels, poisoned)),
    labels: Array.from(images.labels, (label) => classNames?.[label] ?? `class ${label}`),
    findings: lintTrigger(input).map(({ severity, message }) => ({ severity, message })),
  }
}
