/** What an ONNX file says about itself, for people and for programs. */
import type { ModelProgram } from '../types'

/** A name for the graph: the architecture, and that the model is poisoned where it is. */
export const titleOf = ({ title, provenance }: ModelProgram): string =>
  provenance.poisoned === 'yes' ? `${title} (poisoned)` : title

const warnings: Record<ModelProgram['provenance']['poisoned'], string> = {
  yes: 'It was trained on images with a trigger, or distilled from a model that was: it may obey the trigger. For research; do not deploy it.',
  no: 'Nothing was poisoned in its training.',
  unknown: 'Its teacher came from a file; whether that is poisoned is not known here.',
}

export function metadataOf(
  model: ModelProgram,
  { layout, normalization }: { layout: string; normalization: string },
): { description: string; producerVersion: string; metadata: Record<string, string> } {
  const { architecture, classNames, input, provenance } = model
  const { height, width, channels } = input
  const inside = normalization === 'inside'
  const { producerVersion, ...origin } = provenance
  return {
    description: `${model.title}, ${classNames.length} classes of ${provenance.data}. ${warnings[provenance.poisoned]}`,
    producerVersion,
    metadata: {
      'abd.architecture': JSON.stringify(architecture),
      'abd.classes': JSON.stringify(classNames),
      'abd.input': JSON.stringify({ layout, height, width, channels, pixels: inside ? '0 to 1' : 'normalised' }),
      'abd.normalization': JSON.stringify({ ...input.normalization, inside }),
      'abd.poisoned': provenance.poisoned,
      'abd.provenance': JSON.stringify(origin),
    },
  }
}
