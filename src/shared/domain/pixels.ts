/** Which pixel values a network in a file takes: x = (pixel / 255 − mean) / deviation, per channel. */
import { RefusedInputError } from '../errors'

/** Mean and deviation of each channel, in units of pixel / 255; one number stands for all channels. */
export interface ChannelValues {
  readonly mean: readonly number[]
  readonly standardDeviation: readonly number[]
}

interface KnownPixels {
  readonly label: string
  readonly help: string
  /** Absent: as the data set is normalised. */
  readonly values?: ChannelValues
}

/** By the name that the command line takes; the form and *Find out* have them in this order. */
export const knownPixels = {
  dataset: {
    label: 'Normalised as this data set is',
    help: 'Mean and deviation of each channel, as in the reference.',
  },
  unit: {
    label: '0 to 1',
    help: 'As the public training script of the published teachers feeds them.',
    values: { mean: [0], standardDeviation: [1] },
  },
  symmetric: {
    label: '−1 to 1',
    help: 'Mean 0.5 and deviation 0.5 in each channel.',
    values: { mean: [0.5], standardDeviation: [0.5] },
  },
  imagenet: {
    label: 'Normalised as ImageNet is',
    help: 'Mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225.',
    values: { mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225] },
  },
  cifar10: {
    label: 'Normalised as CIFAR-10, per pixel',
    help: 'Mean 0.4914, 0.4822, 0.4465 and deviation 0.247, 0.243, 0.261: over all pixels, as BackdoorBench and TrojanZoo have it. The reference’s deviations (0.2023 …) are means over images.',
    values: { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.247, 0.243, 0.261] },
  },
  bytes: {
    label: '0 to 255',
    help: 'As they lie in the file; networks that scale inside.',
    values: { mean: [0], standardDeviation: [1 / 255] },
  },
} as const satisfies Record<string, KnownPixels>

export type KnownPixelValues = keyof typeof knownPixels
export const knownPixelValues = Object.keys(knownPixels) as KnownPixelValues[]

/** What the choice of the form says besides: the values are given. */
export const ownPixels = 'own'

/** `mean / deviation`, each one number or one per channel, parted by spaces or commas. */
export const channelValuesPattern = String.raw`^\s*(\d*\.?\d+[\s,]*){1,4}/(\s*\d*\.?\d+[\s,]*){1,4}$`

/**
 * "0.4914 0.4822 0.4465 / 0.247 0.243 0.261" as numbers.
 * @throws RefusedInputError where it is no such text, or a deviation is 0
 */
export function channelValuesOf(text: string): ChannelValues {
  const numbers = (part = ''): number[] =>
    part
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map(Number)
  const [mean, standardDeviation] = text.split('/').map(numbers)
  const whole = new RegExp(channelValuesPattern).test(text) && mean && standardDeviation
  if (whole && standardDeviation.every((value) => value > 0)) return { mean, standardDeviation }
  throw new RefusedInputError('These are no pixel values.', {
    wanted: `${knownPixelValues.join(', ')}, or mean / deviation, e.g. "0.4914 0.4822 0.4465 / 0.247 0.243 0.261"`,
    got: text,
    where: 'normalization',
    action: 'Give one number for all channels or one for each, deviations above 0, as fractions of 255.',
  })
}

export const isKnownPixels = (text: string): text is KnownPixelValues => Object.hasOwn(knownPixels, text)

/** What a teacher's settings say as one text: a known name, or the values themselves. */
export const pixelValuesOf = ({
  normalization,
  normalizationValues = '',
}: {
  readonly normalization: string
  readonly normalizationValues?: string | undefined
}): string => (normalization === ownPixels ? normalizationValues : normalization)

/** How pixel values are called in tables and sentences. */
export const pixelTitle = (text: string): string => (isKnownPixels(text) ? knownPixels[text].label : text)
