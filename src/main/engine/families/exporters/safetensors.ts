import { writeSafetensors } from '../../weights/safetensors/write'
import { defineExporter } from './types'

export const safetensors = defineExporter({
  id: 'safetensors',
  title: 'safetensors',
  summary: 'The same tensors, for any reader of safetensors.',
  extensions: ['.safetensors'],
  reference: {
    citation: 'Hugging Face, safetensors',
    link: 'https://github.com/huggingface/safetensors',
    place: 'README, Format',
  },
  needs: 'weights',
  params: {},
  write: (path, { weights }) => writeSafetensors(path, weights, { format: 'pt' }),
})
