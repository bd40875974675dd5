import type { TriggerPreview } from '../../../../shared/contract'
import type { ImageSet } from '../types'
import { lintTrigger, type LintInput } from './lint'

/** The grey that stands for no change. */
const unchanged = 128

/** By how much the change is made larger, so that the largest of these images uses the whole range; at least 1. */
function gainOf(clean: Uint8Array, poisoned: Uint8Array): number {
  const largest = clean.reduce((most, value, index) => Math.max(most, Math.abs(poisoned[index]! - value)), 0)
  return Math.max(1, Math.floor((unchanged - 1) / Math.max(1, largest)))
}

/** Signed around grey: 128 + (poisoned − clean) · gain, clipped to bytes. */
const differenceOf = (clean: Uint8Array, poisoned: Uint8Array, gain: number): Uint8Array =>
  clean.map((value, index) => Math.min(255, Math.max(0, unchanged + (poisoned[index]! - value) * gain)))

/**
 * Clean, poisoned and difference images as the training variant of the trigger makes them, with the lint's findings.
 */
export function previewTrigger(
  input: LintInput,
  classNames: readonly string[] | undefined,
): Omit<TriggerPreview, 'firstImage'> {
  const { images, trigger } = input
  const indices = input.indices ?? Array.from({ length: images.count }, (_, index) => index)
  const poisoned = trigger.apply(images.pixels, images.count, input.known ?? 'train', indices)
  const gain = gainOf(images.pixels, poisoned)
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
    difference: batch(differenceOf(images.pixels, poisoned, gain)),
    gain,
    labels: Array.from(images.labels, (label) => classNames?.[label] ?? `class ${label}`),
    findings: lintTrigger(input).map(({ severity, message }) => ({ severity, message })),
  }
}
