import { decodeGraph, graphMetadata } from '../../weights/onnxGraph'
import { importLimits } from '../../weights/importLimits'
import { locateSafetensors, looksLikeSafetensors } from '../../weights/safetensors/read'
import { defineImporter } from './types'

/** Names, shapes and places as the header tells them; see weights/safetensors. */
export const safetensors = defineImporter({
  id: 'safetensors',
  title: 'safetensors',
  summary: 'A JSON header with names and shapes, then the tensors; nothing in it can be executed.',
  extensions: ['.safetensors'],
  reference: {
    citation: 'Hugging Face, safetensors',
    link: 'https://github.com/huggingface/safetensors',
    place: 'README, Format',
  },
  match: ({ head, size, name }) => looksLikeSafetensors(head, size) || name.toLowerCase().endsWith('.safetensors'),
  open: async (source) => {
    const { stored, metadata } = await locateSafetensors(source, importLimits.tensors)
    const { [graphMetadata]: text, ...others } = metadata
    // The format has no checksums.
    return {
      networks: [{ key: '', tensors: stored }],
      ...(text !== undefined && { graph: decodeGraph(text, source.name) }),
      metadata: others,
      ignored: [],
      findings: [],
      verify: () => Promise.resolve(),
    }
  },
})
