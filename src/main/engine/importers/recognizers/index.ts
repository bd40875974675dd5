import type { WeightMap } from '../weights'
import type { ArchitectureRecognizer, Recognition } from './types'
import { wideResNetRecognizer } from './wideResNet'

/** In the order of trial; the first whose names match decides. */
const recognizers: readonly ArchitectureRecognizer[] = [wideResNetRecognizer]

/** The architecture of a set of weights, what keeps it from being one, or null when the names are of no known one. */
export function recognizeArchitecture(tensors: WeightMap): Recognition | null {
  return recognizers.find((recognizer) => recognizer.match(tensors))?.recognize(tensors) ?? null
}

export type { ArchitectureRecognizer, Recognition, RecognizedArchitecture } from './types'
